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
