/** The names that expressions read, and renaming them without touching anything else. */
import type { Node, Span } from "./nodes";
import { parseTemplate } from "./template";

export type ReferenceKind = "action" | "variable" | "parameter" | "loop" | "scope" | "setting";

/** The literal first argument of `function`, its span between the quotes, in units of the template string. */
export interface Reference extends Span {
  readonly kind: ReferenceKind;
  readonly function: string;
  readonly name: string;
}

const naming: Readonly<Record<string, ReferenceKind>> = {
  actions: "action",
  outputs: "action",
  actionoutputs: "action",
  actionbody: "action",
  body: "action",
  formdatavalue: "action",
  formdatamultivalues: "action",
  multipartbody: "action",
  variables: "variable",
  parameters: "parameter",
  items: "loop",
  iterationindexes: "loop",
  result: "scope",
  appsetting: "setting",
};

/** Every literal name a tree reads, in the order of the text. */
export function references(node: Node): Reference[] {
  const found: Reference[] = [];
  collect(node, found);
  return found;
}

function collect(node: Node, found: Reference[]): void {
  if (node.kind !== "call") return;
  const lower = node.name.toLowerCase();
  const kind = Object.hasOwn(naming, lower) ? naming[lower] : undefined;
  const name = node.args[0];
  if (kind !== undefined && name?.kind === "string") {
    found.push({ kind, function: node.name, name: name.value, start: name.start + 1, end: name.end - 1 });
  }
  for (const argument of node.args) collect(argument, found);
  for (const step of node.steps) collect(step.key, found);
}

/** Every literal name a template string reads; segments that are not valid have none. */
export function referencesIn(text: string): Reference[] {
  if (!text.includes("@")) return [];
  return parseTemplate(text).segments.flatMap((segment) => (segment.kind === "expression" ? references(segment.tree) : []));
}

/** A name that an expression may hold between quotes. */
export function quoteName(name: string): string {
  return `'${name.replaceAll("'", "''")}'`;
}
