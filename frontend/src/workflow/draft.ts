/** The definition on screen: its text with what it says. */
import { parse, type Document } from "./document";
import { readGraph, type Graph } from "./graph";
import { reparsed } from "./reparsing";

export interface Draft {
  readonly document: Document;
  readonly graph: Graph;
}

export function openDraft(text: string, previous: Draft | null = null): Draft {
  return draftOf(previous ? reparsed(previous.document, text) : parse(text), previous);
}

/** The draft of a document; what did not change keeps its identity. */
export function draftOf(document: Document, previous: Draft | null): Draft {
  return { document, graph: readGraph(document, previous?.graph ?? null) };
}

/** A name as people read it: `Send_mail` is “Send mail”. */
export function titleOf(name: string): string {
  return name.replace(/_/g, " ").trim() || name;
}

/** Names in a sentence: the first three, and how many more. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(titleOf);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(", ")} and ${String(more)} more`;
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1) ?? ""}`;
}
