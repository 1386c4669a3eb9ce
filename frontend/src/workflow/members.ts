/** Members of a definition by pointer: set with the objects around them, removed with those left empty. */
import { at, quote, type Document } from "./document";
import type { Splice } from "./splices";
import { escapePart, splitPointer } from "./tree";

/** Sets a value some members below a place, making the objects in between; removes it, and objects left empty by that. */
export function setMember(document: Document, base: string, path: string, text: string | null): Splice[] {
  const parts = splitPointer(path);
  if (text === null) {
    if (!at(document, base + path)) return [];
    let keep = parts.length;
    while (keep > 1) {
      const parent = at(document, base + parts.slice(0, keep - 1).map((part) => `/${escapePart(part)}`).join(""));
      if (parent?.kind !== "object" || parent.members.length > 1 || keep - 1 <= 1) break;
      keep -= 1;
    }
    return [{ op: "remove", at: base + parts.slice(0, keep).map((part) => `/${escapePart(part)}`).join("") }];
  }
  let reached = base;
  for (const [index, part] of parts.entries()) {
    const parent = at(document, reached);
    const here = `${reached}/${escapePart(part)}`;
    const rest = parts.slice(index + 1);
    const nested = rest.map((one) => `{${quote(one)}: `).join("") + text + "}".repeat(rest.length);
    if (parent && parent.kind !== "object" && parent.kind !== "array") {
      // A scalar stands where an object has to be (an empty `inputs`, say).
      return [{ op: "set", at: reached, text: `{${quote(part)}: ${nested}}` }];
    }
    if (!at(document, here)) return [{ op: parent?.kind === "array" ? "insert" : "set", at: here, text: nested, ...(parent?.kind === "array" ? { before: null } : {}) } as Splice];
    reached = here;
  }
  return [{ op: "set", at: reached, text }];
}
