import { useCallback, useEffect, useRef, useState } from "react";

/** After this long without a change somebody has stopped typing. */
export const PAUSE = 1200;

export interface Quiet {
  /** What is said now. */
  readonly sentences: readonly string[];
  /** A change was made by hand. */
  readonly touch: () => void;
  /** The field was left: say everything. */
  readonly settle: () => void;
  readonly typing: boolean;
}

/** While somebody types nothing new is found fault with; what is solved goes at once. */
export function useQuiet(sentences: readonly string[]): Quiet {
  const [held, setHeld] = useState<readonly string[] | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const settle = useCallback((): void => {
    clearTimeout(timer.current);
    setHeld(null);
  }, []);
  const touch = useCallback((): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHeld(null), PAUSE);
    setHeld((known) => known ?? sentences);
  }, [sentences]);
  return { sentences: held === null ? sentences : held.filter((one) => sentences.includes(one)), touch, settle, typing: held !== null };
}
