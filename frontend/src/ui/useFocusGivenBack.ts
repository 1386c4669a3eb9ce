import { useLayoutEffect } from "react";

/** After the other library's own try, which is for dialogs that were there before they opened. */
const AFTER_OTHERS = 30;

/** What had the focus when a dialog opened has it again when the dialog is gone, unless somebody else took it meanwhile. */
export function useFocusGivenBack(open: boolean): void {
  useLayoutEffect(() => {
    if (!open) return undefined;
    const opener = document.activeElement;
    return () => {
      const inside = document.activeElement;
      setTimeout(() => {
        const now = document.activeElement;
        const nobody = now === null || now === document.body || now.id === "content" || now === inside;
        if (nobody && now !== opener && opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
      }, AFTER_OTHERS);
    };
  }, [open]);
}
