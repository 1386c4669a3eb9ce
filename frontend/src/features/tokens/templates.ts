import { segmentsOf } from "./pills";

/** What is evaluated for a field's text: the text, the value it stands for where it is JSON, or null where nothing is to evaluate. */
export function templateOf(text: string, structured: boolean): unknown {
  if (!text.includes("@")) return null;
  if (structured && /^\s*[[{]/.test(text)) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return null;
    }
  }
  return segmentsOf(text).length > 0 ? text : null;
}

/** Where the caret stands in a text, as lines to show: the text around it and a mark below. */
export function caretAt(text: string, position: number): { readonly before: string; readonly at: string; readonly after: string } {
  const from = Math.max(0, position - 24);
  const to = Math.min(text.length, position + 24);
  return { before: (from > 0 ? "…" : "") + text.slice(from, position), at: text.slice(position, position + 1) || " ", after: text.slice(position + 1, to) + (to < text.length ? "…" : "") };
}
