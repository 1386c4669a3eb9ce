/** Expressions, conditions and actions in the words people use for them: on cards, pills and in lists. */
import { titleOf } from "./draft";
import type { Action, RunAfterStatus } from "./graph";
import { expressionRanges, namesIn } from "./references";
import type { Node } from "./document";
import { down, member, stringOf } from "./tree";

export interface PillWords {
  readonly label: string;
  /** Where the value comes from: an action's title, "Trigger", "Variable", … */
  readonly source: string;
  readonly kind: "action" | "trigger" | "variable" | "parameter" | "item" | "function" | "workflow";
  /** The action it reads, for its icon. */
  readonly action: string | null;
}

const STEP = /(?:\??\['((?:[^']|'')*)'\]|\??\.([A-Za-z_$][\w$]*)|\??\[(\d+)\])\s*$/;
const TRIGGER = /^trigger(?:outputs|body|formdatavalue)?$/i;

/** The tail of member accesses behind the first call: `body('A')?['value'][0]` → ["value", "0"], and what is before it. */
function steps(expression: string): { readonly head: string; readonly path: string[] } {
  let head = expression.trim();
  const path: string[] = [];
  for (let found = STEP.exec(head); found; found = STEP.exec(head)) {
    path.unshift((found[1] ?? found[2] ?? found[3] ?? "").replace(/''/g, "'"));
    head = head.slice(0, found.index).trimEnd();
  }
  return { head, path };
}

/** A short name for an expression (without its `@`). */
export function pillWords(expression: string): PillWords {
  const { head, path } = steps(expression);
  const call = /^([A-Za-z_$][\w$]*)\s*\(([\s\S]*)\)$/.exec(head);
  const called = call?.[1] ?? "";
  const simple = /^\s*(?:'((?:[^']|'')*)')?\s*$/.exec(call?.[2] ?? "'");
  if (!call || !simple) return { label: shortened(expression), source: called === "" ? "Expression" : `${called}()`, kind: "function", action: null };
  const name = (simple[1] ?? "").replace(/''/g, "'");
  const named = path.filter((part) => !/^(body|outputs|queries|headers)$/.test(part));
  const last = named.length > 0 ? titleOf(named[named.length - 1] ?? "") : "";
  const tail = path.length > 0 && last === "" ? titleOf(path[path.length - 1] ?? "") : last;
  switch (called.toLowerCase()) {
    case "variables":
      return { label: tail === "" ? name : `${name} · ${tail}`, source: "Variable", kind: "variable", action: null };
    case "parameters":
      return { label: tail === "" ? name : `${name} · ${tail}`, source: "Parameter", kind: "parameter", action: null };
    case "item":
      return { label: tail === "" ? "Current item" : tail, source: "Current item", kind: "item", action: null };
    case "items":
      return { label: tail === "" ? "Current item" : tail, source: titleOf(name), kind: "item", action: name };
    case "iterationindexes":
      return { label: "Iteration", source: titleOf(name), kind: "item", action: name };
    case "body":
    case "actionbody":
      return { label: tail === "" ? "Body" : tail, source: titleOf(name), kind: "action", action: name };
    case "outputs":
    case "actions":
    case "actionoutputs":
      return { label: tail === "" ? "Outputs" : tail, source: titleOf(name), kind: "action", action: name };
    case "result":
      return { label: "Results", source: titleOf(name), kind: "action", action: name };
    case "workflow":
      return { label: tail === "" ? "Workflow" : tail, source: "Workflow", kind: "workflow", action: null };
    default:
      break;
  }
  if (TRIGGER.test(called)) {
    const label = tail === "" ? (called.toLowerCase() === "triggerbody" ? "Body" : "Outputs") : tail;
    return { label, source: "Trigger", kind: "trigger", action: null };
  }
  return { label: shortened(expression), source: `${called}()`, kind: "function", action: null };
}

function shortened(expression: string): string {
  const clean = expression.replace(/\s+/g, " ").trim();
  return clean.length > 44 ? `${clean.slice(0, 42)}…` : clean;
}

/** A template as one line of plain reading: literals as they are, expressions by their short names. */
export function readable(template: string): string {
  const ranges = expressionRanges(template);
  const first = ranges[0];
  if (!first) return template.startsWith("@@") ? template.slice(1) : template;
  if (first.start === 1) return pillWords(template.slice(1)).label;
  let made = "";
  let from = 0;
  for (const range of ranges) {
    made += template.slice(from, range.start - 2) + pillWords(template.slice(range.start, range.end)).label;
    from = range.end + 1;
  }
  return made + template.slice(from);
}

// ---------------------------------------------------------------------------------------------- conditions

export const COMPARISONS: Readonly<Record<string, { readonly words: string; readonly not: string }>> = {
  equals: { words: "is equal to", not: "is not equal to" },
  greater: { words: "is greater than", not: "is not greater than" },
  greaterOrEquals: { words: "is at least", not: "is not at least" },
  less: { words: "is less than", not: "is not less than" },
  lessOrEquals: { words: "is at most", not: "is not at most" },
  contains: { words: "contains", not: "does not contain" },
  startsWith: { words: "starts with", not: "does not start with" },
  endsWith: { words: "ends with", not: "does not end with" },
};

