/** Expression text to tokens (reference 2.4, 2.5), in step with the server's lexer. */

export type TokenKind =
  | "Identifier"
  | "Literal"
  | "Integer"
  | "Float"
  | "Comma"
  | "Dot"
  | "LeftParenthesis"
  | "RightParenthesis"
  | "LeftSquareBracket"
  | "RightSquareBracket"
  | "QuestionMark"
  | "EndOfData";

export interface Token {
  readonly kind: TokenKind;
  readonly source: string;
  readonly start: number;
  readonly end: number;
}

/** Why an expression is not one; the position counts UTF-16 units of the text that was read. */
export class ExpressionSyntaxError extends Error {
  constructor(
    message: string,
    readonly position: number,
  ) {
    super(message);
    this.name = "ExpressionSyntaxError";
  }
}

const symbols: Readonly<Record<string, TokenKind>> = {
  "(": "LeftParenthesis",
  ")": "RightParenthesis",
  "[": "LeftSquareBracket",
  "]": "RightSquareBracket",
  ",": "Comma",
  ".": "Dot",
  "?": "QuestionMark",
};

const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const nameStart = /[\p{L}_$]/u;
const namePart = /[\p{L}\p{Nd}_$]/u;
const number = /[+-]?[0-9]*(\.[0-9]*)?([eE](?=[^])[+-]?[0-9]*)?/y;
const wholeNumber = /^[+-]?[0-9]+$/;
const realNumber = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
const smallest = -(2n ** 63n);

/** A character outside the basic plane is two units, neither of which is a letter. */
function startsName(text: string, at: number): boolean {
  return nameStart.test(text.charAt(at));
}

function continuesName(text: string, at: number): boolean {
  return namePart.test(text.charAt(at));
}

/** What one token reads, or the error that stops there. */
export function tokenAt(text: string, at: number): Token | ExpressionSyntaxError {
  const character = text.charAt(at);
  const symbol = symbols[character];
  if (symbol !== undefined) return { kind: symbol, source: character, start: at, end: at + 1 };
  if (character === "'") return stringAt(text, at);
  if (/[+\-0-9]/.test(character)) return numberAt(text, at);
  if (startsName(text, at)) {
    let end = at + 1;
    while (end < text.length && continuesName(text, end)) end += 1;
    return { kind: "Identifier", source: text.slice(at, end), start: at, end };
  }
  return unexpected(text, at);
}

/**
 * The tokens, ended by EndOfData, or those before a character that is none, and the error of that place. The error counts
 * only for a parser that gets so far.
 */
export function scan(text: string): { tokens: Token[]; error: ExpressionSyntaxError | null } {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    if (isSpace(text.charAt(position))) {
      position += 1;
      continue;
    }
    const token = tokenAt(text, position);
    if (token instanceof ExpressionSyntaxError) return { tokens, error: token };
    tokens.push(token);
    position = token.end;
  }
  tokens.push({ kind: "EndOfData", source: "", start: text.length, end: text.length });
  return { tokens, error: null };
}

export function isSpace(character: string): boolean {
  return space.test(character);
}

/** What a quoted source denotes. */
export function unquote(source: string): string {
  return source.slice(1, -1).replaceAll("''", "'");
}

function stringAt(text: string, start: number): Token | ExpressionSyntaxError {
  let position = start + 1;
  for (;;) {
    const quote = text.indexOf("'", position);
    if (quote < 0) {
      return new ExpressionSyntaxError(
        `The template language expression '${text}' is not valid: the string constant at position '${start}' is not terminated. String constants must be enclosed within a pair of quotes.`,
        start,
      );
    }
    if (text.charAt(quote + 1) !== "'") {
      return { kind: "Literal", source: text.slice(start, quote + 1), start, end: quote + 1 };
    }
    position = quote + 2;
  }
}

function numberAt(text: string, start: number): Token | ExpressionSyntaxError {
  number.lastIndex = start;
  const match = number.exec(text);
  const source = match?.[0] ?? "";
  const whole = match?.[1] === undefined && match?.[2] === undefined;
  const end = start + source.length;
  if (end < text.length && continuesName(text, end)) return unexpected(text, end);
  if (!(whole ? wholeNumber.test(source) && fitsInteger(source) : realNumber.test(source))) {
    return new ExpressionSyntaxError(
      `The template language expression '${text}' is not valid: the value '${source}' at position '${start}' cannot be converted to number.`,
      start,
    );
  }
  return { kind: whole ? "Integer" : "Float", source, start, end };
}

function fitsInteger(source: string): boolean {
  if (source.length > 4000) return false;
  const value = BigInt(source.replace(/^\+/, ""));
  return value >= smallest && value < -smallest;
}

function unexpected(text: string, position: number): ExpressionSyntaxError {
  const character = String.fromCodePoint(text.codePointAt(position) ?? 0);
  return new ExpressionSyntaxError(
    `The template language expression '${text}' is not valid: the string character '${character}' at position '${position}' is not expected.`,
    position,
  );
}
