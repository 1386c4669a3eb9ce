import { parseTemplate, type Call, type Node } from "../../workflow/expressions";

export interface TemplateProblem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

/** A function as far as a call can be checked: its name and how many arguments it takes. */
export interface Callable {
  readonly name: string;
  readonly minArgs: number;
  /** Null: any number. */
  readonly maxArgs: number | null;
}

/** Short forms that the table of functions does not list; the server takes them too. */
const UNLISTED = new Set(["actionoutputs", "actionbody"]);

/**
 * What is wrong with the expressions of a template, while it is typed: spelling, and calls of functions that do not exist or
 * with too few or too many arguments. The server has the last word, and the same places.
 */
export function checkTemplate(text: string, functions: readonly Callable[] = []): TemplateProblem[] {
  if (!text.includes("@")) return [];
  const known = new Map(functions.map((one) => [one.name.toLowerCase(), one]));
  return parseTemplate(text).segments.flatMap((segment) => {
    if (segment.kind === "expression") return known.size > 0 ? wrongCalls(segment.tree, known) : [];
    if (segment.kind !== "error") return [];
    const from = Math.max(0, Math.min(segment.position, Math.max(0, text.length - 1)));
    return [{ from, to: Math.max(from + 1, segment.end), message: plainly(segment.text) ?? tidy(segment.message) }];
  });
}

/** Every call of a tree that no function answers, in the order of the text. */
function wrongCalls(node: Node, known: ReadonlyMap<string, Callable>): TemplateProblem[] {
  if (node.kind !== "call") return [];
  const message = wrongCall(node, known);
  const own = message === null ? [] : [{ from: node.start, to: node.start + node.name.length, message }];
  return [...own, ...[...node.args, ...node.steps.map((step) => step.key)].flatMap((inner) => wrongCalls(inner, known))];
}

function wrongCall(call: Call, known: ReadonlyMap<string, Callable>): string | null {
  const name = call.name.toLowerCase();
  const called = known.get(name);
  if (!called) {
    if (UNLISTED.has(name)) return null;
    const near = nearest(name, [...known.values()].map((one) => one.name));
    return `There is no function “${call.name}”.${near === null ? "" : ` Did you mean ${near}?`}`;
  }
  const given = call.args.length;
  if (given >= called.minArgs && (called.maxArgs === null || given <= called.maxArgs)) return null;
  return `${called.name} takes ${amount(called)}, not ${String(given)}.`;
}

function amount({ minArgs, maxArgs }: Callable): string {
  const one = (count: number): string => (count === 0 ? "no argument" : count === 1 ? "1 argument" : `${String(count)} arguments`);
  if (maxArgs === null) return `at least ${one(minArgs)}`;
  return minArgs === maxArgs ? one(minArgs) : `${String(minArgs)} to ${one(maxArgs)}`;
}

/** The name that differs least, where it differs in one or two places only. */
function nearest(name: string, names: readonly string[]): string | null {
  const rated = names.map((one) => ({ one, away: distance(name, one.toLowerCase()) })).toSorted((a, b) => a.away - b.away);
  const best = rated[0];
  return best && best.away <= Math.min(2, Math.floor(name.length / 3)) ? best.one : null;
}

/** Letters to change, add, drop or swap until one word is the other. */
function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return 3;
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[other.length] ?? 0;
}

/** The commonest mistakes in everyday words. */
function plainly(expression: string): string | null {
  if (expression.trim() === "") return "The expression is empty.";
  let quoted = false;
  const open: string[] = [];
  for (const character of expression) {
    if (character === "'") quoted = !quoted;
    if (quoted) continue;
    if (character === "(" || character === "[") open.push(character);
    if (character === ")" && open.pop() !== "(") return "There is a ) too many.";
    if (character === "]" && open.pop() !== "[") return "There is a ] too many.";
    if (character === '"') return "Text inside an expression stands between single quotes.";
  }
  if (quoted) return "A text is not closed: add a single quote.";
  const last = open.at(-1);
  if (last) return last === "(" ? "A bracket is not closed: add a )." : "A bracket is not closed: add a ].";
  return null;
}

function tidy(message: string): string {
  const reason = message.split(" is not valid: ")[1] ?? message;
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
