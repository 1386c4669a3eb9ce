/**
 * White space of JSON texts: the style a file is written in, and values printed in it. Twin of `runtime/language/printing.py`:
 * results are equal byte for byte, so a change here is a change there.
 *
 * Three layouts. *Broken*: every entry on its own line. *Inline*: one line, for short values in a broken file whose author
 * keeps them on one line. *Compact*: the layout of a file without line breaks. Spellings are never touched; comments stay.
 */
import { children, parse, skipTrivia, sourceOf, type Document, type Node } from "./document";

const INLINE_WIDTH = 80;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\n/g;
const MARGIN = /[ \t]*/y;
const COLONS = new Set([":", ": ", " : ", " :"]);

/** How a file is laid out. `unit` is one level of indentation; `comma` separates entries that share a line. */
export interface Style {
  readonly broken: boolean;
  readonly unit: string;
  readonly newline: string;
  readonly colon: string;
  readonly comma: string;
}

export const CANONICAL: Style = { broken: true, unit: "  ", newline: "\n", colon: ": ", comma: ", " };
const TIGHT: Style = { broken: false, unit: "", newline: "\n", colon: ":", comma: "," };

/** The style of a file, read off its outermost object or array; two spaces where that is empty. */
export function styleOf(document: Document): Style {
  const { root, text } = document;
  const first = children(root)[0];
  if (!first) return CANONICAL;
  const lead = text.slice(root.start + 1, first.start);
  const colon = spacedColon(document);
  const ahead = lineBreaks(lead)[0];
  if (ahead === undefined) return { ...TIGHT, colon: colon ?? ":", comma: spacedComma(document) };
  const newline = lead[ahead] === "\r" ? "\r\n" : "\n";
  return { broken: true, unit: margin(lead), newline, colon: colon ?? ": ", comma: ", " };
}

/** What stands between the first name and its value, where that is a colon with at most a space on either side. */
function spacedColon({ root, text }: Document): string | undefined {
  const member = root.members[0];
  if (!member) return root.items.length > 0 ? ": " : undefined;
  const between = text.slice(member.nameEnd, member.value.start);
  return COLONS.has(between) ? between : undefined;
}

/** ", " where the first object or array with two entries is written so, else ",". */
function spacedComma({ root, text }: Document): string {
  const waiting = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const inner = children(node);
    const second = inner[1];
    if (second) return text[second.start - 1] === " " ? ", " : ",";
    waiting.push(...inner.map((child) => child.value).reverse());
  }
  return ",";
}

/** Offsets of the line breaks outside block comments; of CRLF the offset of the CR. */
export function lineBreaks(trivia: string): number[] {
  return [...trivia.matchAll(COMMENT)]
    .filter((match) => match[0] === "\n")
    .map(({ index }) => (trivia[index - 1] === "\r" ? index - 1 : index));
}

/** The spaces and tabs that follow the last line break. */
export function margin(trivia: string): string {
  const last = lineBreaks(trivia).at(-1);
  if (last === undefined) return "";
  MARGIN.lastIndex = last + (trivia[last] === "\r" ? 2 : 1);
  return MARGIN.exec(trivia)?.[0] ?? "";
}

export interface Comments {
  readonly same: string[];
  readonly later: string[];
}

/** Comments before the first line break and those after it. */
export function commentsOf(trivia: string): Comments {
  const same: string[] = [];
  const later: string[] = [];
  let into = same;
  for (const [found] of trivia.matchAll(COMMENT)) {
    if (found === "\n") into = later;
    else into.push(found.replace(/\r+$/, ""));
  }
  return { same, later };
}

/** The same document in canonical white space (two spaces, a final line break): nothing but white space changes. */
export function format(text: string): string {
  const document = parse(text);
  const { root } = document;
  const mark = text.startsWith("\ufeff") ? 1 : 0;
  const above = commentsOf(text.slice(mark, root.start));
  const below = commentsOf(text.slice(root.end));
  const lines = [...above.same, ...above.later].map((comment) => `${comment}\n`).join("");
  const printer = new Printer(document, CANONICAL);
  printer.broken(root, "");
  const behind = below.same.map((comment) => ` ${comment}`).join("") + below.later.map((comment) => `\n${comment}`).join("");
  return `${text.slice(0, mark)}${lines}${printer.parts.join("")}${behind}\n`;
}

/** A JSON value given as text, printed to stand at `indent` in a file of that style; on one line where asked and short. */
export function printed(text: string, style: Style, indent: string, oneLine = false): string {
  const document = parse(text);
  if (!style.broken || oneLine) {
    const line = document.comments > 0 ? sourceOf(document, document.root) : onOneLine(text, document.root, style);
    if (!style.broken || (line.length <= INLINE_WIDTH && document.comments === 0)) return line;
  }
  const printer = new Printer(document, style);
  printer.broken(document.root, indent);
  return printer.parts.join("");
}

