/** Small questions to the lossless tree of a document, as the rest of the model asks them. */
import type { Document, Node } from "./document";
import { contentOf } from "./reparsing";
import { applied, type Splice } from "./splices";

/** A JSON value without its spelling. Numbers JavaScript cannot hold exactly stay in the text: edit texts, not these. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export function member(node: Node | null | undefined, name: string): Node | undefined {
  if (node?.kind !== "object") return undefined;
  for (let index = node.members.length - 1; index >= 0; index -= 1) {
    const one = node.members[index];
    if (one?.name === name) return one.value;
  }
  return undefined;
}

/** The value some members down, or undefined. */
export function down(node: Node | null | undefined, ...path: readonly string[]): Node | undefined {
  let at: Node | undefined = node ?? undefined;
  for (const part of path) at = member(at, part);
  return at;
}

export function stringOf(node: Node | null | undefined): string | undefined {
  return node?.kind === "string" && typeof node.value === "string" ? node.value : undefined;
}

/** A member name as one part of a JSON pointer. */
export function escapePart(name: string): string {
  return name.replace(/~/g, "~0").replace(/\//g, "~1");
}

export function splitPointer(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer.slice(1).split("/").map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
}

export function joinPointer(parts: readonly string[]): string {
  return parts.map((part) => `/${escapePart(part)}`).join("");
}

/** The value as plain JSON, member by member (never through `JSON.parse`, which moves integer-like names). */
export function jsonOf(node: Node): Json {
  switch (node.kind) {
    case "object": {
      const made = Object.create(null) as Record<string, Json>;
      for (const one of node.members) made[one.name] = jsonOf(one.value);
      return made;
    }
    case "array":
      return node.items.map(jsonOf);
    case "number":
      return Number(node.value);
    case "string":
      return String(node.value);
    case "boolean":
      return node.value === true;
    default:
      return null;
  }
}

/** Two values that read the same: members in any order, numbers by their spelling. */
export function sameValue(one: Node, other: Node): boolean {
  if (one === other || contentOf(one) === contentOf(other)) return true;
  if (one.kind !== other.kind) return false;
  if (one.kind === "object" && other.kind === "object") {
    return one.members.length === other.members.length && one.members.every((inner) => {
      const twin = member(other, inner.name);
      return twin !== undefined && sameValue(inner.value, twin);
    });
  }
  if (one.kind === "array" && other.kind === "array") {
    return one.items.length === other.items.length && one.items.every((inner, index) => {
      const twin = other.items[index];
      return twin !== undefined && sameValue(inner, twin);
    });
  }
  return one.value === other.value;
}

export interface StringPlace {
  readonly pointer: string;
  readonly text: string;
  /** The string is a member's name, which WDL reads as a template too (reference 2.1). */
  readonly name: boolean;
}

/** Every string below a value with its pointer; names of members included where they hold an `@`. */
export function* strings(node: Node, pointer: string): Generator<StringPlace> {
  if (node.kind === "string") yield { pointer, text: String(node.value), name: false };
  else if (node.kind === "array") {
    for (const [index, item] of node.items.entries()) yield* strings(item, `${pointer}/${String(index)}`);
  } else if (node.kind === "object") {
    for (const one of node.members) {
      const inner = `${pointer}/${escapePart(one.name)}`;
      if (one.name.includes("@")) yield { pointer: inner, text: one.name, name: true };
      yield* strings(one.value, inner);
    }
  }
}

/** The document after a patch; one that is already applied costs nothing. */
export function applyPatch(document: Document, patch: readonly Splice[]): Document {
  return patch.length === 0 ? document : applied(document, patch);
}
