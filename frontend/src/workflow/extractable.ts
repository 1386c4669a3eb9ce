/** Whether actions can leave their branch as one block and be waited for as one action: why not, in words. */
import { titleOf, type Draft } from "./draft";
import { everyAction, find, inside, isInside, type Action, type Branch, type Entry, type Graph, type RunAfter } from "./graph";
import { Refused } from "./refused";
import { need } from "./structure";
import { down, stringOf } from "./tree";
import { blockProblem } from "./wiring";

/** The actions that leave, with what is inside them, and where they stood. */
export interface Block {
  /** In the order of the text. */
  readonly entries: readonly Entry[];
  readonly branch: Branch;
  /** Lower-case names of all that leaves, at all depths. */
  readonly names: ReadonlySet<string>;
  readonly covered: readonly Action[];
  /** What the whole block runs after. */
  readonly after: readonly RunAfter[];
  readonly tails: readonly string[];
}

const lower = (name: string): string => name.toLowerCase();
const said = (name: string): string => `“${titleOf(name)}”`;
const SETTING = new Set(["SetVariable", "AppendToArrayVariable", "AppendToStringVariable", "IncrementVariable", "DecrementVariable"]);

export function blockOf({ graph }: Draft, chosen: readonly string[]): Block {
  const entries = chosen.filter((name) => !chosen.some((other) => isInside(graph, name, other))).map((name) => need(graph, name));
  if (entries.some((entry) => entry.action.trigger)) throw new Refused("The trigger cannot be extracted: it starts this workflow. Leave it out of the selection.");
  const branch = entries[0]?.branch ?? null;
  const problem = blockProblem(branch, entries.map((entry) => entry.action));
  if (problem !== null || !branch) throw new Refused(problem ?? "Select at least one action.");
  const members = new Set(entries.map((entry) => lower(entry.action.name)));
  const ordered = branch.actions.filter((action) => members.has(lower(action.name)));
  const covered = ordered.flatMap((action) => [action, ...inside(action)]);
  for (const action of covered) checkType(action);
  return {
    entries: ordered.map((action) => need(graph, action.name)), branch, covered, names: new Set(covered.map((action) => lower(action.name))),
    after: checkedEntrance(ordered, members), tails: checkedExit(branch, ordered, members),
  };
}

function checkType(action: Action): void {
  if (action.type === "Response") throw new Refused(`${said(action.name)} answers whoever called this workflow. A child could only answer this workflow: leave it out of the selection.`);
  if (action.type === "Terminate") throw new Refused(`${said(action.name)} ends the run. In a child it would end the child's run only: leave it out of the selection.`);
  if (action.type.startsWith("Agent")) throw new Refused(`${said(action.name)} is an agent, which cannot be extracted.`);
}

/** What comes first in the block runs after the same, and nothing else in it waits for anything more. */
function checkedEntrance(actions: readonly Action[], members: ReadonlySet<string>): readonly RunAfter[] {
  const outer = (action: Action): RunAfter[] => action.runAfter.filter((link) => !members.has(lower(link.name)));
  const heads = actions.filter((action) => outer(action).length === action.runAfter.length);
  const [first, ...others] = heads;
  const shared = first ? outer(first) : [];
  const known = (link: RunAfter): boolean => shared.some((one) => sameLink(one, link));
  for (const head of others) {
    if (head.runAfter.length === shared.length && head.runAfter.every(known)) continue;
    throw new Refused(`${said(first?.name ?? "")} and ${said(head.name)} do not run after the same actions. Extract one of them, or connect them first.`);
  }
  for (const action of actions) {
    const other = outer(action).find((link) => !known(link));
    if (other) throw new Refused(`${said(action.name)} also runs after ${said(other.name)}, which is not selected.`);
    const failed = action.runAfter.find((link) => members.has(lower(link.name)) && !link.statuses.includes("Succeeded"));
    if (failed) throw new Refused(`${said(action.name)} runs only when ${said(failed.name)} did not succeed, so the child would have no answer otherwise. Wrap both in a scope first.`);
  }
  return shared;
}

const sameLink = (one: RunAfter, other: RunAfter): boolean =>
  lower(one.name) === lower(other.name) && one.statuses.length === other.statuses.length && one.statuses.every((status) => other.statuses.includes(status));

