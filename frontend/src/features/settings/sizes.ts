/** 1,048,576 bytes, as the server's limits are set. */
export const MB = 1 << 20;

const units = ["bytes", "KB", "MB", "GB", "TB"] as const;

/** 1536 → "1.5 KB". */
export function inWords(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** step).toLocaleString("en", { maximumFractionDigits: 1 })} ${units[step] ?? ""}`;
}