/** A function's name as the table above spells it, ignoring case. */
export function comparisonOf(name: string): string | undefined {
  return Object.keys(COMPARISONS).find((one) => one.toLowerCase() === name.toLowerCase());
}

function operand(node: Node | undefined): string {
  if (!node) return "…";
  if (node.kind === "string") {
    const text = String(node.value);
    return text === "" ? "“”" : text.includes("@") ? readable(text) : `“${text}”`;
  }
  if (node.kind === "object" || node.kind === "array") return conditionWords(node);
  return node.kind === "null" ? "null" : String(node.value);
}

/** The expression of a Condition or Until as a sentence part. */
export function conditionWords(node: Node | undefined): string {
  if (!node) return "no condition yet";
  if (node.kind === "string") {
    const text = String(node.value);
    return text === "" ? "no condition yet" : expressionSentence(text.replace(/^@/, ""));
  }
  if (node.kind !== "object") return operand(node);
  const one = node.members[0];
  if (!one) return "always";
  const name = one.name.toLowerCase();
  const parts = one.value.kind === "array" ? one.value.items : [one.value];
  if (name === "and" || name === "or") return parts.length === 0 ? "always" : parts.map((part) => grouped(part, name)).join(` ${name} `);
  if (name === "not") {
    const inner = parts[0]?.kind === "object" ? parts[0].members[0] : undefined;
    const known = inner ? comparisonOf(inner.name) : undefined;
    if (inner && known) return compared(inner.value, COMPARISONS[known]?.not ?? "");
    return `not ${conditionWords(parts[0])}`;
  }
  const known = comparisonOf(one.name);
  if (known) return compared(one.value, COMPARISONS[known]?.words ?? "");
  return `${one.name}(${parts.map(operand).join(", ")})`;
}

function compared(value: Node, words: string): string {
  return `${operand(value.items[0])} ${words} ${operand(value.items[1])}`;
}

function grouped(node: Node, around: string): string {
  const inner = node.kind === "object" ? node.members[0]?.name.toLowerCase() : "";
  const several = node.kind === "object" && (node.members[0]?.value.items.length ?? 0) > 1;
  return (inner === "and" || inner === "or") && inner !== around && several ? `(${conditionWords(node)})` : conditionWords(node);
}

const SIMPLE = /^\s*(equals|greater|greaterOrEquals|less|lessOrEquals|contains|startsWith|endsWith)\s*\(([\s\S]*)\)\s*$/i;