/** Whoever waits for the block waits for all of it, and for an outcome that a child workflow can have. */
function checkedExit(branch: Branch, actions: readonly Action[], members: ReadonlySet<string>): readonly string[] {
  const followed = new Set(actions.flatMap((action) => action.runAfter.map((link) => lower(link.name))));
  const tails = actions.filter((action) => !followed.has(lower(action.name))).map((action) => action.name);
  for (const follower of branch.actions) {
    const links = members.has(lower(follower.name)) ? [] : follower.runAfter.filter((link) => members.has(lower(link.name)));
    for (const link of links) {
      if (!tails.some((tail) => lower(tail) === lower(link.name))) throw new Refused(`${said(follower.name)} runs after ${said(link.name)}, in the middle of the selection. Select it too.`);
      checkOutcome(follower, link, actions.length === 1);
    }
    const left = links.length > 0 && tails.find((tail) => !links.some((link) => lower(link.name) === lower(tail)));
    if (typeof left === "string") throw new Refused(`${said(follower.name)} does not wait for ${said(left)}, but it would wait for the whole child. Select it too, or leave ${said(left)} out.`);
  }
  return tails;
}

/** A child workflow succeeds or fails: that it timed out, or which of its actions was skipped, is not seen outside. */
function checkOutcome(follower: Action, { name, plain, statuses }: RunAfter, alone: boolean): void {
  if (plain || statuses.length === 4) return;
  if (statuses.includes("Failed") !== statuses.includes("TimedOut")) throw new Refused(`${said(follower.name)} tells whether ${said(name)} failed or timed out. A child workflow only says that it failed: let ${said(follower.name)} run after both first.`);
  if (!alone) throw new Refused(`${said(follower.name)} tells whether ${said(name)} succeeded, failed or was skipped. Of a child only the whole is seen: extract ${said(name)} alone, or wrap the selection and ${said(follower.name)} in a scope first.`);
}

/** Whether an action runs only when the block (or the container it is in) succeeded. */
export function needsSuccess(graph: Graph, block: Block, reader: string): boolean {
  const own = pathOf(graph, reader);
  const first = block.entries[0];
  const chain = first?.parent ? pathOf(graph, first.parent.action.name) : [];
  const side = own.find((entry) => entry.branch === block.branch);
  if (side) return surely(block.branch, side.action, block.names);
  const outer = chain.find((entry) => own.some((one) => one.branch === entry.branch));
  const beside = outer && own.find((one) => one.branch === outer.branch);
  // Inside a container that is around the block, but in another of its branches: one of the two never runs.
  if (!outer?.branch || !beside) return true;
  // An Until asks after every turn, however its actions went.
  if (outer === beside) return lower(outer.action.name) !== lower(reader);
  return surely(outer.branch, beside.action, new Set([lower(outer.action.name)]));
}

/** An action and the containers around it, innermost first. */
function pathOf(graph: Graph, name: string): Entry[] {
  const path: Entry[] = [];
  for (let entry: Entry | null = find(graph, name) ?? null; entry; entry = entry.parent) path.push(entry);
  return path;
}

function surely(branch: Branch, action: Action, wanted: ReadonlySet<string>, seen = new Set<Action>()): boolean {
  if (seen.has(action)) return false;
  seen.add(action);
  return action.runAfter.some((link) => {
    if (!link.plain) return false;
    const before = branch.actions.find((one) => lower(one.name) === lower(link.name));
    return wanted.has(lower(link.name)) || (before !== undefined && surely(branch, before, wanted, seen));
  });
}

/** The variable that an action declares or changes. */
export function variablesOf(action: Action): readonly string[] {
  if (action.type === "InitializeVariable") return (down(action.value, "inputs", "variables")?.items ?? []).flatMap((one) => stringOf(down(one, "name")) ?? []);
  return SETTING.has(action.type) ? [stringOf(down(action.value, "inputs", "name")) ?? ""] : [];
}

/** Variables belong to one run: those of this one cannot be changed in a child, and none of the child's is seen here. */
export function checkVariables({ graph }: Draft, block: Block): ReadonlySet<string> {
  const declared = new Set(block.covered.filter((action) => action.type === "InitializeVariable").flatMap(variablesOf).map(lower));
  for (const action of everyAction(graph)) {
    const leaves = block.names.has(lower(action.name));
    const foreign = variablesOf(action).find((name) => declared.has(lower(name)) !== leaves);
    if (foreign === undefined || (!leaves && !declared.has(lower(foreign)))) continue;
    throw new Refused(leaves
      ? `${said(action.name)} changes the variable “${foreign}”, which is declared outside of the selection. A child cannot change variables of this workflow.`
      : `${said(action.name)} changes the variable “${foreign}”, which the selection declares. Select it too.`);
  }
  return declared;
}
