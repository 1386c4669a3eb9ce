/** The values that actions read from outside of a block, and those that are read from inside it: each under a name of its own. */
import { at, type Node as JsonNode } from "./document";
import { titleOf, type Draft } from "./draft";
import { quoteName, reachOf, type Call, type Replacement } from "./expressions";
import type { Block } from "./extractable";
import { containersOf, everyAction, find, type Action } from "./graph";
import { Refused } from "./refused";
import { down, escapePart, member, stringOf, strings, type StringPlace } from "./tree";

export interface Carried {
  readonly name: string;
  /** Without its `@`. */
  readonly expression: string;
  /** JSON schema of the value, as text. */
  readonly schema: string;
}

const lower = (name: string): string => name.toLowerCase();
const said = (name: string): string => `“${titleOf(name)}”`;

/** Whole values, each under the first free name it suggests. */
export class Names {
  readonly carried: Carried[] = [];
  private readonly byId = new Map<string, string>();

  /** The name of a value: the one it has already, or a new one. */
  nameOf(id: string, suggestions: readonly string[], expression: string, schema: string): string {
    const known = this.byId.get(id);
    if (known !== undefined) return known;
    const clean = suggestions.map((one) => one.replace(/[^\p{L}\p{N}_-]/gu, "_")).filter((one) => one !== "");
    const last = clean.at(-1) ?? "value";
    const numbered = Array.from({ length: this.carried.length + 2 }, (_, index) => `${last}_${String(index + 2)}`);
    const name = [...clean, ...numbered].find((one) => !this.carried.some((other) => lower(other.name) === lower(one))) ?? last;
    this.byId.set(id, name);
    this.carried.push({ name, expression, schema });
    return name;
  }
}

// ---------------------------------------------------------------------------------------------- where expressions are

const BRANCHES = new Set(["actions", "else", "default", "cases", "tools"]);
const NO_TEMPLATES = new Set(["type", "kind", "description", "metadata", "runAfter", "operationOptions"]);

/** Every template of an action itself, not of those inside it; pointers begin at the action. */
export function* templatesOf(action: Action, value: JsonNode): Generator<StringPlace> {
  for (const one of value.members) {
    if (NO_TEMPLATES.has(one.name) || (action.container && BRANCHES.has(one.name))) continue;
    for (const place of strings(one.value, `/${escapePart(one.name)}`)) if (!isLiteral(action, place.pointer)) yield place;
  }
}

/** What is no template although it looks like one: schemas, and code of scripts. */
function isLiteral(action: Action, pointer: string): boolean {
  if (/^\/inputs\/(schema|headersSchema)(\/|$)/.test(pointer)) return ["ParseJson", "Response", "Request"].includes(action.type) || action.type.endsWith("Webhook");
  return isScript(action) && pointer === "/inputs/code";
}

export const isScript = (action: Action): boolean => /^(JavaScript|CSharpScript|PowerShell)Code$/.test(action.type);

// ---------------------------------------------------------------------------------------------- into the child

const OF_TRIGGER = new Set(["trigger", "triggers", "triggerbody", "triggeroutputs", "triggerformdatavalue", "triggerformdatamultivalues", "triggermultipartbody"]);
const OF_ACTION = new Set(["actions", "outputs", "body", "actionoutputs", "actionbody", "formdatavalue", "formdatamultivalues", "multipartbody"]);
const OF_ITEM = new Set(["Select", "Query", "Table"]);
const PLAIN: Readonly<Record<string, string>> = { triggerbody: "body", triggeroutputs: "outputs", trigger: "trigger", triggers: "trigger", item: "item", workflow: "workflow" };

/** What takes the place of the outside values that one template of the block reads. */
export function insideOut(draft: Draft, block: Block, declared: ReadonlySet<string>, names: Names, action: Action, pointer: string): (call: Call, text: string) => Replacement | null {
  return (call, text) => {
    const called = lower(call.name);
    const problem = whyStays(draft, block, action, call, called);
    if (problem !== null) throw new Refused(`${said(action.name)} uses ${call.name}() ${problem}`);
    if (!isOutside(draft, block, declared, action, call, called, pointer)) return null;
    const { keys, end, id } = reachOf(call, OF_TRIGGER.has(called) || isSureToRun(draft, block, action));
    const name = names.nameOf(id, suggested(call, keys), text.slice(call.start, end), schemaOf(draft, call, called, keys));
    return { end, text: `triggerBody()?[${quoteName(name)}]` };
  };
}

/**
 * Of a value that may not be read at all only the whole is carried: a member of it, asked for too early, could be that of a text,
 * and fail. The trigger's values are what their readers take them for.
 */
function isSureToRun({ graph }: Draft, block: Block, action: Action): boolean {
  return containersOf(graph, action.name).every((entry) => entry.action.type === "Scope" || !block.names.has(lower(entry.action.name)));
}

function literalName(call: Call): string | undefined {
  const first = call.args[0];
  return first?.kind === "string" ? first.value : undefined;
}

function isOutside({ graph }: Draft, block: Block, declared: ReadonlySet<string>, action: Action, call: Call, called: string, pointer: string): boolean {
  const name = lower(literalName(call) ?? "");
  if (called === "workflow" || OF_TRIGGER.has(called)) return true;
  if (OF_ACTION.has(called) || called === "items" || called === "iterationindexes" || called === "result") return !block.names.has(name);
  if (called === "variables") return !declared.has(name);
  if (called === "parameters") return name !== "$connections";
  if (called !== "item") return false;
  const own = OF_ITEM.has(action.type) && pointer.startsWith("/inputs/") && !pointer.startsWith("/inputs/from");
  return !own && !containersOf(graph, action.name).some((entry) => entry.action.type === "Foreach" && block.names.has(lower(entry.action.name)));
}

