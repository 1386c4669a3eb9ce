/** Changes in words: "Changed “Send mail”: Subject; Retry 4 → 2". */
import { compare, isSame, type ActionChange, type Comparison, type PartChange, type PropertyChange } from "./changes";
import type { Node } from "./document";
import { titleOf } from "./draft";
import type { Action, Branch, RunAfter } from "./graph";
import type { Draft } from "./draft";
import { member, splitPointer, stringOf } from "./tree";
import { conditionWords, readable, recurrenceWords, statusesWords } from "./words";

/** The longest value that is told inside a sentence. */
const SHORT = 36;
const quoted = (name: string): string => `“${titleOf(name)}”`;

/** Sentences in the order of the flow; empty where nothing but spelling differs. */
export function changesBetween(before: Draft, after: Draft): string[] {
  const comparison = compare(before, after);
  return isSame(comparison) ? [] : sentences(comparison);
}

export function sentences(comparison: Comparison): string[] {
  return [...told(comparison).map((change) => actionWords(change)), ...comparison.parts.map(partWords)];
}

/** The changes worth a sentence: what came or went with its container is told with the container. */
export function told({ actions }: Comparison): ActionChange[] {
  const whole = new Set(actions.filter((change) => change.kind !== "changed").map((change) => change.after ?? change.before));
  return actions.filter((change) => {
    const parent = (change.after ?? change.before)?.parent;
    return change.kind === "changed" || !parent || !whole.has(parent);
  });
}

function withInside(action: Action): string {
  if (action.size === 0) return "";
  return action.size === 1 ? " with the action inside" : ` with the ${String(action.size)} actions inside`;
}

/** One sentence for all that happened to one action. */
export function actionWords(change: ActionChange): string {
  const entry = change.after ?? change.before;
  if (!entry) return "";
  const what = entry.action.trigger ? "trigger " : "";
  const around = entry.parent ? ` ${placeWords(entry.parent.action, entry.branch)}` : "";
  if (change.kind === "added") return `Added ${what}${quoted(entry.action.name)}${around}`;
  if (change.kind === "removed") return `Removed ${what}${quoted(entry.action.name)}${withInside(entry.action)}`;
  const parts = change.properties.map((one) => propertyWords(entry.action, one));
  if (change.runAfter) parts.push(`runs ${afterWords(change.runAfter.after)}`);
  const name = quoted(entry.action.name);
  const heads = [
    ...(change.renamed ? [`Renamed ${what}${quoted(change.before?.action.name ?? "")} to ${name}`] : []),
    ...(change.moved ? [`${change.renamed ? "moved it" : `Moved ${name}`} ${entry.parent ? placeWords(entry.parent.action, entry.branch) : "to the top level"}`] : []),
  ];
  if (parts.length === 0) return heads.join(" and ");
  const shown = parts.slice(0, 5).join("; ") + (parts.length > 5 ? `; and ${String(parts.length - 5)} more` : "");
  return heads.length > 0 ? `${heads.join(" and ")}, and changed ${shown}` : `Changed ${what}${name}: ${shown}`;
}

function placeWords(container: Action, branch: Branch | null): string {
  const inside = branch && branch.title !== "" ? `${branch.title} of ` : "";
  return `into ${inside}${quoted(container.name)}`;
}

function afterWords(links: readonly RunAfter[]): string {
  if (links.length === 0) return "first";
  return `after ${links.map((link) => `${titleOf(link.name)} ${statusesWords(link.statuses)}`).join(" and ")}`;
}

/** "Subject", or with its values where they are short: "Method GET → POST". */
export function propertyWords(action: Action, change: PropertyChange): string {
  const label = labelOf(action, change.path);
  const [before, after] = shownPair(change);
  if (!change.after) return `${label} removed`;
  if (!change.before) return after !== null ? `${label} set to ${after}` : `${label} set`;
  return before !== null && after !== null ? `${label} ${before} → ${after}` : label;
}

function shownPair({ path, before, after }: PropertyChange): readonly [string | null, string | null] {
  if (/\/retryPolicy$/.test(path)) return retryWords(before, after);
  return [short(before, path), short(after, path)];
}

