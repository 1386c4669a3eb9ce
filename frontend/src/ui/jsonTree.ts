/**
 * A JSON text as a tree that keeps what `JSON.parse` loses: member order (integer-like names stay in place), duplicate names and
 * the spelling of numbers (1e3, 2^53 + 1). Read-only: made for looking at values.
 */
export type JsonNode =
  | { readonly kind: "object"; readonly members: readonly JsonMember[] }
  | { readonly kind: "array"; readonly items: readonly JsonNode[] }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" };

export interface JsonMember {
  readonly name: string;
  readonly value: JsonNode;
}

export class JsonSyntaxError extends Error {
  constructor(
    message: string,
    readonly position: number,
  ) {
    super(message);
    this.name = "JsonSyntaxError";
  }
}

const space = /[ \t\n\r]*/y;
const numberShape = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const stringShape = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  document(): JsonNode {
    const value = this.value();
    this.skip();
    if (this.at < this.text.length) this.fail("Text follows the end of the value");
    return value;
  }

  private value(): JsonNode {
    this.skip();
    const first = this.text[this.at];
    if (first === "{") return { kind: "object", members: this.list("}", () => this.member()) };
    if (first === "[") return { kind: "array", items: this.list("]", () => this.value()) };
    if (first === '"') return { kind: "string", text: this.string() };
    for (const [word, node] of words) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return node;
      }
    }
    return { kind: "number", text: this.match(numberShape, "A value was expected") };
  }

  private member(): JsonMember {
    this.skip();
    const name = this.string();
    this.skip();
    this.expect(":");
    return { name, value: this.value() };
  }

  private list<Part>(close: string, part: () => Part): Part[] {
    this.at += 1;
    const parts: Part[] = [];
    this.skip();
    if (this.text[this.at] === close) {
      this.at += 1;
      return parts;
    }
    for (;;) {
      parts.push(part());
      this.skip();
      if (this.text[this.at] === close) {
        this.at += 1;
        return parts;
      }
      this.expect(",");
    }
  }

  private string(): string {
    // JSON.parse on one string literal loses nothing and knows every escape.
    return JSON.parse(this.match(stringShape, "A string was expected")) as string;
  }

  private match(shape: RegExp, otherwise: string): string {
    shape.lastIndex = this.at;
    const found = shape.exec(this.text);
    if (!found) return this.fail(otherwise);
    this.at = shape.lastIndex;
    return found[0];
  }

  private skip() {
    space.lastIndex = this.at;
    space.exec(this.text);
    this.at = space.lastIndex;
  }

  private expect(sign: string) {
    if (this.text[this.at] !== sign) this.fail(`"${sign}" was expected`);
    this.at += 1;
  }

  private fail(message: string): never {
    throw new JsonSyntaxError(message, this.at);
  }
}

const words: readonly (readonly [string, JsonNode])[] = [
  ["true", { kind: "boolean", value: true }],
  ["false", { kind: "boolean", value: false }],
  ["null", { kind: "null" }],
];

export function readJson(text: string): JsonNode {
  return new Reader(text).document();
}

/** A plain JavaScript value as a tree (for values made in the browser). */
export function fromValue(value: unknown): JsonNode {
  if (value === null || value === undefined) return { kind: "null" };
  if (typeof value === "string") return { kind: "string", text: value };
  if (typeof value === "number" || typeof value === "bigint") return { kind: "number", text: String(value) };
  if (typeof value === "boolean") return { kind: "boolean", value };
  if (Array.isArray(value)) return { kind: "array", items: value.map(fromValue) };
  return { kind: "object", members: Object.entries(value).map(([name, item]) => ({ name, value: fromValue(item) })) };
}

/** Prints a tree as JSON text; numbers keep their spelling. */
export function printJson(node: JsonNode, indent = 2, depth = 0): string {
  const outer = indent > 0 ? `\n${" ".repeat(indent * depth)}` : "";
  const inner = indent > 0 ? `\n${" ".repeat(indent * (depth + 1))}` : "";
  const gap = indent > 0 ? " " : "";
  switch (node.kind) {
    case "object":
      if (node.members.length === 0) return "{}";
      return `{${node.members.map((m) => `${inner}${JSON.stringify(m.name)}:${gap}${printJson(m.value, indent, depth + 1)}`).join(",")}${outer}}`;
    case "array":
      if (node.items.length === 0) return "[]";
      return `[${node.items.map((item) => inner + printJson(item, indent, depth + 1)).join(",")}${outer}]`;
    case "string":
      return JSON.stringify(node.text);
    case "number":
      return node.text;
    case "boolean":
      return String(node.value);
    case "null":
      return "null";
  }
}

/** The member of that name (the last of duplicates, as a reader of the value sees it), or undefined. */
export function member(node: JsonNode | undefined, name: string): JsonNode | undefined {
  if (node?.kind !== "object") return undefined;
  return node.members.findLast((each) => each.name === name)?.value;
}

export function textOf(node: JsonNode | undefined): string | undefined {
  return node?.kind === "string" || node?.kind === "number" ? node.text : undefined;
}
