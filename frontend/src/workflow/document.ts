/**
 * The lossless tree of a JSON text: what stands where, spelled how. Twin of `runtime/language/document.py`.
 *
 * The text is the truth. Members keep their order and their duplicates, a number is its spelling, a string has a value and
 * a spelling (its range), and everything knows its range in UTF-16 units. A byte order mark, comments and trailing commas
 * are tolerated and stay. Definitions never pass through `JSON.parse`: it moves integer-like names, rounds numbers above
 * 2^53 and drops `__proto__`.
 */

export type Kind = "object" | "array" | "string" | "number" | "boolean" | "null";

/** One member of an object: its name, the range of the name's spelling (quotes included), and its value. */
export interface Member {
  readonly name: string;
  readonly start: number;
  readonly nameEnd: number;
  readonly value: Node;
}

/** One JSON value. `value` is the text of a string, the spelling of a number, a boolean, or null. */
export interface Node {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  readonly value: string | boolean | null;
  readonly members: readonly Member[];
  readonly items: readonly Node[];
}

/** `comments` and `values` count what the text holds; `depth` is how deep objects and arrays nest. */
export interface Document {
  readonly text: string;
  readonly root: Node;
  readonly comments: number;
  readonly values: number;
  readonly depth: number;
}

export interface Limits {
  readonly characters: number;
  readonly depth: number;
  readonly values: number;
  readonly digits: number;
}

export const LIMITS: Limits = { characters: 16 * 1024 * 1024, depth: 256, values: 500_000, digits: 1_000 };

export type DocumentErrorCode = "InvalidJson" | "DocumentTooLarge" | "DocumentTooDeep" | "DocumentTooManyValues";

/** A text that is no JSON document, or one beyond the limits. `position` counts UTF-16 units, line and column from 1. */
export class DocumentError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(
    readonly code: DocumentErrorCode,
    readonly reason: string,
    text: string,
    readonly position: number,
  ) {
    const before = text.slice(0, position);
    const line = before.split("\n").length;
    const column = position - (before.lastIndexOf("\n") + 1) + 1;
    super(`Line ${String(line)}, column ${String(column)}: ${reason}`);
    this.name = "DocumentError";
    this.line = line;
    this.column = column;
  }
}

