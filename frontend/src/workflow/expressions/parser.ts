/** Tokens to a tree: recursive descent over the grammar of reference 2.4, in step with the server's parser. */
import { ExpressionSyntaxError, scan, unquote, type Token, type TokenKind } from "./lexer";
import type { Call, Literal, Node, Step } from "./nodes";

const maximumLength = 8192;
const maximumDepth = 256;
const literals: Partial<Record<TokenKind, Literal["kind"]>> = { Literal: "string", Integer: "integer", Float: "float" };
const keywords: Readonly<Record<string, Literal["kind"]>> = { true: "boolean", false: "boolean", null: "null" };

/**
 * The tree of a whole expression. `offset` is where the expression stands in its template: the spans of the tree count
 * from the template's start, the position of an error from the expression's.
 */
export function parseExpression(text: string, offset = 0): Node {
  if (text.length > maximumLength) {
    throw new ExpressionSyntaxError(
      `The template language expression limit exceeded: maximum '${maximumLength}' and actual '${text.length}'.`,
      0,
    );
  }
  const reader = new Reader(text, offset);
  const node = reader.expression(0);
  reader.take("EndOfData");
  return node;
}

class Reader {
  private next = 0;
  private readonly tokens: readonly Token[];
  private readonly error: ExpressionSyntaxError | null;

  constructor(
    private readonly text: string,
    private readonly offset: number,
  ) {
    ({ tokens: this.tokens, error: this.error } = scan(text));
  }

  private peek(): Token {
    const token = this.tokens[this.next];
    if (token === undefined) throw this.error ?? new ExpressionSyntaxError("The expression has no tokens.", 0);
    return token;
  }

  take(kind: TokenKind): Token {
    const token = this.peek();
    if (token.kind !== kind) {
      throw new ExpressionSyntaxError(
        `Unable to parse template language expression '${this.text}': expected token '${kind}' and actual '${token.kind}'.`,
        token.start,
      );
    }
    this.next += 1;
    return token;
  }

  expression(depth: number): Node {
    const token = this.peek();
    const kind = literals[token.kind];
    if (kind !== undefined) {
      this.next += 1;
      return this.literal(kind, token);
    }
    this.take("Identifier");
    const lower = token.source.toLowerCase();
    const keyword = Object.hasOwn(keywords, lower) ? keywords[lower] : undefined;
    return keyword === undefined ? this.call(token, depth) : this.literal(keyword, token);
  }

  private literal(kind: Literal["kind"], token: Token): Literal {
    const value = kind === "string" ? unquote(token.source) : token.source;
    return { kind, source: token.source, value, start: token.start + this.offset, end: token.end + this.offset };
  }

  private call(name: Token, depth: number): Call {
    if (depth >= maximumDepth) {
      throw new ExpressionSyntaxError(
        `Unable to parse template language expression '${this.text}': calls are nested more than '${maximumDepth}' deep.`,
        name.start,
      );
    }
    this.take("LeftParenthesis");
    const args: Node[] = [];
    if (this.peek().kind !== "RightParenthesis") {
      args.push(this.expression(depth + 1));
      while (this.peek().kind === "Comma") {
        this.next += 1;
        args.push(this.expression(depth + 1));
      }
    }
    let end = this.take("RightParenthesis").end + this.offset;
    const steps: Step[] = [];
    while (["Dot", "LeftSquareBracket", "QuestionMark"].includes(this.peek().kind)) {
      const step = this.step(depth);
      steps.push(step);
      end = step.end;
    }
    return { kind: "call", name: name.source, args, steps, start: name.start + this.offset, end };
  }

  private step(depth: number): Step {
    const start = this.peek().start + this.offset;
    const safe = this.peek().kind === "QuestionMark";
    if (safe) {
      this.next += 1;
      const token = this.peek();
      if (token.kind !== "Dot" && token.kind !== "LeftSquareBracket") {
        throw new ExpressionSyntaxError(
          `Unable to parse template language expression '${this.text}': encountered unexpected token '${token.kind}' after null-safe property dereference operator '?'.`,
          token.start,
        );
      }
    }
    if (this.peek().kind === "Dot") {
      this.next += 1;
      const name = this.take("Identifier");
      const key: Literal = {
        kind: "string",
        source: name.source,
        value: name.source,
        start: name.start + this.offset,
        end: name.end + this.offset,
      };
      return { key, safe, dotted: true, start, end: key.end };
    }
    this.next += 1;
    const key = this.expression(depth + 1);
    return { key, safe, dotted: false, start, end: this.take("RightSquareBracket").end + this.offset };
  }
}