function onOneLine(text: string, node: Node, style: Style): string {
  const walk = (value: Node): string => {
    if (value.kind === "array") return `[${value.items.map(walk).join(style.comma)}]`;
    if (value.kind !== "object") return text.slice(value.start, value.end);
    const inner = value.members.map((member) => text.slice(member.start, member.nameEnd) + style.colon + walk(member.value));
    return `{${inner.join(style.comma)}}`;
  };
  return walk(node);
}

/** A value without white space and comments: two values are spelled alike exactly when these texts are equal. */
export function spelled(document: Document, node: Node): string {
  return onOneLine(document.text, node, TIGHT);
}

/** A value that stood at one indentation, moved to another: the margin of every line but the first changes. */
export function indentedAnew(text: string, old: string, indent: string): string {
  if (old === indent) return text;
  const moved = (line: string): string => (line.startsWith(old) ? indent + line.slice(old.length) : line);
  return text
    .split("\n")
    .map((line, index) => (index === 0 ? line : moved(line)))
    .join("\n");
}

/** Comments that share the line of the value before, and those on lines of their own: nothing follows a line comment. */
function beside(waiting: readonly string[], trivia: string): Comments {
  const found = commentsOf(trivia);
  const same = [...waiting, ...found.same];
  const line = same.findIndex((comment) => comment.startsWith("//"));
  const count = line < 0 ? same.length : line + 1;
  return { same: same.slice(0, count), later: [...same.slice(count), ...found.later] };
}

/** The broken layout. Comments beside a value stay beside it, others get lines of their own. */
class Printer {
  readonly parts: string[] = [];

  constructor(
    readonly document: Document,
    readonly style: Style,
  ) {}

  broken(node: Node, indent: string): void {
    if (node.kind !== "object" && node.kind !== "array") this.parts.push(sourceOf(this.document, node));
    else if (this.document.comments > 0) this.commented(node, indent);
    else if (node.members.length + node.items.length === 0) this.parts.push(node.kind === "object" ? "{}" : "[]");
    else this.uncommented(node, indent);
  }

  uncommented(node: Node, indent: string): void {
    const { text } = this.document;
    const inner = indent + this.style.unit;
    let separator = this.style.newline + inner;
    this.parts.push(node.kind === "object" ? "{" : "[");
    for (const member of node.members) {
      this.parts.push(separator, text.slice(member.start, member.nameEnd), this.style.colon);
      this.broken(member.value, inner);
      separator = `,${this.style.newline}${inner}`;
    }
    for (const item of node.items) {
      this.parts.push(separator);
      this.broken(item, inner);
      separator = `,${this.style.newline}${inner}`;
    }
    const last = node.members.at(-1)?.value ?? node.items.at(-1);
    const comma = last && text[skipTrivia(text, last.end)] === "," ? "," : "";
    this.parts.push(comma, this.style.newline, indent, node.kind === "object" ? "}" : "]");
  }

  commented(node: Node, indent: string): void {
    const { text } = this.document;
    const line = this.style.newline;
    const inner = indent + this.style.unit;
    this.parts.push(node.kind === "object" ? "{" : "[");
    let position = node.start + 1;
    let waiting: string[] = []; // comments between the last value and its comma: printed behind the comma
    const entries = [
      ...node.members.map(({ start, nameEnd, value }) => ({ start, nameEnd, value })),
      ...node.items.map((value) => ({ start: value.start, nameEnd: value.start, value })),
    ];
    for (const { start, nameEnd, value } of entries) {
      const { same, later } = beside(waiting, text.slice(position, start));
      this.parts.push(...same.map((comment) => ` ${comment}`), line, inner, ...later.map((comment) => comment + line + inner));
      if (nameEnd > start) {
        this.parts.push(text.slice(start, nameEnd));
        this.colon(text.slice(nameEnd, value.start), inner);
      }
      this.broken(value, inner);
      const after = skipTrivia(text, value.end);
      const comma = text[after] === ",";
      const between = commentsOf(text.slice(value.end, after));
      waiting = comma ? [...between.same, ...between.later] : [];
      position = comma ? after + 1 : value.end;
      if (comma) this.parts.push(",");
    }
    const { same, later } = beside(waiting, text.slice(position, node.end - 1));
    this.parts.push(...same.map((comment) => ` ${comment}`), ...later.map((comment) => line + inner + comment));
    if (entries.length + same.length + later.length > 0) this.parts.push(line, indent);
    this.parts.push(node.kind === "object" ? "}" : "]");
  }

  /** The colon with the comments around it; a line comment before it would swallow it, so all come after. */
  colon(between: string, indent: string): void {
    this.parts.push(this.style.colon);
    const { same, later } = commentsOf(between);
    for (const comment of [...same, ...later]) {
      this.parts.push(comment + (comment.startsWith("//") ? this.style.newline + indent : " "));
    }
  }
}
