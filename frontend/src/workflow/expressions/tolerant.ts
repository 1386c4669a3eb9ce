/** Reading a template while it is being typed: tokens for colours, and what may be completed at a position. */
import { ExpressionSyntaxError, isSpace, tokenAt, unquote, type Token } from "./lexer";
import type { Span } from "./nodes";
import { splitTemplate, type Piece } from "./template";

export type HighlightKind =
  | "text"
  | "marker"
  | "function"
  | "member"
  | "string"
  | "number"
  | "keyword"
  | "punctuation"
  | "error";

export interface Highlight extends Span {
  readonly kind: HighlightKind;
}

/** What stands at a position of an unfinished expression. Spans are what a completion replaces. */
export type Completion =
  | ({ readonly kind: "function"; readonly prefix: string; readonly inside: Argument | null } & Span)
  | ({ readonly kind: "string"; readonly prefix: string; readonly inside: Argument | null } & Span)
  | ({ readonly kind: "member"; readonly prefix: string; readonly of: string; readonly path: readonly string[]; readonly bracket: boolean } & Span);

/** The call around a position and the number of the argument there, from 0. */
export interface Argument {
  readonly function: string;
  readonly index: number;
}

const keywords = /^(true|false|null)$/i;

/** Coloured spans over the whole template string, without gaps but for white space; never throws. */
export function highlight(text: string): Highlight[] {
  const found: Highlight[] = [];
  for (const piece of splitTemplate(text).pieces) {
    if (piece.kind === "text") {
      if (piece.end > piece.start) found.push({ kind: "text", start: piece.start, end: piece.end });
      continue;
    }
    const begin = piece.kind === "unterminated" ? piece.start + 2 : piece.start;
    found.push({ kind: "marker", start: begin - (text.charAt(begin - 1) === "{" ? 2 : 1), end: begin });
    highlightExpression(piece.value, begin, found);
    if (piece.kind === "expression" && text.charAt(piece.end) === "}") {
      found.push({ kind: "marker", start: piece.end, end: piece.end + 1 });
    }
  }
  return found;
}

function highlightExpression(text: string, offset: number, found: Highlight[]): void {
  let dotted = false;
  for (const part of readAll(text)) {
    const span = { start: part.start + offset, end: part.end + offset };
    found.push({ kind: part instanceof Failure ? "error" : colour(part, text, dotted), ...span });
    dotted = !(part instanceof Failure) && part.kind === "Dot";
  }
}

