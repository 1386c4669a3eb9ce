/**
 * What the definition says, as a drawing needs it: triggers, actions, their branches and what they run after.
 *
 * Read from the lossless tree of a document (a bare definition, or a file with a `definition` member). Nothing is
 * refused: an unknown type is an action like any other, and anything with `actions` inside is a container.
 * Actions whose text did not change keep their identity from one graph to the next, so layout and cards can be memoised.
 */
import type { Document, Node } from "./document";
import { contentOf } from "./reparsing";
import { escapePart, member, sameValue, stringOf } from "./tree";

export type RunAfterStatus = "Succeeded" | "Failed" | "Skipped" | "TimedOut";
export const RUN_AFTER_STATUSES: readonly RunAfterStatus[] = ["Succeeded", "Failed", "Skipped", "TimedOut"];

export interface RunAfter {
  readonly name: string;
  readonly statuses: readonly RunAfterStatus[];
  /** Just Succeeded: needs no words. */
  readonly plain: boolean;
}

export interface Branch {
  /** Pointer of its actions below the action: `actions`, `else/actions`, `default/actions`, `cases/<name>/actions`. */
  readonly key: string;
  readonly kind: "body" | "true" | "false" | "case" | "default";
  /** What its header says; "" where the container has only a body. */
  readonly title: string;
  /** The case's member name. */
  readonly name: string;
  readonly caseValue: Node | null;
  /** The branch exists in the text (an If without `else` still shows its False branch). */
  readonly written: boolean;
  readonly actions: readonly Action[];
}

export interface Action {
  readonly name: string;
  /** As the schema spells it where known, else as written. */
  readonly type: string;
  readonly kind: string;
  readonly trigger: boolean;
  readonly container: boolean;
  readonly runAfter: readonly RunAfter[];
  /** `runAfter` stands in the text as the preview schemas had it. The first edit of its links writes them as they are today. */
  readonly preview: boolean;
  readonly branches: readonly Branch[];
  /** How many actions are inside, at all depths. */
  readonly size: number;
  /** What it says. Ranges inside may belong to another text that says the same: cut texts by pointer, not by these. */
  readonly value: Node;
}

export interface Entry {
  readonly action: Action;
  readonly branch: Branch | null;
  /** The container around it, or null at the top level. */
  readonly parent: Entry | null;
  readonly pointer: string;
  readonly depth: number;
}

export interface Graph {
  /** Pointer of the definition in the text: "" or "/definition". */
  readonly base: string;
  readonly triggers: readonly Action[];
  readonly root: Branch;
  /** By lower-case name; look-up by name ignores case (reference 1.2). The first one wins where a name is taken twice. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Names that occur more than once. */
  readonly duplicates: readonly string[];
  readonly count: number;
}

/** Types of reference 1.6, in the schema's spelling: `type` is compared ignoring case. */
const TYPES = [
  "Request", "Http", "HttpWebhook", "ApiConnection", "ApiConnectionWebhook", "ApiConnectionNotification", "OpenApiConnection",
  "OpenApiConnectionWebhook", "OpenApiConnectionNotification", "ApiManagement", "Batch", "Recurrence", "SlidingWindow", "Manual",
  "ServiceProvider", "Compose", "Function", "Join", "ParseJson", "Query", "Select", "Table", "Response", "Workflow", "SendToBatch",
  "Foreach", "If", "Scope", "Switch", "Until", "Terminate", "Wait", "Expression", "AppendToArrayVariable", "AppendToStringVariable",
  "InitializeVariable", "SetVariable", "IncrementVariable", "DecrementVariable", "JavaScriptCode", "CSharpScriptCode",
  "PowerShellCode", "InvokeFunction", "FlatFileDecoding", "FlatFileEncoding", "Liquid", "Xslt", "XmlValidation", "XmlParse",
  "XmlCompose", "RuleExecute", "IntegrationAccountArtifactLookup", "ParseDocument", "ChunkText", "Agent", "AgentHandOff", "McpClientTool",
];
const SPELLING = new Map(TYPES.map((type) => [type.toLowerCase(), type]));
const CONTAINERS = new Set(["If", "Switch", "Foreach", "Until", "Scope"]);

