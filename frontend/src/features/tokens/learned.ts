/** What a chosen run teaches about tokens: their values, and members that no schema tells of. */
import type { Token, TokenGroup } from "../../workflow/tokens";

const MOST_LEARNED = 60;
const MOST_DEPTH = 4;

export interface Rooted {
  /** The call an expression starts with, e.g. `body('Get')`. */
  readonly root: string;
  readonly path: readonly string[];
}

/** `body('Get')?['a']?['b']` as its root and path; null for anything else. */
export function rooted(expression: string): Rooted | null {
  const root = /^[A-Za-z]+\((?:'(?:[^']|'')*')?\)/.exec(expression)?.[0];
  if (root === undefined) return null;
  const rest = expression.slice(root.length);
  const steps = [...rest.matchAll(/\?\['((?:[^']|'')*)'\]/g)];
  if (steps.map((step) => step[0]).join("") !== rest) return null;
  return { root, path: steps.map((step) => (step[1] ?? "").replace(/''/g, "'")) };
}

/** The calls whose values give samples of all these tokens. */
export function rootsOf(groups: readonly TokenGroup[]): string[] {
  return [...new Set(groups.flatMap((group) => group.tokens).flatMap((token) => rooted(token.expression)?.root ?? []))];
}

export type Values = ReadonlyMap<string, unknown>;

/** The token's value in the run; undefined where it has none or it is not known. */
export function sampleOf(expression: string, values: Values): unknown {
  const found = rooted(expression);
  if (!found || !values.has(found.root)) return undefined;
  return found.path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), values.get(found.root));
}

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

export function typeOfValue(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null || value === undefined) return "any";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** A value in a few words, for the end of a row. */
export function sampleText(value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.length === 1 ? "1 item" : `${String(value.length)} items`;
  if (isObject(value)) return `${String(Object.keys(value).length)} members`;
  if (value === "") return "empty";
  const text = typeof value === "string" ? value.replace(/\s+/g, " ") : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** The group with the members that values have and schemas do not tell of, each below the value it is a member of. */
export function withLearned(group: TokenGroup, values: Values): TokenGroup {
  if (values.size === 0) return group;
  const known = new Set(group.tokens.map((token) => token.expression));
  const tokens: Token[] = [];
  let left = MOST_LEARNED;
  const learn = (of: Token, value: unknown, depth: number): void => {
    if (!isObject(value) || depth > MOST_DEPTH) return;
    for (const [name, inner] of Object.entries(value)) {
      const expression = `${of.expression}?['${name.replace(/'/g, "''")}']`;
      if (known.has(expression) || left <= 0) continue;
      left -= 1;
      known.add(expression);
      const token: Token = { id: `${of.id}/~${name}`, label: name, path: [...(of.path.length === 0 ? ["body"] : of.path), name], type: typeOfValue(inner), expression, description: "Seen in the chosen run" };
      tokens.push(token);
      learn(token, inner, depth + 1);
    }
  };
  for (const token of group.tokens) {
    const value = sampleOf(token.expression, values);
    tokens.push(token.type === "any" && value !== undefined && value !== null ? { ...token, type: typeOfValue(value) } : token);
    // Headers are many and seldom wanted: they are typed, or searched for in the schema.
    if (!/headers/i.test(token.label)) learn(token, value, 0);
  }
  return { ...group, tokens };
}