/** `equals(variables('n'), 3)` → "n is equal to 3"; anything else as short code. */
function expressionSentence(expression: string): string {
  const found = SIMPLE.exec(expression);
  const known = found ? comparisonOf(found[1] ?? "") : undefined;
  const parts = found ? splitArguments(found[2] ?? "") : [];
  if (!known || parts.length !== 2) return pillWords(expression).label;
  const word = (text: string): string => (/^'/.test(text.trim()) ? `“${text.trim().slice(1, -1)}”` : pillWords(text).label);
  return `${word(parts[0] ?? "")} ${COMPARISONS[known]?.words ?? ""} ${word(parts[1] ?? "")}`;
}

export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === "'") quoted = !quoted;
    if (quoted) continue;
    if (character === "(" || character === "[") depth += 1;
    if (character === ")" || character === "]") depth -= 1;
    if (character === "," && depth === 0) {
      parts.push(text.slice(from, index));
      from = index + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

// ---------------------------------------------------------------------------------------------- actions

const plural = (count: number, one: string, many: string): string => `${String(count)} ${count === 1 ? one : many}`;

function textOf(action: Action, ...path: string[]): string {
  const node = down(action.value, ...path);
  if (!node) return "";
  const text = stringOf(node);
  if (text !== undefined) return readable(text);
  return node.kind === "number" || node.kind === "boolean" ? String(node.value) : "";
}

/** One line that says what an action does; "" where its operation's title says enough. */
export function summaryOf(action: Action): string {
  switch (action.type) {
    case "If":
      return `If ${conditionWords(member(action.value, "expression"))}`;
    case "Switch": {
      const cases = action.branches.filter((branch) => branch.kind === "case").length;
      return `On ${textOf(action, "expression") || "no value yet"} · ${plural(cases, "case", "cases")}`;
    }
    case "Foreach":
      return textOf(action, "foreach") === "" ? "No list chosen yet" : `For each item in ${textOf(action, "foreach")}`;
    case "Until":
      return `Until ${conditionWords(member(action.value, "expression"))}`;
    case "Http":
    case "HttpWebhook":
      return [textOf(action, "inputs", "method"), textOf(action, "inputs", "uri")].filter((part) => part !== "").join(" ");
    case "Response":
      return `Answers ${textOf(action, "inputs", "statusCode") || "200"}`;
    case "InitializeVariable": {
      const first = down(action.value, "inputs", "variables")?.items[0];
      const name = stringOf(member(first, "name")) ?? "";
      return name === "" ? "" : `${name} · ${stringOf(member(first, "type")) ?? ""}`;
    }
    case "SetVariable":
    case "IncrementVariable":
    case "DecrementVariable":
    case "AppendToArrayVariable":
    case "AppendToStringVariable":
      return textOf(action, "inputs", "name");
    case "Compose":
      return textOf(action, "inputs");
    case "Select":
    case "Query":
    case "Table":
    case "Join":
      return textOf(action, "inputs", "from") === "" ? "" : `From ${textOf(action, "inputs", "from")}`;
    case "ParseJson":
      return textOf(action, "inputs", "content");
    case "Wait": {
      const count = textOf(action, "inputs", "interval", "count");
      if (count !== "") return `${count} ${textOf(action, "inputs", "interval", "unit").toLowerCase()}${count === "1" ? "" : "s"}`;
      const until = textOf(action, "inputs", "until", "timestamp");
      return until === "" ? "" : `Until ${until}`;
    }
    case "Terminate":
      return `Ends the run as ${textOf(action, "inputs", "runStatus") || "Failed"}`;
    case "Recurrence":
    case "SlidingWindow":
      return recurrenceWords(member(action.value, "recurrence"));
    case "Request":
    case "Manual": {
      const method = textOf(action, "inputs", "method");
      return `${method === "" ? "Any method" : method}${textOf(action, "inputs", "relativePath") === "" ? "" : ` ${textOf(action, "inputs", "relativePath")}`}`;
    }
    default:
      return "";
  }
}

export function recurrenceWords(node: Node | undefined): string {
  const interval = member(node, "interval");
  const frequency = stringOf(member(node, "frequency")) ?? "";
  if (frequency === "") return "No schedule yet";
  const count = String(interval?.value ?? "1");
  const every = count === "1" ? `Every ${frequency.toLowerCase()}` : `Every ${count} ${frequency.toLowerCase()}s`;
  const schedule = member(node, "schedule");
  const listed = (name: string): string[] => valuesOf(member(schedule, name));
  const days = listed("weekDays").map((day) => day.slice(0, 3)).join(", ");
  const dates = listed("monthDays").map((day) => (day === "-1" ? "the last day" : day.startsWith("-") ? `the ${ordinal(-Number(day))} day from the end` : `the ${ordinal(Number(day))}`)).join(", ");
  const occurrences = (member(schedule, "monthlyOccurrences")?.items ?? []).map((one) => {
    const which = Number(member(one, "occurrence")?.value ?? 1);
    return `the ${which === -1 ? "last" : ordinal(which)} ${stringOf(member(one, "dayOfWeek") ?? member(one, "day")) ?? "day"}`;
  }).join(", ");
  const minutes = listed("minutes").map((minute) => minute.padStart(2, "0"));
  const times = listed("hours").flatMap((hour) => (minutes.length > 0 ? minutes : ["00"]).map((minute) => `${hour.padStart(2, "0")}:${minute}`)).sort();
  const at = times.length > 0 ? `at ${times.slice(0, 4).join(", ")}${times.length > 4 ? " …" : ""}` : minutes.length > 0 ? `at minute ${minutes.map(Number).join(", ")}` : "";
  const on = [days, dates, occurrences].filter((part) => part !== "").join(", ");
  const zone = stringOf(member(node, "timeZone")) ?? "";
  return [every, on === "" ? "" : `on ${on}`, at, zone].filter((part) => part !== "").join(" ");
}

/** The values of a list, or the one value that stands in place of it. */
function valuesOf(node: Node | undefined): string[] {
  if (!node || node.kind === "null") return [];
  return node.kind === "array" ? node.items.map((item) => String(item.value)) : [String(node.value)];
}

function ordinal(number: number): string {
  const ending = number % 100 > 10 && number % 100 < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th");
  return `${String(number)}${ending}`;
}

// ---------------------------------------------------------------------------------------------- run after

export const STATUS_WORDS: Readonly<Record<RunAfterStatus, string>> = { Succeeded: "succeeded", Failed: "failed", Skipped: "was skipped", TimedOut: "timed out" };

/** "failed or timed out"; all four: "in any case". */
export function statusesWords(statuses: readonly RunAfterStatus[]): string {
  if (statuses.length === 4) return "ended in any way";
  if (statuses.length === 0) return "never";
  const words = statuses.map((status) => STATUS_WORDS[status]);
  return words.length === 1 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1] ?? ""}`;
}

/** "Runs after Get order failed or timed out and Check succeeded". */
export function runAfterWords(action: Action): string {
  if (action.runAfter.length === 0) return "Runs first in its branch";
  return `Runs after ${action.runAfter.map((link) => `${titleOf(link.name)} ${statusesWords(link.statuses)}`).join(" and ")}`;
}

/** Names of other actions that an action's own text reads. */
export function readsOf(action: Action, text: string): string[] {
  return namesIn(text).filter((use) => use.kind === "action" && use.name.toLowerCase() !== action.name.toLowerCase()).map((use) => use.name);
}
