/** Gives a note of the canvas the focus; it comes into view by itself. */
export function goToNote(id: string): void {
  // After the list it was chosen in has given its focus back.
  requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-note="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })));
}
