/** What can be written next inside an expression: functions, names of actions and variables, members of what they give. */
import type { TokenGroup } from "../../workflow/tokens";
import type { FunctionEntry } from "./TokenContext";

export interface Suggestion {
  readonly label: string;
  readonly detail?: string;
  readonly info?: string;
  readonly kind: "function" | "name" | "member" | "value";
  /** What is written, where it is not the label. */
  readonly apply?: string;
}

export interface Suggestions {
  /** Where the text they stand for begins. */
  readonly from: number;
  readonly options: readonly Suggestion[];
  /** As long as what is typed on fits, the same ones are filtered. */
  readonly validFor: RegExp;
}

export interface Offered {
  readonly groups: readonly TokenGroup[];
  readonly functions: readonly FunctionEntry[];
}

/** Where the expression begins that the text ends in; -1 in plain text. A } between quotes ends nothing. */
export function expressionStart(before: string): number {
  if (/^@[^@{]/.test(before)) return 1;
  if (before === "@") return 1;
  const opened = before.lastIndexOf("@{");
  if (opened < 0) return -1;
  return /^(?:[^'}]|'[^']*('|$))*$/.test(before.slice(opened + 2)) ? opened + 2 : -1;
}

const NAMED = /\b(body|outputs|actions|actionBody|actionOutputs|formDataValue|formDataMultiValues|multipartBody|items|result|variables|parameters|iterationIndexes)\(\s*'([^']*)$/i;
const PATH = /((?:trigger|triggerBody|triggerOutputs|item|body|outputs|items|actionBody|actionOutputs|variables|parameters)\((?:'(?:[^']|'')*')?\)(?:\??\['[^']*'\]|\??\.[A-Za-z_]\w*)*)\??(\['|\.)((?:[^'\].()[\s])*)$/i;
const WORD = /[A-Za-z_]\w*$/;

/** What fits behind `before`; null in plain text, and between words unless it was asked for. */
export function suggestionsFor(before: string, offered: Offered, asked: boolean): Suggestions | null {
  const start = expressionStart(before);
  if (start < 0) return null;
  const named = NAMED.exec(before);
  if (named) {
    const names = namesFor(named[1] ?? "", offered.groups);
    return { from: before.length - (named[2] ?? "").length, options: names.map((name) => ({ label: name, kind: "name", apply: name.replace(/'/g, "''") })), validFor: /^[^']*$/ };
  }
  const path = PATH.exec(before);
  if (path) return membersOf(path[1] ?? "", path[2] === ".", before.length - (path[3] ?? "").length, offered.groups);
  if (quoted(before.slice(start))) return null;
  const word = WORD.exec(before)?.[0] ?? "";
  if (word === "" && !asked) return null;
  const functions = offered.functions.map((one): Suggestion => ({ label: one.name, detail: one.signature.slice(one.name.length), info: aboutOf(one), kind: "function", apply: one.maxArgs === 0 ? `${one.name}()` : `${one.name}(` }));
  const values = offered.groups.flatMap((group) => group.tokens.slice(0, 30).map((token): Suggestion => ({ label: token.expression, detail: group.title, kind: "value" })));
  return { from: before.length - word.length, options: [...functions, ...values], validFor: /^\w*$/ };
}

/** "Joins texts. Gives string. String functions." */
export function aboutOf({ summary, returns, category }: FunctionEntry): string {
  const gives = returns === "" || returns === "any" ? "" : ` Gives ${returns.toLowerCase()}.`;
  return `${summary}${gives}${category === "" ? "" : ` (${category.charAt(0).toUpperCase()}${category.slice(1)})`}`;
}

const quoted = (expression: string): boolean => expression.split("'").length % 2 === 0;

/** `body('A').b?['c']` and `body('A')?['b']['c']` are the same place. */
const plain = (expression: string): string => expression.replace(/\?(?=[[.])/g, "").replace(/\.([A-Za-z_]\w*)/g, "['$1']").toLowerCase();

function membersOf(root: string, dotted: boolean, from: number, groups: readonly TokenGroup[]): Suggestions {
  const wanted = `${plain(root)}['`;
  const found = new Map<string, Suggestion>();
  for (const group of groups) {
    for (const token of group.tokens) {
      if (!plain(token.expression).startsWith(wanted)) continue;
      // The member itself, in its own spelling: what stands in the last brackets of an expression one step longer.
      const steps = [...token.expression.matchAll(/\??\['((?:[^']|'')*)'\]/g)];
      if (steps.length !== stepsIn(root) + 1) continue;
      const name = steps.at(-1)?.[1] ?? "";
      if (dotted && !/^[A-Za-z_]\w*$/.test(name)) continue;
      if (!found.has(name)) found.set(name, { label: name.replace(/''/g, "'"), kind: "member", apply: dotted ? name : `${name}'`, ...(token.type === "any" ? {} : { detail: token.type }) });
    }
  }
  return { from, options: [...found.values()], validFor: dotted ? /^\w*$/ : /^[^'\]]*$/ };
}

const stepsIn = (root: string): number => [...plain(root).matchAll(/\['(?:[^']|'')*'\]/g)].length;

function namesFor(called: string, groups: readonly TokenGroup[]): string[] {
  const kind = called.toLowerCase();
  if (kind === "variables" || kind === "parameters") return groups.filter((group) => group.kind === kind).flatMap((group) => group.tokens.map((token) => token.label));
  const wanted = kind === "items" || kind === "iterationindexes" ? "loop" : "action";
  return groups.filter((group) => group.kind === wanted).map((group) => group.action?.name ?? group.title);
}