export function canonicalType(written: string): string {
  return SPELLING.get(written.toLowerCase()) ?? written;
}

export function readGraph(document: Document, previous: Graph | null = null): Graph {
  const wrapped = member(document.root, "definition");
  const base = wrapped?.kind === "object" ? "/definition" : "";
  const definition = wrapped?.kind === "object" ? wrapped : document.root;
  const triggers = readActions(member(definition, "triggers"), true);
  const actions = readActions(member(definition, "actions"), false);
  const sameTriggers = previous ? keep(triggers, previous.triggers) : triggers;
  const root: Branch = {
    key: "actions", kind: "body", title: "", name: "", caseValue: null, written: true,
    actions: previous ? keep(actions, previous.root.actions) : actions,
  };
  return indexed(base, sameTriggers, root);
}

function indexed(base: string, triggers: readonly Action[], root: Branch): Graph {
  const entries = new Map<string, Entry>();
  const duplicates: string[] = [];
  let count = 0;
  const add = (entry: Entry): void => {
    const key = entry.action.name.toLowerCase();
    if (entries.has(key)) duplicates.push(entry.action.name);
    else entries.set(key, entry);
  };
  const walk = (branch: Branch, parent: Entry | null, pointer: string, depth: number): void => {
    for (const action of branch.actions) {
      count += 1;
      const entry: Entry = { action, branch, parent, pointer: `${pointer}/${escapePart(action.name)}`, depth };
      add(entry);
      for (const inner of action.branches) walk(inner, entry, `${entry.pointer}/${inner.key}`, depth + 1);
    }
  };
  for (const trigger of triggers) {
    add({ action: trigger, branch: null, parent: null, pointer: `${base}/triggers/${escapePart(trigger.name)}`, depth: 0 });
  }
  walk(root, null, `${base}/actions`, 0);
  return { base, triggers, root, entries, duplicates, count };
}

function readActions(value: Node | undefined, trigger: boolean): Action[] {
  if (value?.kind !== "object") return [];
  const actions = value.members.map((one) => readAction(one.name, one.value, trigger));
  if (trigger || !actions.some((action) => action.preview)) return actions;
  const names = new Set(actions.map((action) => action.name));
  // The preview schemas named triggers as well there; only what stands beside the action is an order.
  return actions.map((action) => (action.preview && !action.runAfter.every((link) => names.has(link.name))
    ? { ...action, runAfter: action.runAfter.filter((link) => names.has(link.name)) } : action));
}

const cache = new WeakMap<Node, Action>();

function readAction(name: string, value: Node, trigger: boolean): Action {
  const known = cache.get(contentOf(value));
  if (known && known.name === name && known.trigger === trigger) return known;
  const type = canonicalType(stringOf(member(value, "type")) ?? "");
  const branches = trigger ? [] : readBranches(type, value);
  const action: Action = {
    name, type, trigger, value, branches,
    kind: stringOf(member(value, "kind")) ?? "",
    container: branches.length > 0,
    runAfter: trigger ? [] : readLinks(value),
    preview: !trigger && member(value, "runAfter") === undefined && dependsOn(value).length > 0,
    size: branches.reduce((sum, branch) => sum + branch.actions.reduce((inner, one) => inner + 1 + one.size, 0), 0),
  };
  cache.set(contentOf(value), action);
  return action;
}

/** What an action runs after: its `runAfter`, or without one the `dependsOn` of the preview schemas of 2014 and 2015. */
export function readLinks(value: Node): RunAfter[] {
  const written = member(value, "runAfter");
  if (written) return readRunAfter(written);
  return dependsOn(value).map((name) => ({ name, statuses: ["Succeeded"], plain: true }));
}

function dependsOn(value: Node): string[] {
  const conditions = member(value, "conditions");
  if (conditions?.kind !== "array") return [];
  const names = conditions.items.map((one) => stringOf(member(one, "dependsOn")));
  return [...new Set(names)].filter((name) => name !== undefined);
}