const NAMED = new Set([...OF_ACTION, "items", "iterationindexes", "result", "variables", "parameters"]);

/** Why a call cannot leave with its action; the end of a sentence. */
function whyStays(draft: Draft, block: Block, action: Action, call: Call, called: string): string | null {
  const name = literalName(call);
  if ((OF_TRIGGER.has(called) || (OF_ACTION.has(called) && !block.names.has(lower(name ?? "")))) && call.args.some((one, index) => one.kind === "call" && (index > 0 || OF_TRIGGER.has(called)))) return "with an argument that is computed, so nobody can say what to hand to the child.";
  if (NAMED.has(called) && name === undefined) return "with a name that is computed, so nobody can say what to hand to the child.";
  if (called === "listcallbackurl" && !/Webhook|Notification/.test(action.type)) return "which would be the address of the child.";
  if (called === "agentparameters" || called === "secrets" || called === "appsetting") return "which is not known in a child workflow.";
  if (name === undefined) return null;
  const leaves = block.names.has(lower(name));
  if (called === "parameters") return parameterProblem(draft, lower(name), name);
  if (leaves || !(OF_ACTION.has(called) || called === "result")) return null;
  const first = block.entries[0]?.action.name ?? "";
  if (containersOf(draft.graph, first).some((entry) => lower(entry.action.name) === lower(name))) return `on ${said(name)}, which is around the selection and still running.`;
  return null;
}

function parameterProblem({ document, graph }: Draft, wanted: string, name: string): string | null {
  const declared = at(document, `${graph.base}/parameters`)?.members.find((one) => lower(one.name) === wanted)?.value;
  if (wanted === "$connections") return member(declared, "defaultValue") ? null : "for a connection that was imported beside this workflow. Choose its connection anew under “Connections of the workflow” first.";
  return (stringOf(member(declared, "type")) ?? "").toLowerCase().startsWith("secure") ? `of the secure parameter “${name}”: a secret is neither handed to a child nor copied into it.` : null;
}

function suggested(call: Call, keys: readonly string[]): string[] {
  const last = call.args.at(-1);
  const argument = last?.kind === "string" ? last.value : "";
  const plain = PLAIN[lower(call.name)] ?? argument;
  const whole = /^items$/i.test(call.name) ? `${plain}_item` : plain;
  const key = keys.at(-1);
  return key === undefined ? [whole] : [key, `${whole}_${key}`];
}

// ---------------------------------------------------------------------------------------------- schemas

const TYPES: Readonly<Record<string, string>> = { string: "string", int: "integer", integer: "integer", float: "number", bool: "boolean", boolean: "boolean", array: "array", object: "object" };

function schemaOf({ document, graph }: Draft, call: Call, called: string, keys: readonly string[]): string {
  const name = lower(literalName(call) ?? "");
  if (called === "triggerbody") {
    const trigger = graph.triggers[0];
    const schema = trigger && down(at(document, find(graph, trigger.name)?.pointer ?? ""), "inputs", "schema");
    const inner = keys.reduce<JsonNode | undefined>((node, key) => down(node, "properties", key), schema);
    const text = inner?.kind === "object" ? document.text.slice(inner.start, inner.end) : "{}";
    return text.includes('"$ref"') ? "{}" : text; // What it refers to stays behind.
  }
  if (keys.length > 0) return "{}";
  if (called === "parameters") return typed(stringOf(member(at(document, `${graph.base}/parameters`)?.members.find((one) => lower(one.name) === name)?.value, "type")));
  if (called !== "variables") return "{}";
  const declared = everyAction(graph).flatMap((action) => (action.type === "InitializeVariable" ? (down(action.value, "inputs", "variables")?.items ?? []) : []));
  return typed(stringOf(member(declared.find((one) => lower(stringOf(member(one, "name")) ?? "") === name), "type")));
}

function typed(written: string | undefined): string {
  const type = TYPES[(written ?? "").toLowerCase()];
  return type === undefined ? "{}" : `{"type": "${type}"}`;
}

// ---------------------------------------------------------------------------------------------- back to the parent

/** Who reads the block, in words, and whether in the same branch, where it is sure to be read once the block succeeded. */
export interface Reader {
  readonly words: string;
  readonly beside: boolean;
}

/** What takes the place of the block's values in a template outside of it. */
export function outsideIn(block: Block, declared: ReadonlySet<string>, names: Names, { words: reader, beside }: Reader, caller: string): (call: Call, text: string) => Replacement | null {
  return (call, text) => {
    const called = lower(call.name);
    const name = literalName(call);
    if (called === "variables" && name !== undefined && declared.has(lower(name))) throw new Refused(`${reader} reads the variable “${name}”, which the selection declares. Select it too.`);
    if (name === undefined || !block.names.has(lower(name))) return null;
    if (called === "actions" || called === "result" || called === "iterationindexes") throw new Refused(`${reader} asks how ${said(name)} went, with ${call.name}(). That stays in the child: select it too, or read the outputs only.`);
    if (!OF_ACTION.has(called)) return null;
    if (call.args.some((one) => one.kind === "call")) throw new Refused(`${reader} uses ${call.name}() on ${said(name)} with an argument that is computed, so nobody can say what the child should answer.`);
    const { keys, end, id } = reachOf(call, beside);
    const carried = names.nameOf(id, suggested(call, keys), text.slice(call.start, end), "{}");
    return { end, text: `body(${quoteName(caller)})?[${quoteName(carried)}]` };
  };
}