function colour(token: Token, text: string, dotted: boolean): HighlightKind {
  switch (token.kind) {
    case "Literal":
      return "string";
    case "Integer":
    case "Float":
      return "number";
    case "Identifier":
      if (dotted) return "member";
      return keywords.test(token.source) && !/^\s*\(/.test(text.slice(token.end)) ? "keyword" : "function";
    default:
      return "punctuation";
  }
}

/** Text that is no token; reading goes on behind it. */
class Failure implements Span {
  constructor(
    readonly start: number,
    readonly end: number,
    readonly openString: boolean,
  ) {}
}

function* readAll(text: string): Generator<Token | Failure> {
  let position = 0;
  while (position < text.length) {
    if (isSpace(text.charAt(position))) {
      position += 1;
      continue;
    }
    const token = tokenAt(text, position);
    if (token instanceof ExpressionSyntaxError) {
      const open = text.charAt(position) === "'";
      const end = open ? text.length : Math.max(token.position, position) + 1;
      yield new Failure(position, end, open);
      position = end;
    } else {
      yield token;
      position = token.end;
    }
  }
}

/** What may be completed at a position of a template string; null in plain text and behind complete values. */
export function completionAt(text: string, position: number): Completion | null {
  const piece = splitTemplate(text).pieces.find((candidate) => holds(candidate, position));
  if (piece === undefined) return null;
  const begin = piece.kind === "unterminated" ? piece.start + 2 : piece.start;
  return new CompletionReader(piece.value.slice(0, position - begin), begin).answer();
}

function holds(piece: Piece, position: number): boolean {
  const begin = piece.kind === "unterminated" ? piece.start + 2 : piece.start;
  return piece.kind !== "text" && position >= begin && position <= piece.end;
}

interface Open {
  readonly function: string | null;
  index: number;
  /** The call before a bracket, to be taken up again when it closes. */
  readonly value: ValueSoFar | null;
}

interface ValueSoFar {
  readonly of: string;
  readonly path: readonly string[];
}

class CompletionReader {
  private readonly open: Open[] = [];
  private value: ValueSoFar | null = null;
  private starts: number;
  private name: Token | null = null;
  private dot = false;

  constructor(
    private readonly text: string,
    private readonly offset: number,
  ) {
    this.starts = offset;
  }

  answer(): Completion | null {
    for (const part of readAll(this.text)) {
      if (part instanceof Failure) return part.openString ? this.openString(part) : null;
      if (part.end === this.text.length && part.kind === "Identifier") return this.identifier(part);
      this.take(part);
    }
    const at = this.offset + this.text.length;
    const span = { start: at, end: at };
    if (this.dot && this.value !== null) return { kind: "member", prefix: "", ...this.value, bracket: false, ...span };
    if (this.value !== null || this.name !== null) return null;
    return { kind: "function", prefix: "", inside: this.argument(), ...span };
  }

  private identifier(token: Token): Completion | null {
    const span = { start: token.start + this.offset, end: token.end + this.offset };
    if (this.dot) return this.value === null ? null : { kind: "member", prefix: token.source, ...this.value, bracket: false, ...span };
    return this.value === null ? { kind: "function", prefix: token.source, inside: this.argument(), ...span } : null;
  }

  private openString(part: Failure): Completion {
    const span = { start: part.start + 1 + this.offset, end: part.end + this.offset };
    const prefix = this.text.slice(part.start + 1).replaceAll("''", "'");
    const last = this.open.at(-1);
    if (last !== undefined && last.function === null && last.value !== null) {
      return { kind: "member", prefix, ...last.value, bracket: true, ...span };
    }
    return { kind: "string", prefix, inside: this.argument(), ...span };
  }

  private argument(): Argument | null {
    const last = this.open.at(-1);
    return last === undefined || last.function === null ? null : { function: last.function, index: last.index };
  }

  private take(token: Token): void {
    switch (token.kind) {
      case "Identifier":
        if (this.dot && this.value !== null) this.value = { ...this.value, path: [...this.value.path, token.source] };
        else {
          this.name = token;
          this.starts = token.start;
        }
        this.dot = false;
        break;
      case "LeftParenthesis":
        this.open.push({ function: this.name?.source ?? "", index: 0, value: { of: String(this.starts), path: [] } });
        this.name = null;
        this.value = null;
        break;
      case "LeftSquareBracket":
        this.open.push({ function: null, index: 0, value: this.value });
        this.value = null;
        this.dot = false;
        break;
      case "RightParenthesis":
        this.close(token, null);
        break;
      case "RightSquareBracket":
        this.close(token, this.key);
        break;
      case "Comma": {
        const last = this.open.at(-1);
        if (last !== undefined) last.index += 1;
        this.name = null;
        this.value = null;
        break;
      }
      case "Dot":
        this.dot = true;
        break;
      default:
        this.key = token.kind === "Literal" ? unquote(token.source) : token.source;
        if (token.kind !== "QuestionMark") this.value = { of: token.source, path: [] };
    }
  }

  private key = "";

  private close(token: Token, key: string | null): void {
    const last = this.open.pop();
    if (last?.value == null) {
      this.value = { of: "", path: [] };
    } else if (key === null) {
      this.value = { of: this.text.slice(Number(last.value.of), token.end), path: [] };
    } else {
      this.value = { of: last.value.of, path: [...last.value.path, key] };
    }
    this.name = null;
    this.dot = false;
  }
}
