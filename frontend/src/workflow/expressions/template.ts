/** The three kinds of string a definition holds: literal, expression, interpolation (reference 2.2, 2.3). */
import { ExpressionSyntaxError } from "./lexer";
import { printText, printTree, type Node, type Span } from "./nodes";
import { parseExpression } from "./parser";

/** Spans count UTF-16 units of the template string; those of expressions leave out `@`, `@{` and `}`. */
export type Segment =
  | ({ readonly kind: "text"; readonly value: string } & Span)
  | ({ readonly kind: "expression"; readonly text: string; readonly tree: Node } & Span)
  | ({ readonly kind: "error"; readonly text: string; readonly message: string; readonly position: number; readonly unterminated: boolean } & Span);

export interface Template {
  readonly kind: "literal" | "expression" | "interpolation";
  readonly segments: readonly Segment[];
}

/** Where the pieces of a template string stand, before any expression is read. */
export interface Piece extends Span {
  readonly kind: "text" | "expression" | "unterminated";
  /** The literal text, escapes undone, or the expression's text. */
  readonly value: string;
}

/** Take a template string apart. Never throws: what is not valid becomes a segment of kind `error`. */
export function parseTemplate(text: string): Template {
  const { kind, pieces } = splitTemplate(text);
  return { kind, segments: pieces.map((piece) => segmentOf(piece, text)) };
}

function segmentOf(piece: Piece, text: string): Segment {
  const { start, end, value } = piece;
  if (piece.kind === "text") return { kind: "text", value, start, end };
  if (piece.kind === "unterminated") {
    const message = `The template language expression '${text}' is not valid: the string interpolation segment starting at position '${start}' is not terminated. Make sure that every '@{' is followed by its '}'.`;
    return { kind: "error", text: value, message, position: start, unterminated: true, start, end };
  }
  try {
    return { kind: "expression", text: value, tree: parseExpression(value, start), start, end };
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    const position = start + error.position;
    return { kind: "error", text: value, message: error.message, position, unterminated: false, start, end };
  }
}

export function splitTemplate(text: string): { kind: Template["kind"]; pieces: Piece[] } {
  const literal = (value: string): { kind: "literal"; pieces: Piece[] } => ({
    kind: "literal",
    pieces: [{ kind: "text", value, start: 0, end: text.length }],
  });
  if (text.startsWith("@@")) return literal(text.slice(1));
  if (text.startsWith("@") && text.length > 1 && text.charAt(1) !== "{") {
    return { kind: "expression", pieces: [{ kind: "expression", value: text.slice(1), start: 1, end: text.length }] };
  }
  if (!text.includes("@{")) return literal(text);
  const pieces = interpolated(text);
  if (pieces.every((piece) => piece.kind === "text")) return literal(pieces.map((piece) => piece.value).join(""));
  return { kind: "interpolation", pieces };
}

function interpolated(text: string): Piece[] {
  const pieces: Piece[] = [];
  let value = "";
  let begin = 0;
  let position = 0;
  const flush = (end: number): void => {
    if (value !== "") pieces.push({ kind: "text", value, start: begin, end });
    value = "";
  };
  for (;;) {
    const start = text.indexOf("@{", position);
    if (start < 0) break;
    if (start - 1 >= position && text.charAt(start - 1) === "@") {
      value += `${text.slice(position, start - 1)}@{`; // @@{ stands for @{
      position = start + 2;
      continue;
    }
    value += text.slice(position, start);
    flush(start);
    const end = segmentEnd(text, start);
    if (end < 0) {
      pieces.push({ kind: "unterminated", value: text.slice(start + 2), start, end: text.length });
      return pieces;
    }
    pieces.push({ kind: "expression", value: text.slice(start + 2, end), start: start + 2, end });
    position = end + 1;
    begin = position;
  }
  value += text.slice(position);
  flush(text.length);
  return pieces;
}

/** Index of the `}` that ends the segment, outside quoted literals and further braces; -1 without one. */
function segmentEnd(text: string, start: number): number {
  let depth = 0;
  for (let position = start + 2; position < text.length; position += 1) {
    const character = text.charAt(position);
    if (character === "{") depth += 1;
    else if (character === "}") {
      if (depth === 0) return position;
      depth -= 1;
    } else if (character === "'") {
      position = text.indexOf("'", position + 1);
      if (position < 0) return -1;
    }
  }
  return -1;
}

/** One line that shows what a template means; the server prints the same. Throws ExpressionSyntaxError. */
export function printTemplate(text: string): string {
  const template = parseTemplate(text);
  const errors = template.segments.filter((segment) => segment.kind === "error");
  const error = errors.find((segment) => segment.unterminated) ?? errors[0];
  if (error !== undefined) throw new ExpressionSyntaxError(error.message, error.position);
  const printed = template.segments.map((segment) =>
    segment.kind === "text" ? printText(segment.value) : segment.kind === "expression" ? printTree(segment.tree) : "",
  );
  return [template.kind, ...printed].join(" ");
}
