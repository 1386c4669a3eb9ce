/** What is seen on the canvas anyway, in words for screen readers. */
export function say(words: string | null): void {
  const region = document.getElementById("designer-said");
  if (region && words !== null) region.textContent = words;
}
