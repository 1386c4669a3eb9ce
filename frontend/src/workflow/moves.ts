/** Where actions may go, and why not; moves by keyboard. */
import { titleOf, type Draft } from "./draft";
import { apply, Refused } from "./edits";
import { branchOf, containersOf, everyAction, find, inside, runsAfter, successors, upstream, type Action, type Graph } from "./graph";
import type { Place } from "./layout";
import { topological } from "./order";
import { namesIn } from "./references";
import { strings } from "./tree";

const reads = new WeakMap<Action, readonly string[]>();

/** Names of the actions an action's own text (not that of actions inside it) reads. */
function readNames(action: Action): readonly string[] {
  const known = reads.get(action);
  if (known) return known;
  const inner = new Set(["actions", "else", "default", "cases"]);
  const names = new Set<string>();
  for (const member of action.value.members) {
    if (action.container && inner.has(member.name)) continue;
    for (const place of strings(member.value, "")) {
      if (place.text.includes("@")) for (const use of namesIn(place.text)) if (use.kind === "action") names.add(use.name.toLowerCase());
    }
  }
  const found = [...names];
  reads.set(action, found);
  return found;
}

/** What an action can read: actions before it, and the loops and containers around it. */
function readable(graph: Graph, name: string): Set<string> {
  const found = new Set(upstream(graph, name).map((action) => action.name.toLowerCase()));
  for (const entry of containersOf(graph, name)) found.add(entry.action.name.toLowerCase());
  const self = find(graph, name)?.action;
  if (self) for (const inner of [self, ...inside(self)]) found.add(inner.name.toLowerCase());
  return found;
}

/** Why these actions cannot move to a place; null when they can. */
export function moveProblem(draft: Draft, names: readonly string[], place: Place): string | null {
  let after: Draft;
  try {
    after = apply(draft, { name: "moveActions", arguments: { names, place } }).draft;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
  const moved = names.flatMap((name) => {
    const action = find(draft.graph, name)?.action;
    return action ? [action, ...inside(action)] : [];
  });
  for (const action of moved) {
    const rule = placeRule(after.graph, action);
    if (rule !== null) return rule;
  }
  const set = new Set(moved.map((action) => action.name.toLowerCase()));
  const concerned = everyAction(draft.graph).filter((action) => set.has(action.name.toLowerCase()) || readNames(action).some((name) => set.has(name)));
  for (const action of concerned) {
    const uses = readNames(action).filter((name) => set.has(name) || set.has(action.name.toLowerCase()));
    if (uses.length === 0) continue;
    const before = readable(draft.graph, action.name);
    const now = readable(after.graph, action.name);
    const lost = uses.find((name) => before.has(name) && !now.has(name));
    if (lost !== undefined) return `“${titleOf(action.name)}” uses “${titleOf(find(draft.graph, lost)?.action.name ?? lost)}”, which would not come before it any more.`;
  }
  return null;
}

/** Rules of the language about where a type may stand (reference 7.6). */
function placeRule(graph: Graph, action: Action): string | null {
  const around = containersOf(graph, action.name);
  if (action.type === "InitializeVariable" && around.length > 0) return "Variables are declared at the top level only.";
  const loop = around.find((entry) => entry.action.type === "Foreach" || entry.action.type === "Until");
  if (loop && action.type === "Terminate") return `A Terminate action cannot stand inside a loop (“${titleOf(loop.action.name)}”).`;
  if (loop && action.type === "Response") return `A Response action cannot stand inside a loop (“${titleOf(loop.action.name)}”).`;
  return null;
}

/** Right after an action, before everything that follows it; after the trigger: at the start. */
export function placeAfter(graph: Graph, name: string): Place {
  const entry = find(graph, name);
  if (!entry || entry.action.trigger) return startOf(graph, null, "actions");
  return { container: entry.parent?.action.name ?? null, branch: entry.branch?.key ?? "actions", after: [entry.action.name], before: successors(graph, name).map((action) => action.name) };
}

export function startOf(graph: Graph, container: string | null, key: string): Place {
  const roots = (branchOf(graph, container, key)?.actions ?? []).filter((action) => action.runAfter.length === 0);
  return { container, branch: key, after: [], before: roots.map((action) => action.name) };
}

/** After the last actions of the top level. */
export function endOf(graph: Graph): Place {
  const { actions } = graph.root;
  const followed = new Set(actions.flatMap((action) => action.runAfter.map((link) => link.name.toLowerCase())));
  return { container: null, branch: "actions", after: actions.filter((action) => !followed.has(action.name.toLowerCase())).slice(-1).map((action) => action.name), before: [] };
}

/** Alt+arrow: one step up or down in its branch, into the container beside it, or out of its own. */
export function stepPlace(graph: Graph, name: string, direction: "up" | "down" | "in" | "out"): Place | string {
  const entry = find(graph, name);
  const branch = entry?.branch;
  if (!entry || !branch) return "The trigger always comes first.";
  const order = topological(branch.actions);
  const index = order.findIndex((action) => action.name === entry.action.name);
  const container = entry.parent?.action.name ?? null;
  const previous = order[index - 1];
  const next = order[index + 1];
  if (direction === "out") return entry.parent ? placeAfter(graph, entry.parent.action.name) : "It is at the top level already.";
  if (direction === "in") {
    const target = [next, previous].find((action) => action?.container);
    const first = target?.branches[0];
    return target && first ? startOf(graph, target.name, first.key) : "There is no container beside it.";
  }
  if (direction === "up") {
    if (!previous) return "It is the first of its branch already.";
    return { container, branch: branch.key, after: previous.runAfter.map((link) => link.name), before: [previous.name] };
  }
  if (!next) return "It is the last of its branch already.";
  return { container, branch: branch.key, after: [next.name], before: successors(graph, next.name).filter((action) => action.name !== entry.action.name).map((action) => action.name) };
}

/** Why an action cannot run after another one; null when it can. */
export function linkProblem(graph: Graph, from: string, to: string): string | null {
  const source = find(graph, from);
  const target = find(graph, to);
  if (!source || !target) return "It is not in the workflow any more.";
  if (source === target) return "An action cannot run after itself.";
  if (target.action.trigger) return "A trigger runs after nothing: it starts the workflow.";
  if (source.action.trigger) return "What runs first runs after the trigger by itself.";
  if (!source.branch || source.branch !== target.branch) return `“${titleOf(target.action.name)}” is in another branch. An action runs after actions beside it.`;
  if (target.action.runAfter.some((link) => link.name.toLowerCase() === source.action.name.toLowerCase())) return `“${titleOf(target.action.name)}” already runs after “${titleOf(source.action.name)}”.`;
  if (runsAfter(source.branch, source.action.name, target.action.name)) return `“${titleOf(source.action.name)}” itself waits for “${titleOf(target.action.name)}”: the two would wait for each other.`;
  return null;
}

/** The actions that may be made to run after this one, by name. */
export function linkTargets(graph: Graph, from: string): ReadonlySet<string> {
  const branch = find(graph, from)?.branch;
  return new Set((branch?.actions ?? []).map((action) => action.name).filter((name) => linkProblem(graph, from, name) === null));
}
