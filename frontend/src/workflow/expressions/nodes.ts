/** The tree of an expression. Spans count UTF-16 units of the whole template string. */

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Literal extends Span {
  readonly kind: "string" | "integer" | "float" | "boolean" | "null";
  /** The spelling in the text, quotes included. */
  readonly source: string;
  /** What a string denotes; the spelling of all other kinds. */
  readonly value: string;
}

export interface Step extends Span {
  readonly key: Node;
  /** Written with `?`. */
  readonly safe: boolean;
  readonly dotted: boolean;
}

/** A call and the accesses behind it: only calls can be dereferenced (reference 2.4). */
export interface Call extends Span {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Node[];
  readonly steps: readonly Step[];
}

export type Node = Literal | Call;

const separators = /[\u0085\u2028\u2029]/g;

/** A JSON string literal, spelled as the server spells it. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(separators, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** One line that shows the whole tree; the server prints the same line for the same text. */
export function printTree(node: Node): string {
  if (node.kind !== "call") {
    if (node.kind === "string") return quoted(node.value);
    if (node.kind === "boolean" || node.kind === "null") return node.source.toLowerCase();
    return `${node.kind}:${node.source}`;
  }
  const steps = node.steps.map((step) => {
    const key = printTree(step.key);
    return `${step.safe ? "?" : ""}${step.dotted ? `.${key}` : `[${key}]`}`;
  });
  return `${node.name}(${node.args.map(printTree).join(", ")})${steps.join("")}`;
}

/** Text outside expressions, in the spelling of printTree. */
export function printText(text: string): string {
  return quoted(text);
}
