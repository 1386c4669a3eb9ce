/** Editors know one line break, `\n`. Texts of others have `\r\n` and `\r` as well: what was not edited keeps them. */

/** The text as an editor holds it. */
export const inEditor = (text: string): string => (text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text);

/** What an editor made of a text, with the line breaks that text had wherever nothing was typed. */
export function withBreaksOf(text: string, edited: string): string {
  if (!text.includes("\r")) return edited;
  const known = inEditor(text);
  const shorter = Math.min(known.length, edited.length);
  let start = 0;
  while (start < shorter && known[start] === edited[start]) start += 1;
  let end = 0;
  while (end < shorter - start && known[known.length - 1 - end] === edited[edited.length - 1 - end]) end += 1;
  const usual = /\r\n?|\n/.exec(text)?.[0] ?? "\n";
  const typed = edited.slice(start, edited.length - end).replace(/\n/g, usual);
  return text.slice(0, inText(text, start)) + typed + text.slice(inText(text, known.length - end));
}

/** A place in the editor, as a place in the text. */
export function inText(text: string, place: number): number {
  if (!text.includes("\r")) return place;
  let at = 0;
  for (let passed = 0; passed < place && at < text.length; passed += 1) at += text.startsWith("\r\n", at) ? 2 : 1;
  return at;
}

/** A place in the text, as a place in the editor. */
export const placeInEditor = (text: string, at: number): number => (text.includes("\r") ? inEditor(text.slice(0, at)).length : at);