export function readRunAfter(value: Node | undefined): RunAfter[] {
  if (value?.kind !== "object") return [];
  return value.members.map((one) => {
    const words = one.value.kind === "array" ? one.value.items.map((item) => stringOf(item) ?? "") : [];
    const statuses = RUN_AFTER_STATUSES.filter((status) => words.some((word) => word.toLowerCase() === status.toLowerCase()));
    return { name: one.name, statuses, plain: statuses.length === 1 && statuses[0] === "Succeeded" };
  });
}

function readBranches(type: string, value: Node): Branch[] {
  if (value.kind !== "object") return [];
  const actions = member(value, "actions");
  const body = (kind: Branch["kind"], title: string): Branch => ({
    key: "actions", kind, title, name: "", caseValue: null, written: actions !== undefined, actions: readActions(actions, false),
  });
  if (type === "If") return [body("true", "True"), nested(value, "else", "false", "False")];
  if (type === "Switch") return [...readCases(value, "cases"), nested(value, "default", "default", "Default")];
  const tools = readCases(value, "tools");
  if (tools.length > 0) return tools;
  if (CONTAINERS.has(type) || actions?.kind === "object") return [body("body", "")];
  return [];
}

function nested(value: Node, at: string, kind: Branch["kind"], title: string): Branch {
  const inside = member(value, at);
  return {
    key: `${at}/actions`, kind, title, name: "", caseValue: null, written: inside !== undefined,
    actions: inside ? readActions(member(inside, "actions"), false) : [],
  };
}

function readCases(value: Node, at: string): Branch[] {
  const cases = member(value, at);
  if (cases?.kind !== "object") return [];
  return cases.members.map((one) => ({
    key: `${at}/${escapePart(one.name)}/actions`, kind: "case", title: one.name.replace(/_/g, " "), name: one.name,
    caseValue: member(one.value, "case") ?? null, written: true, actions: readActions(member(one.value, "actions"), false),
  }));
}

// ------------------------------------------------------------------------------------------ identity

/** The old action wherever the new one reads the same: the whole array itself where nothing changed. */
function keep(fresh: readonly Action[], old: readonly Action[]): readonly Action[] {
  const byName = new Map(old.map((action) => [action.name, action]));
  const result = fresh.map((action) => {
    const before = byName.get(action.name);
    return before ? keepAction(action, before) : action;
  });
  return result.length === old.length && result.every((action, index) => action === old[index]) ? old : result;
}

function keepAction(fresh: Action, old: Action): Action {
  if (fresh === old) return old;
  const branches = fresh.branches.map((branch, index) => {
    const before = old.branches[index];
    if (before?.key !== branch.key) return branch;
    const actions = keep(branch.actions, before.actions);
    const same = actions === before.actions && before.written === branch.written && sameCase(before.caseValue, branch.caseValue);
    return same ? before : { ...branch, actions };
  });
  const sameBranches = branches.length === old.branches.length && branches.every((branch, index) => branch === old.branches[index]);
  if (sameBranches && fresh.type === old.type && sameOutside(fresh.value, old.value, old.container)) {
    // Equal content: the old object goes on, but points into the new text, so that no old text is kept alive.
    (old as { value: Node }).value = fresh.value;
    cache.set(contentOf(fresh.value), old);
    return old;
  }
  return { ...fresh, branches: sameBranches ? old.branches : branches };
}

function sameCase(one: Node | null, other: Node | null): boolean {
  return one === other || (one !== null && other !== null && sameValue(one, other));
}

const BRANCH_MEMBERS = new Set(["actions", "else", "default", "cases", "tools"]);

/** Whether two actions read the same apart from what is inside their branches. */
function sameOutside(one: Node, other: Node, container: boolean): boolean {
  if (!container || one.kind !== "object" || other.kind !== "object") return sameValue(one, other);
  if (one.members.length !== other.members.length) return false;
  return one.members.every((inner, index) => {
    const twin = other.members[index];
    if (twin?.name !== inner.name) return false;
    return BRANCH_MEMBERS.has(inner.name) || sameValue(inner.value, twin.value);
  });
}

// ------------------------------------------------------------------------------------------ questions

