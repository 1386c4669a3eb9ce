import { useEffect, useMemo, useState } from "react";
import type { Draft } from "../../workflow/draft";
import type { Entry } from "../../workflow/graph";

export interface Shown {
  readonly draft: Draft;
  readonly entry: Entry;
}

/**
 * What the panel shows: the chosen action as it is, at once where it was opened (the next key may be for a field) or changed itself; else in
 * a frame of its own after the canvas, which so answers a key on a thousand actions in time. Draft and action belong together in both.
 */
export function useShown(draft: Draft, entry: Entry | undefined, opened: string | null): Shown | null {
  const now = useMemo(() => (entry ? { draft, entry } : null), [draft, entry]);
  const late = useAfterPaint(now);
  if (!now) return null;
  const { action } = now.entry;
  if (late?.entry.action.name !== action.name) return opened === action.name ? now : late;
  return late.entry.action === action ? late : now;
}

/** A page in the background paints nothing: it has the value after this many milliseconds. */
const UNSEEN = 100;

/** The value once the frame that was drawn with it is on the screen. */
function useAfterPaint<Value>(value: Value): Value {
  const [late, setLate] = useState(value);
  useEffect(() => {
    let timer = setTimeout(() => setLate(value), UNSEEN);
    const frame = requestAnimationFrame(() => {
      clearTimeout(timer);
      timer = setTimeout(() => setLate(value));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [value]);
  return late;
}
