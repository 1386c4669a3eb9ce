import { useEffect, useRef } from "react";

/**
 * What had the focus may vanish (the operation browser, a button on an empty canvas, a deleted card): then the keyboard goes
 * on in the part of the page where it was last, the outline or the canvas. `changed` is whatever can make something vanish.
 */
export function useFocusKept(changed: readonly unknown[]): void {
  const inOutline = useRef(false);
  useEffect(() => {
    const note = ({ target }: FocusEvent): void => {
      if (!(target instanceof Element)) return;
      if (target.closest('nav[aria-label="Outline"]')) inOutline.current = true;
      else if (target.closest("[role=application]")) inOutline.current = false;
    };
    document.addEventListener("focusin", note);
    return () => document.removeEventListener("focusin", note);
  }, []);
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      // The page itself has it where nothing in it does.
      if (document.activeElement !== document.body && document.activeElement?.id !== "content") return;
      const place = inOutline.current ? document.getElementById("outline") : document.querySelector<HTMLElement>("main [role=application]");
      place?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
    // Each of them may have made something vanish.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, changed);
}