export function find(graph: Graph, name: string): Entry | undefined {
  return graph.entries.get(name.toLowerCase());
}

export function branchOf(graph: Graph, container: string | null, key: string): Branch | undefined {
  if (container === null) return graph.root;
  return find(graph, container)?.action.branches.find((branch) => branch.key === key);
}

export function branchPointer(graph: Graph, container: string | null, key: string): string | undefined {
  if (container === null) return `${graph.base}/actions`;
  const entry = find(graph, container);
  return entry ? `${entry.pointer}/${key}` : undefined;
}

/** Names of all enclosing containers, innermost first. */
export function containersOf(graph: Graph, name: string): Entry[] {
  const around: Entry[] = [];
  let at = find(graph, name)?.parent ?? null;
  while (at) {
    around.push(at);
    at = at.parent;
  }
  return around;
}

export function isInside(graph: Graph, name: string, container: string): boolean {
  return containersOf(graph, name).some((entry) => entry.action.name.toLowerCase() === container.toLowerCase());
}

/** Every action inside, at all depths, in order; not the action itself. */
export function inside(action: Action): Action[] {
  return action.branches.flatMap((branch) => branch.actions.flatMap((one) => [one, ...inside(one)]));
}

export function everyAction(graph: Graph): Action[] {
  const found: Action[] = [];
  const walk = (action: Action): void => {
    found.push(action);
    for (const branch of action.branches) branch.actions.forEach(walk);
  };
  graph.root.actions.forEach(walk);
  return found;
}

/** The siblings that end before this one may begin. */
function siblingsBefore(branch: Branch, name: string): Set<string> {
  const byName = new Map(branch.actions.map((action) => [action.name.toLowerCase(), action]));
  const found = new Set<string>();
  const pending = [name.toLowerCase()];
  while (pending.length > 0) {
    const at = byName.get(pending.pop() ?? "");
    for (const entry of at?.runAfter ?? []) {
      const key = entry.name.toLowerCase();
      if (found.has(key) || !byName.has(key)) continue;
      found.add(key);
      pending.push(key);
    }
  }
  return found;
}

/**
 * What an expression in this action may refer to (reference 7.6): everything before it in its own branch, in the branches
 * around it, and what is inside those. Nearest first.
 */
export function upstream(graph: Graph, name: string): Action[] {
  const result: Action[] = [];
  let entry = find(graph, name);
  while (entry) {
    const branch: Branch | null = entry.branch;
    if (branch) {
      const before = siblingsBefore(branch, entry.action.name);
      const here = branch.actions.filter((action) => before.has(action.name.toLowerCase())).reverse();
      for (const action of here) result.push(action, ...inside(action));
    }
    entry = entry.parent ?? undefined;
  }
  return result;
}

/** Siblings that directly run after this one. */
export function successors(graph: Graph, name: string): Action[] {
  const entry = find(graph, name);
  const key = name.toLowerCase();
  return entry?.branch?.actions.filter((action) => action.runAfter.some((one) => one.name.toLowerCase() === key)) ?? [];
}

/** Whether `name` runs, directly or not, after `other` in the same branch. */
export function runsAfter(branch: Branch, name: string, other: string): boolean {
  return siblingsBefore(branch, name).has(other.toLowerCase());
}

/** What runs before an action in its branch, or after it, by name. */
export function alongFlow(graph: Graph, name: string, direction: "before" | "after"): string[] {
  const branch = find(graph, name)?.branch;
  if (!branch) return [];
  return branch.actions.filter((one) => (direction === "before" ? runsAfter(branch, name, one.name) : runsAfter(branch, one.name, name))).map((one) => one.name);
}

/** The first free name of the form `name`, `name_2`, … (names are unique in the whole definition). */
export function freeName(graph: Graph, wanted: string, taken: ReadonlySet<string> = new Set()): string {
  const clean = wanted.trim().replace(/\s+/g, "_").slice(0, 76) || "Action";
  let name = clean;
  for (let number = 2; graph.entries.has(name.toLowerCase()) || taken.has(name.toLowerCase()); number += 1) name = `${clean}_${String(number)}`;
  return name;
}
