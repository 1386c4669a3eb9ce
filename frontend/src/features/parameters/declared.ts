import { at, parse, type Document, type Node } from "../../workflow/document";
import type { Graph } from "../../workflow/graph";
import { namesIn } from "../../workflow/references";
import { down, member, stringOf } from "../../workflow/tree";

export const TYPES = ["String", "Int", "Float", "Bool", "Array", "Object", "SecureString", "SecureObject"] as const;

/** A parameter as the definition declares it. */
export interface Declared {
  readonly name: string;
  readonly type: string;
  readonly secure: boolean;
  /** As people write it: text bare, everything else as JSON; null where there is none. */
  readonly standard: string | null;
  readonly description: string;
}

export function declaredIn(document: Document, graph: Graph): Declared[] {
  const members = at(document, `${graph.base}/parameters`)?.members ?? [];
  return members.filter((one) => !one.name.startsWith("$")).map(({ name, value }) => {
    const type = stringOf(member(value, "type")) ?? "String";
    const standard = member(value, "defaultValue");
    return { name, type: TYPES.find((one) => one.toLowerCase() === type.toLowerCase()) ?? type, secure: /^secure/i.test(type), standard: standard ? shown(document, standard) : null, description: stringOf(down(value, "metadata", "description")) ?? "" };
  });
}

function shown(document: Document, node: Node): string {
  return node.kind === "string" ? String(node.value) : document.text.slice(node.start, node.end);
}

/** How many expressions of the definition read each parameter, by its name in small letters. */
export function usesOf(document: Document): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const walk = (node: Node): void => {
    if (node.kind === "string") {
      for (const use of namesIn(String(node.value))) if (use.kind === "parameter") found.set(use.name.toLowerCase(), (found.get(use.name.toLowerCase()) ?? 0) + 1);
    }
    for (const one of node.members) walk(one.value);
    node.items.forEach(walk);
  };
  walk(document.root);
  return found;
}

export type Read = { readonly json: string } | { readonly wrong: string };

/** What somebody typed, as JSON text of the type, or what is wrong with it. */
export function readAs(type: string, text: string): Read {
  const kind = type.toLowerCase().replace(/^secure/, "");
  if (kind === "string") return { json: JSON.stringify(text) };
  const trimmed = text.trim();
  if (/^@appsetting\(/i.test(trimmed)) return { json: JSON.stringify(trimmed) };
  if (kind === "int") return /^-?\d+$/.test(trimmed) ? { json: trimmed } : { wrong: "A whole number is needed." };
  if (kind === "float") return /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(trimmed) ? { json: trimmed } : { wrong: "A number is needed." };
  if (kind === "bool") return /^(?:true|false)$/i.test(trimmed) ? { json: trimmed.toLowerCase() } : { wrong: "It is true or false." };
  try {
    const { root } = parse(trimmed);
    if (kind === "array" && root.kind !== "array") return { wrong: "A list is needed: [ … ]" };
    if (kind === "object" && root.kind !== "object") return { wrong: "An object is needed: { … }" };
    return { json: trimmed };
  } catch {
    return { wrong: kind === "array" ? "A list in JSON is needed: [ … ]" : "An object in JSON is needed: { … }" };
  }
}

/** A name nobody has yet. */
export function freeParameter(declared: readonly Declared[]): string {
  const taken = new Set(declared.map((one) => one.name.toLowerCase()));
  let number = 1;
  while (taken.has(`parameter${String(number)}`)) number += 1;
  return `parameter${String(number)}`;
}

/** What is wrong with a name, or nothing. */
export function wrongName(name: string, own: string, declared: readonly Declared[]): string {
  if (name === "") return "A parameter needs a name.";
  if (/['"\\/\s]/.test(name) || name.startsWith("$")) return "A name has no spaces, quotes or slashes, and does not begin with $.";
  if (declared.some((one) => one.name !== own && one.name.toLowerCase() === name.toLowerCase())) return `There is already a parameter “${name}”.`;
  return "";
}
