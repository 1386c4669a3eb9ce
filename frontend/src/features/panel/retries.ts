/** When a failed call is made again, as the engine does it (reference 8.1). Times in seconds. */
export interface RetryPolicy {
  readonly kind: "none" | "fixed" | "exponential";
  readonly count: number;
  readonly interval: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** How long the pause before a retry is: at least and at most, the same where nothing is drawn at random. */
export interface Pause {
  readonly least: number;
  readonly most: number;
}

export const SHORTEST = 5;
export const LONGEST = 86_400;
export const MOST_RETRIES = 90;

export const NEVER: RetryPolicy = { kind: "none", count: 0, interval: 0, minimum: SHORTEST, maximum: LONGEST };
export const USUAL: RetryPolicy = { kind: "exponential", count: 4, interval: 7.5, minimum: 5, maximum: 45 };

const UNITS = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1];
const DURATION = /^P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/i;

/** Seconds of an ISO 8601 duration; null where it is none. */
export function secondsOf(text: string): number | null {
  const found = DURATION.exec(text.trim());
  const parts = found?.slice(1) ?? [];
  if (parts.every((part) => part === undefined)) return null;
  return parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (UNITS[index] ?? 0), 0);
}

export const clamped = (seconds: number): number => Math.min(Math.max(seconds, SHORTEST), LONGEST);

export function pauses(policy: RetryPolicy): Pause[] {
  return Array.from({ length: Math.min(policy.count, MOST_RETRIES) }, (_, index): Pause => {
    if (policy.kind === "fixed") return { least: policy.interval, most: policy.interval };
    const upper = policy.interval * 2 ** Math.min(index, 40);
    const within = (seconds: number): number => Math.min(Math.max(seconds, policy.minimum), Math.max(policy.maximum, policy.minimum));
    return { least: within(index === 0 ? 0 : upper / 2), most: within(upper) };
  });
}

/** The waits of all retries together. */
export function totalPause(all: readonly Pause[]): Pause {
  return all.reduce((sum, one) => ({ least: sum.least + one.least, most: sum.most + one.most }), { least: 0, most: 0 });
}

/** How many of the tries can begin before `limit` seconds are over: surely, and at best. */
export function triesWithin(all: readonly Pause[], limit: number): { readonly sure: number; readonly best: number } {
  const begun = (pick: (pause: Pause) => number): number => {
    let at = 0;
    let count = 1;
    for (const pause of all) {
      at += pick(pause);
      if (at >= limit) break;
      count += 1;
    }
    return count;
  };
  return { sure: begun((pause) => pause.most), best: begun((pause) => pause.least) };
}

const number = (value: number): string => String(Math.round(value * 10) / 10);

/** "7.5 s", "2 min", "1.5 h", "2 days": short enough for a row. */
export function spoken(seconds: number): string {
  if (seconds < 120) return `${number(seconds)} s`;
  if (seconds < 7_200) return `${number(seconds / 60)} min`;
  return seconds < 172_800 ? `${number(seconds / 3_600)} h` : `${number(seconds / 86_400)} days`;
}

export const spokenPause = ({ least, most }: Pause): string => (least === most ? spoken(least) : `${spoken(least)} to ${spoken(most)}`);