/** A value short enough for a sentence, else null. */
function short(node: Node | undefined, path: string): string | null {
  if (!node) return null;
  const words = /\/recurrence$/.test(path) ? recurrenceWords(node) : path === "/expression" ? conditionWords(node) : plain(node);
  return words !== null && words.length <= SHORT && !words.includes("\n") ? words : null;
}

function plain(node: Node): string | null {
  const text = stringOf(node);
  if (text !== undefined) return text === "" ? "nothing" : text.includes("@") ? readable(text) : text;
  return node.kind === "object" || node.kind === "array" ? null : String(node.value);
}

function retryWords(before: Node | undefined, after: Node | undefined): readonly [string, string] {
  const kind = (node: Node | undefined): string => (stringOf(member(node, "type")) ?? "default").toLowerCase();
  const count = (node: Node | undefined): string => String(member(node, "count")?.value ?? "");
  const interval = (node: Node | undefined): string => stringOf(member(node, "interval")) ?? "";
  if (kind(before) === kind(after) && interval(before) === interval(after) && count(before) !== count(after)) return [count(before), count(after)];
  const whole = (node: Node | undefined): string => {
    const times = count(node);
    return times === "" ? kind(node) : `${kind(node)} ${times} × ${interval(node)}`;
  };
  return [whole(before), whole(after)];
}

const SPELLED: Readonly<Record<string, string>> = {
  uri: "URI", url: "URL", id: "ID", html: "HTML", csv: "CSV", json: "JSON", cc: "CC", bcc: "BCC", retryPolicy: "Retry", foreach: "List", recurrence: "Schedule",
  connectionName: "Connection", operationId: "Operation", serviceProviderId: "Connector", statusCode: "Status code", type: "Type", operationOptions: "Options",
  concurrency: "Concurrency", secureData: "Secured", staticResult: "Static result", paginationPolicy: "Pagination", requestOptions: "Request",
};
const UNTOLD = new Set(["inputs", "parameters", "serviceProviderConfiguration", "runtimeConfiguration", "variables", "repetitions", "host"]);

/** What a person calls the value at a pointer below an action. */
export function labelOf(action: Action, path: string): string {
  const steps = splitPointer(path);
  if (path === "/expression") return action.type === "Switch" ? "Value" : "Condition";
  if (path === "/limit/timeout") return "Timeout";
  if (steps[0] === "cases") return `Case ${quoted(steps[1] ?? "")}`;
  const told = steps.filter((step, index) => !(UNTOLD.has(step) && index < 3) && !(steps[1] === "variables" && /^\d+$/.test(step)));
  if (told.length === 0) return action.type === "Compose" ? "Inputs" : spelled(steps[steps.length - 1] ?? "");
  return told.map((step, index) => (index === 0 ? spelled(step) : /^\d+$/.test(step) ? String(Number(step) + 1) : step)).join(" › ");
}

function spelled(name: string): string {
  const known = SPELLED[name];
  if (known) return known;
  const words = name.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

const PARTS: Readonly<Record<string, string>> = { parameters: "parameter", outputs: "output", staticResults: "static result" };

export function partWords({ part, name, before, after }: PartChange): string {
  const what = name === "" ? partTitle(part) : `${PARTS[part] ?? part} “${name}”`;
  if (!before) return `Added ${what}`;
  if (!after) return `Removed ${what}`;
  const values = part === "parameters" ? [member(before, "defaultValue"), member(after, "defaultValue")] : [before, after];
  const [was, now] = [values[0] ? short(values[0], "") : null, values[1] ? short(values[1], "") : null];
  const secret = part === "parameters" && /^secure/i.test(stringOf(member(after, "type")) ?? "");
  return was !== null && now !== null && was !== now && !secret ? `Changed ${what}: ${was} → ${now}` : `Changed ${what}`;
}

function partTitle(part: string): string {
  if (part === "$schema") return "the schema address";
  return part === "contentVersion" ? "the content version" : part === "kind" ? "the kind of workflow" : `“${part}” of the workflow`;
}
