/**
 * Run-after links while actions come, go and move: taken out, what ran after them runs after what they ran after; put in,
 * they stand between their new neighbours. Works on copies; `splices` says what has to change in the text.
 */
import type { Node } from "./document";
import { branchOf, find, type Action, type Branch, type Graph, type RunAfterStatus } from "./graph";
import type { Place } from "./layout";
import type { Splice } from "./splices";
import { jsonOf, member } from "./tree";

export interface Link {
  readonly name: string;
  readonly statuses: readonly RunAfterStatus[];
}

const key = (name: string): string => name.toLowerCase();
const SUCCEEDED: readonly RunAfterStatus[] = ["Succeeded"];

/** The JSON of a `runAfter` member (built by hand: an object would move names that look like integers). */
export function linksText(links: readonly Link[]): string {
  return `{${links.map((link) => `${JSON.stringify(link.name)}: ${JSON.stringify(link.statuses)}`).join(", ")}}`;
}

/** Splices that give an action these links, and take out those of the preview schemas, which said it otherwise. */
export function linkSplices(action: Node | undefined, pointer: string, links: readonly Link[]): Splice[] {
  const set: Splice = { op: "set", at: `${pointer}/runAfter`, text: linksText(links) };
  const conditions = member(action, "conditions");
  if (conditions?.kind !== "array" || !conditions.items.some((one) => member(one, "dependsOn"))) return [set];
  const rest = conditions.items.flatMap((one) => {
    if (one.kind !== "object") return [jsonOf(one)];
    const members = one.members.filter((inner) => inner.name !== "dependsOn");
    return members.length > 0 ? [Object.fromEntries(members.map((inner) => [inner.name, jsonOf(inner.value)]))] : [];
  });
  if (rest.length === 0) return [set, { op: "remove", at: `${pointer}/conditions` }];
  return [set, { op: "set", at: `${pointer}/conditions`, text: JSON.stringify(rest) }];
}

function merged(links: readonly Link[]): Link[] {
  const byName = new Map<string, Link>();
  for (const link of links) {
    const there = byName.get(key(link.name));
    const statuses = there ? [...new Set([...there.statuses, ...link.statuses])] : link.statuses;
    byName.set(key(link.name), { name: there?.name ?? link.name, statuses });
  }
  return [...byName.values()];
}

export class Wiring {
  private readonly links = new Map<string, Link[]>();
  private readonly old = new Map<string, readonly Link[]>();
  private readonly names = new Map<string, string>();

  constructor(private readonly graph: Graph) {}

  private load(branch: Branch): void {
    for (const action of branch.actions) {
      if (this.links.has(key(action.name))) continue;
      this.links.set(key(action.name), [...action.runAfter]);
      this.old.set(key(action.name), action.runAfter);
      this.names.set(key(action.name), action.name);
    }
  }

  linksOf(name: string): readonly Link[] {
    return this.links.get(key(name)) ?? [];
  }

  set(name: string, links: readonly Link[]): void {
    this.names.set(key(name), this.names.get(key(name)) ?? name);
    this.links.set(key(name), merged(links));
  }

  /** Where a link into the group leads to outside of it, going back. */
  private behind(link: Link, group: ReadonlySet<string>, seen: Set<string>): Link[] {
    if (!group.has(key(link.name))) return [link];
    if (seen.has(key(link.name))) return [];
    seen.add(key(link.name));
    return this.linksOf(link.name).flatMap((inner) => this.behind(inner, group, seen));
  }

  /** Takes a group out of its branch; links inside the group stay. */
  detach(branch: Branch, names: readonly string[]): void {
    this.load(branch);
    const group = new Set(names.map(key));
    for (const action of branch.actions) {
      if (group.has(key(action.name))) continue;
      const links = this.linksOf(action.name);
      if (!links.some((link) => group.has(key(link.name)))) continue;
      this.set(action.name, links.flatMap((link) => this.behind(link, group, new Set())));
    }
    for (const name of names) this.set(name, this.linksOf(name).filter((link) => group.has(key(link.name))));
  }

