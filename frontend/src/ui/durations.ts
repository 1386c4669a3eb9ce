/** `340 ms`, `1.2 s`, `3 m 04 s`, `2 h 05 m`, `3 d 04 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const pad = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${pad(hours % 24)} h`;
}

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "just now", "2 minutes ago", "in 3 hours"; beyond a week the date itself. */
export function formatRelative(at: Date, now: Date, zone: "local" | "utc" = "local"): string {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 45) return seconds > 20 ? "in a moment" : "just now";
  if (Math.abs(seconds) > 7 * 86_400) return at.toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric", ...(zone === "utc" ? { timeZone: "UTC" } : {}) });
  for (const [unit, size] of steps) {
    const count = Math.round(seconds / size);
    if (Math.abs(seconds) >= size * 0.9 && count !== 0) return relative.format(count, unit);
  }
  return relative.format(Math.round(seconds / 60), "minute");
}