const NONE: readonly never[] = [];
const SPACE = /[ \t\r\n]*/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const ESCAPES = /\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))/g;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const WORD = /[A-Za-z0-9_.+-]+/y;
const INDEX = /^(?:0|[1-9][0-9]*)$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const ESCAPED = /["\\\u0000-\u001f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);
const LONG: ReadonlyMap<string, string> = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** Read a JSON text into its tree; throws DocumentError. */
export function parse(text: string, limits: Limits = LIMITS): Document {
  if (text.length > limits.characters) {
    const reason = `The text has ${counted(text.length)} characters; at most ${counted(limits.characters)} are read.`;
    throw new DocumentError("DocumentTooLarge", reason, "", 0);
  }
  const lone = LONE_SURROGATE.exec(text);
  if (lone) {
    throw new DocumentError("InvalidJson", "A lone surrogate stands in the text; write it as an escape.", text, lone.index);
  }
  const scanner = new Scanner(text, limits, text.startsWith("\ufeff") ? 1 : 0);
  const root = scanner.whole();
  return { text, root, comments: scanner.comments, values: scanner.values, depth: scanner.deepest };
}

/** The member of that name; among duplicates the last one, which is the one every reader of JSON sees. */
export function memberOf(node: Node, name: string): Member | undefined {
  return node.members.findLast((member) => member.name === name);
}

/** The value a JSON pointer names. */
export function at(document: Document, pointer: string): Node | undefined {
  let node: Node | undefined = document.root;
  for (const token of tokens(pointer)) {
    if (node === undefined) return undefined;
    node = node.kind === "array" ? (INDEX.test(token) ? node.items[Number(token)] : undefined) : memberOf(node, token)?.value;
  }
  return node;
}

/** Start and end of a value in the text. */
export function rangeOf(document: Document, pointer: string): [number, number] | undefined {
  const node = at(document, pointer);
  return node && [node.start, node.end];
}

/** Start and end of the name of the member a pointer names; undefined for items and the root. */
export function nameRangeOf(document: Document, pointer: string): [number, number] | undefined {
  const path = tokens(pointer);
  const last = path.pop();
  const parent = last === undefined ? undefined : at(document, pointerOf(path));
  const member = parent && last !== undefined ? memberOf(parent, last) : undefined;
  return member && [member.start, member.nameEnd];
}

/** The pointer of the innermost value whose member or range holds a position. */
export function pointerAt(document: Document, position: number): string {
  const path: string[] = [];
  let node: Node | undefined = document.root;
  while (node) {
    const inner: Child | undefined = children(node).find((child) => child.start <= position && position <= child.value.end);
    if (inner) path.push(inner.token);
    node = inner?.value;
  }
  return pointerOf(path);
}

/** The text of a value as it stands. */
export function sourceOf(document: Document, node: Node): string {
  return document.text.slice(node.start, node.end);
}

export interface Child {
  readonly token: string;
  readonly start: number;
  readonly value: Node;
}

/** Pointer token, start (of the name, where there is one) and value of everything directly inside. */
export function children(node: Node): Child[] {
  if (node.kind === "array") {
    return node.items.map((value, index) => ({ token: String(index), start: value.start, value }));
  }
  return node.members.map((member) => ({ token: member.name, start: member.start, value: member.value }));
}

/** The unescaped reference tokens of a JSON pointer; RangeError for text that is none. */
export function tokens(pointer: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw new RangeError(`The JSON pointer '${pointer}' does not begin with a slash.`);
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The JSON pointer of a path of names and indexes. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((token) => `/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** A string as JSON text, spelled as JSON.stringify does: only what must be escaped is. */
export function quote(value: string): string {
  const escaped = value.replace(ESCAPED, (unit) => SHORT.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `"${escaped}"`;
}

/** The offset of the first character at or after `offset` that is neither white space nor part of a comment. */
export function skipTrivia(text: string, offset: number): number {
  const scanner = new Scanner(text, LIMITS, offset);
  scanner.skip();
  return scanner.position;
}

function counted(count: number): string {
  return count.toLocaleString("en-US");
}

function unescaped(spelling: string): string {
  return spelling.replace(ESCAPES, (_, short: string | undefined, hex: string | undefined) =>
    hex === undefined ? (LONG.get(short ?? "") ?? short ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** One pass over the text. Recursion is bounded by `Limits.depth`. `reparsing.ts` passes over what it knows already. */
export class Scanner {
  comments = 0;
  values = 0;
  deepest = 0;

  constructor(
    readonly text: string,
    readonly limits: Limits,
    public position: number,
  ) {}

  wrong(reason: string, offset = this.position, code: DocumentErrorCode = "InvalidJson"): DocumentError {
    return new DocumentError(code, reason, this.text, offset);
  }

  /** What stands at the position, in words. */
  found(): string {
    const word = this.match(WORD);
    if (word !== undefined) return `'${word.slice(0, 40)}'`;
    const point = this.text.codePointAt(this.position);
    return point === undefined ? "the end of the text" : `'${String.fromCodePoint(point)}'`;
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    return pattern.exec(this.text)?.[0];
  }

  /** Pass white space and comments. */
  skip(): void {
    const { text } = this;
    for (;;) {
      SPACE.lastIndex = this.position;
      SPACE.test(text);
      this.position = SPACE.lastIndex;
      if (text[this.position] !== "/") return;
      if (text.startsWith("//", this.position)) {
        const end = text.indexOf("\n", this.position);
        this.position = end < 0 ? text.length : end;
      } else if (text.startsWith("/*", this.position)) {
        const end = text.indexOf("*/", this.position + 2);
        if (end < 0) throw this.wrong("A comment that begins with /* is not closed.");
        this.position = end + 2;
      } else return;
      this.comments += 1;
    }
  }

  /** The one value of the text. */
  whole(): Node {
    this.skip();
    const root = this.value(1);
    this.skip();
    if (this.position < this.text.length) throw this.wrong(`The document has ended, but ${this.found()} follows.`);
    return root;
  }

  /** An entry of an object or array begins at the position. A scanner that knows another tree looks for it there. */
  entry(): void {
    return undefined;
  }

  value(depth: number): Node {
    this.values += 1;
    if (this.values > this.limits.values) {
      throw this.wrong(`The text holds more than ${counted(this.limits.values)} values.`, this.position, "DocumentTooManyValues");
    }
    const start = this.position;
    const first = this.text[start];
    if (first === '"') {
      const value = this.string();
      return { kind: "string", start, end: this.position, value, members: NONE, items: NONE };
    }
    if (first !== "{" && first !== "[") return this.scalar(start);
    if (depth > this.limits.depth) {
      throw this.wrong(`Objects and arrays nest deeper than ${String(this.limits.depth)} levels.`, start, "DocumentTooDeep");
    }
    this.deepest = Math.max(this.deepest, depth);
    return first === "{" ? this.object(depth) : this.array(depth);
  }

  scalar(start: number): Node {
    const spelling = this.match(WORD) ?? "";
    const end = start + spelling.length;
    const leaf = { start, end, members: NONE, items: NONE };
    this.position = end;
    if (spelling === "null") return { ...leaf, kind: "null", value: null };
    if (spelling === "true" || spelling === "false") return { ...leaf, kind: "boolean", value: spelling === "true" };
    if (NUMBER.test(spelling)) {
      if (spelling.length > this.limits.digits) {
        throw this.wrong(`A number has more than ${counted(this.limits.digits)} digits.`, start);
      }
      return { ...leaf, kind: "number", value: spelling };
    }
    this.position = start;
    throw this.wrong(`A value is expected, not ${this.found()}.`);
  }

  string(): string {
    const start = this.position;
    const spelled = this.match(STRING);
    if (spelled === undefined) throw this.brokenString(start);
    this.position = start + spelled.length;
    const inner = spelled.slice(1, -1);
    return inner.includes("\\") ? unescaped(inner) : inner;
  }

  /** Say what is wrong with a string that does not scan. */
  brokenString(start: number): DocumentError {
    for (let position = start + 1; position < this.text.length; position += 1) {
      const unit = this.text.charAt(position);
      if (unit < " ") {
        return this.wrong("A line break or control character stands inside a string; write it as an escape.", position);
      }
      if (unit !== "\\") continue;
      ESCAPE.lastIndex = position;
      if (!ESCAPE.test(this.text)) {
        return this.wrong("A backslash in a string begins no known escape; write \\\\ for a backslash.", position);
      }
      position += 1;
    }
    return this.wrong("A string is not closed.", start);
  }

  object(depth: number): Node {
    const start = this.position;
    const members: Member[] = [];
    this.position += 1;
    this.skip();
    while (this.text[this.position] !== "}") {
      if (this.text[this.position] !== '"') throw this.wrong(`The name of a member or '}' is expected, not ${this.found()}.`);
      const begin = this.position;
      this.entry();
      const name = this.string();
      const nameEnd = this.position;
      this.skip();
      if (this.text[this.position] !== ":") {
        throw this.wrong(`A colon is expected after the name '${name.slice(0, 40)}', not ${this.found()}.`);
      }
      this.position += 1;
      this.skip();
      members.push({ name, start: begin, nameEnd, value: this.value(depth + 1) });
      this.separator("}");
    }
    this.position += 1;
    return { kind: "object", start, end: this.position, value: null, members, items: NONE };
  }

  array(depth: number): Node {
    const start = this.position;
    const items: Node[] = [];
    this.position += 1;
    this.skip();
    while (this.text[this.position] !== "]") {
      this.entry();
      items.push(this.value(depth + 1));
      this.separator("]");
    }
    this.position += 1;
    return { kind: "array", start, end: this.position, value: null, members: NONE, items };
  }

  separator(close: string): void {
    this.skip();
    const following = this.text[this.position];
    if (following === ",") {
      this.position += 1;
      this.skip();
    } else if (following !== close) {
      throw this.wrong(`A comma or '${close}' is expected, not ${this.found()}.`);
    }
  }
}
