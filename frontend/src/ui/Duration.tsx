import { useEffect, useState } from "react";
import { formatDuration } from "./durations";

/** A length of time in words; the exact milliseconds on hover. */
export function Duration({ ms }: { readonly ms: number }) {
  return <span title={`${Math.round(ms).toLocaleString("en")} ms`}>{formatDuration(ms)}</span>;
}

/** Counts up from `since` (ISO) until `until` is known. */
export function TickingDuration({ since, until }: { readonly since: string; readonly until?: string | null | undefined }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (until) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, [until]);
  const end = until ? Date.parse(until) : now;
  return <Duration ms={Math.max(0, end - Date.parse(since))} />;
}