  heads(names: readonly string[]): string[] {
    const group = new Set(names.map(key));
    return names.filter((name) => !this.linksOf(name).some((link) => group.has(key(link.name))));
  }

  tails(names: readonly string[]): string[] {
    const used = new Set(names.flatMap((name) => this.linksOf(name).map((link) => key(link.name))));
    return names.filter((name) => !used.has(key(name)));
  }

  /** Puts a group (its inner links already set) between the neighbours of a place. */
  attach(names: readonly string[], place: Place): void {
    const branch = branchOf(this.graph, place.container, place.branch);
    if (branch) this.load(branch);
    const after = place.after.map((name) => this.names.get(key(name)) ?? name);
    const wanted = new Map<string, readonly RunAfterStatus[]>();
    const tails = this.tails(names);
    const heads = this.heads(names);
    for (const name of place.before) {
      const rest: Link[] = [];
      for (const link of this.linksOf(name)) {
        if (!after.some((one) => key(one) === key(link.name))) rest.push(link);
        else if (!wanted.has(key(link.name))) wanted.set(key(link.name), link.statuses);
      }
      this.set(name, [...rest, ...tails.map((tail) => ({ name: tail, statuses: SUCCEEDED }))]);
    }
    const entry = after.map((name) => ({ name, statuses: wanted.get(key(name)) ?? SUCCEEDED }));
    for (const head of heads) this.set(head, [...this.linksOf(head), ...entry]);
  }

  /** Replaces one predecessor by others everywhere in a branch (a container by its last actions, or the reverse). */
  replace(branch: Branch, from: readonly string[], to: readonly string[]): void {
    this.load(branch);
    const group = new Set(from.map(key));
    for (const action of branch.actions) {
      const links = this.linksOf(action.name);
      if (group.has(key(action.name)) || !links.some((link) => group.has(key(link.name)))) continue;
      this.set(action.name, links.flatMap((link) => (group.has(key(link.name)) ? to.map((name) => ({ name, statuses: link.statuses })) : [link])));
    }
  }

  /** `set` splices for every action whose links changed; `pointerOf` gives undefined for actions that carry theirs along. */
  splices(pointerOf: (name: string) => string | undefined): Splice[] {
    const result: Splice[] = [];
    for (const [name, links] of this.links) {
      const old = this.old.get(name) ?? [];
      if (sameLinks(old, links)) continue;
      const pointer = pointerOf(this.names.get(name) ?? name);
      if (pointer !== undefined) result.push(...linkSplices(find(this.graph, name)?.action.value, pointer, links));
    }
    return result;
  }
}

export function sameLinks(one: readonly Link[], other: readonly Link[]): boolean {
  return one.length === other.length && one.every((link, index) => {
    const twin = other[index];
    return twin !== undefined && key(twin.name) === key(link.name) && twin.statuses.length === link.statuses.length &&
      twin.statuses.every((status) => link.statuses.includes(status));
  });
}

/** Why these actions are no block that could be wrapped or moved as one; null when they are. */
export function blockProblem(branch: Branch | null, actions: readonly Action[]): string | null {
  const first = actions[0];
  if (!first || !branch) return "Select at least one action.";
  const group = new Set(actions.map((action) => key(action.name)));
  if (!actions.every((action) => branch.actions.some((one) => key(one.name) === key(action.name)))) return "Select actions of one branch only.";
  // Convex: nothing outside the group may stand between two of its members.
  const reach = new Set<string>();
  let grown = true;
  while (grown) {
    grown = false;
    for (const action of branch.actions) {
      if (reach.has(key(action.name)) || group.has(key(action.name))) continue;
      if (action.runAfter.some((link) => group.has(key(link.name)) || reach.has(key(link.name)))) {
        reach.add(key(action.name));
        grown = true;
      }
    }
  }
  const between = actions.find((action) => action.runAfter.some((link) => reach.has(key(link.name))));
  return between ? `${between.name} runs after an action outside the selection that itself runs after the selection.` : null;
}
