const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, sec: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** `90`, `30 s`, `1.5 h` as seconds; without a unit they are seconds. Null for what is no span of time. */
export function readSpan(text: string): number | null {
  const found = /^\s*(\d{1,9}(?:[.,]\d{1,3})?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = found ? (found[2] === "" ? 1 : SECONDS[(found[2] ?? "").toLowerCase()]) : undefined;
  if (!found || unit === undefined) return null;
  const seconds = Math.round(Number((found[1] ?? "").replace(",", ".")) * unit * 1000) / 1000;
  return seconds > 0 && seconds < 1e9 ? seconds : null;
}

/** Seconds in the biggest unit that shows them whole: `5 min`, `90 s`, `250 ms`. */
export function saySpan(seconds: number): string {
  const unit = (["d", "h", "min", "s"] as const).find((each) => Number.isInteger(seconds / (SECONDS[each] ?? 1)));
  return unit ? `${String(seconds / (SECONDS[unit] ?? 1))} ${unit}` : seconds < 1 ? `${String(Math.round(seconds * 1000))} ms` : `${String(seconds)} s`;
}
