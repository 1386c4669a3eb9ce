/**
 * What differs between two definitions, by meaning: actions added, removed, renamed, moved and changed, and in what.
 *
 * Actions are the same by name; one that is gone and one that is new are the same if they have one type and read alike
 * (similarity of at least 0.8). What a rename changes elsewhere (references, run after) is no change of its own, nor is
 * a run-after that only follows what was put in or taken out between two actions.
 */
import { at, type Document, type Node } from "./document";
import { everyAction, find, type Action, type Entry, type Graph, type RunAfter } from "./graph";
import { renameIn } from "./references";
import type { Draft } from "./draft";
import { escapePart, member, sameValue } from "./tree";

/** One value below an action (or the workflow) that reads differently. `path` is a pointer below it. */
export interface PropertyChange {
  readonly path: string;
  readonly before: Node | undefined;
  readonly after: Node | undefined;
}

export interface ActionChange {
  readonly kind: "added" | "removed" | "changed";
  readonly before: Entry | null;
  readonly after: Entry | null;
  readonly renamed: boolean;
  /** Into another branch or container. */
  readonly moved: boolean;
  readonly properties: readonly PropertyChange[];
  readonly runAfter: { readonly before: readonly RunAfter[]; readonly after: readonly RunAfter[] } | null;
}

/** A change outside of triggers and actions: a parameter, an output, a static result, or another member. */
export interface PartChange {
  readonly part: string;
  /** The member of the part; "" where the part is no object. */
  readonly name: string;
  readonly before: Node | undefined;
  readonly after: Node | undefined;
}

export interface Comparison {
  readonly before: Draft;
  readonly after: Draft;
  /** In the order of the flow; what was removed comes after what stood before it. */
  readonly actions: readonly ActionChange[];
  readonly parts: readonly PartChange[];
}

interface Rename {
  readonly from: string;
  readonly to: string;
}

/** Members that are structure, compared on their own. */
const STRUCTURE = new Set(["actions", "else", "default", "cases", "tools", "runAfter"]);
/** Values that are one thing to a person, however many members they have. */
const WHOLE = /\/(?:retryPolicy|recurrence|schema|authentication|expression|secureData|staticResult)$/;
const ALIKE = 0.8;

export function compare(before: Draft, after: Draft): Comparison {
  const pairs = matched(before.graph, after.graph);
  const renames = [...pairs].filter(([old, fresh]) => old.action.name !== fresh.action.name).map(([old, fresh]) => ({ from: old.action.name, to: fresh.action.name }));
  const comparing = new Comparing(before, after, pairs, renames);
  return { before, after, actions: comparing.actions(), parts: comparing.parts() };
}

export const isSame = (comparison: Comparison): boolean => comparison.actions.length === 0 && comparison.parts.length === 0;

/** The name to call a change by: as it is now, or as it was. */
export function nameOf(change: ActionChange): string {
  return (change.after ?? change.before)?.action.name ?? "";
}

// ---------------------------------------------------------------------------------------------- which is which

function entriesOf(graph: Graph): Entry[] {
  const actions = [...graph.triggers, ...everyAction(graph)];
  const entries = actions.map((action) => find(graph, action.name)).filter((entry) => entry !== undefined);
  return [...new Set(entries)];
}

function matched(before: Graph, after: Graph): Map<Entry, Entry> {
  const pairs = new Map<Entry, Entry>();
  const gone: Entry[] = [];
  const taken = new Set<Entry>();
  for (const old of entriesOf(before)) {
    const fresh = find(after, old.action.name);
    if (fresh?.action.trigger === old.action.trigger) {
      pairs.set(old, fresh);
      taken.add(fresh);
    } else gone.push(old);
  }
  const come = entriesOf(after).filter((entry) => !taken.has(entry));
  for (const { old, fresh } of alike(gone, come)) {
    if (pairs.has(old) || taken.has(fresh)) continue;
    pairs.set(old, fresh);
    taken.add(fresh);
  }
  return pairs;
}

const COMPARED_MOST = 20_000;

/** Pairs that read alike, the likest first. */
function alike(gone: readonly Entry[], come: readonly Entry[]): { readonly old: Entry; readonly fresh: Entry; readonly score: number }[] {
  if (gone.length * come.length > COMPARED_MOST) return [];
  const known = new Map<Entry, Map<string, string>>();
  const leaves = (entry: Entry): Map<string, string> => {
    const made = known.get(entry) ?? leavesOf(entry.action);
    known.set(entry, made);
    return made;
  };
  const found = gone.flatMap((old) =>
    come
      .filter((fresh) => fresh.action.type === old.action.type && fresh.action.trigger === old.action.trigger)
      .map((fresh) => ({ old, fresh, score: similarity(leaves(old), leaves(fresh)) })),
  );
  return found.filter((one) => one.score >= ALIKE).sort((one, other) => other.score - one.score);
}

/** What an action says, leaf by leaf; of a container also which actions are directly inside. */
function leavesOf(action: Action): Map<string, string> {
  const leaves = new Map<string, string>();
  const walk = (node: Node, path: string): void => {
    if (node.kind === "object" && node.members.length > 0) for (const one of node.members) walk(one.value, `${path}/${escapePart(one.name)}`);
    else if (node.kind === "array" && node.items.length > 0) for (const [index, item] of node.items.entries()) walk(item, `${path}/${String(index)}`);
    else leaves.set(path, node.kind === "string" ? String(node.value) : `${node.kind} ${String(node.value)}`);
  };
  for (const one of action.value.members) if (!STRUCTURE.has(one.name)) walk(one.value, `/${escapePart(one.name)}`);
  for (const branch of action.branches) for (const one of branch.actions) leaves.set(`${branch.key} ${one.name.toLowerCase()}`, "");
  return leaves;
}

function similarity(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): number {
  const paths = new Set([...one.keys(), ...other.keys()]);
  let sum = 0;
  for (const path of paths) {
    const a = one.get(path);
    const b = other.get(path);
    if (a !== undefined && b !== undefined) sum += a === b ? 1 : closeness(a, b);
  }
  return paths.size === 0 ? 1 : sum / paths.size;
}

/** How much of two texts is the same, by pairs of characters (Dice). */
function closeness(one: string, other: string): number {
  if (one.length < 2 || other.length < 2 || one.length + other.length > 20_000) return 0;
  const pairs = new Map<string, number>();
  for (let index = 0; index < one.length - 1; index += 1) {
    const pair = one.slice(index, index + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  let shared = 0;
  for (let index = 0; index < other.length - 1; index += 1) {
    const pair = other.slice(index, index + 2);
    const left = pairs.get(pair) ?? 0;
    if (left > 0) {
      shared += 1;
      pairs.set(pair, left - 1);
    }
  }
  return (2 * shared) / (one.length + other.length - 2);
}

// ---------------------------------------------------------------------------------------------- what differs

class Comparing {
  private readonly was = new Map<Entry, Entry>();

  constructor(
    readonly before: Draft,
    readonly after: Draft,
    readonly pairs: ReadonlyMap<Entry, Entry>,
    readonly renames: readonly Rename[],
  ) {
    for (const [old, fresh] of pairs) this.was.set(fresh, old);
  }

  actions(): ActionChange[] {
    const changes: ActionChange[] = [];
    const removed = entriesOf(this.before.graph).filter((old) => !this.pairs.has(old));
    const waiting = new Map<Entry | null, Entry[]>();
    for (const old of removed) {
      const anchor = this.anchor(old);
      waiting.set(anchor, [...(waiting.get(anchor) ?? []), old]);
    }
    const tell = (anchor: Entry | null): void => {
      for (const old of waiting.get(anchor) ?? []) changes.push({ kind: "removed", before: old, after: null, renamed: false, moved: false, properties: [], runAfter: null });
    };
    tell(null);
    for (const fresh of entriesOf(this.after.graph)) {
      const old = this.was.get(fresh);
      if (!old) changes.push({ kind: "added", before: null, after: fresh, renamed: false, moved: false, properties: [], runAfter: null });
      else {
        const change = this.change(old, fresh);
        if (change) changes.push(change);
      }
      tell(fresh);
    }
    return changes;
  }

  /** The nearest thing before a removed action that is still there. */
  private anchor(old: Entry): Entry | null {
    const order = entriesOf(this.before.graph);
    for (let index = order.indexOf(old) - 1; index >= 0; index -= 1) {
      const before = order[index];
      const still = before ? this.pairs.get(before) : undefined;
      if (still) return still;
    }
    return null;
  }

  private change(old: Entry, fresh: Entry): ActionChange | null {
    const properties: PropertyChange[] = [];
    this.members(old.action.value, fresh.action.value, "", properties, STRUCTURE);
    this.cases(old.action, fresh.action, properties);
    const renamed = old.action.name !== fresh.action.name;
    const parent = old.parent ? (this.pairs.get(old.parent) ?? null) : null;
    const moved = (old.parent === null ? fresh.parent !== null : parent !== fresh.parent) || (old.branch?.key ?? "") !== (fresh.branch?.key ?? "");
    const rewired = !moved && !old.action.trigger && !this.sameLinks(old, fresh);
    const runAfter = rewired ? { before: old.action.runAfter, after: fresh.action.runAfter } : null;
    if (!renamed && !moved && !runAfter && properties.length === 0) return null;
    return { kind: "changed", before: old, after: fresh, renamed, moved, properties, runAfter };
  }

  private members(old: Node, fresh: Node, path: string, into: PropertyChange[], without: ReadonlySet<string> = new Set()): void {
    const names = new Set([...old.members, ...fresh.members].map((one) => one.name));
    for (const name of names) if (!without.has(name)) this.value(member(old, name), member(fresh, name), `${path}/${escapePart(name)}`, into);
  }

  private value(old: Node | undefined, fresh: Node | undefined, path: string, into: PropertyChange[]): void {
    if (old && fresh && this.reads(old, fresh)) return;
    if (old?.kind === "object" && fresh?.kind === "object" && !WHOLE.test(path)) {
      this.members(old, fresh, path, into);
      return;
    }
    const listed = old?.kind === "array" && fresh?.kind === "array" && old.items.length === fresh.items.length && !WHOLE.test(path);
    if (listed && [...old.items, ...fresh.items].every((item) => item.kind === "object")) {
      for (const [index, item] of old.items.entries()) this.value(item, fresh.items[index], `${path}/${String(index)}`, into);
    } else into.push({ path, before: old, after: fresh });
  }

  private cases(old: Action, fresh: Action, into: PropertyChange[]): void {
    const names = new Set([...old.branches, ...fresh.branches].filter((branch) => branch.kind === "case").map((branch) => branch.name));
    for (const name of names) {
      const a = old.branches.find((branch) => branch.name === name)?.caseValue ?? undefined;
      const b = fresh.branches.find((branch) => branch.name === name)?.caseValue ?? undefined;
      if (a || b) this.value(a, b, `/cases/${escapePart(name)}/case`, into);
    }
  }

  /** Whether both say the same once the renames are done in the old one. */
  private reads(old: Node, fresh: Node): boolean {
    if (sameValue(old, fresh)) return true;
    if (this.renames.length === 0 || old.kind !== fresh.kind) return false;
    if (old.kind === "string") return this.renamedText(String(old.value)) === fresh.value;
    if (old.kind === "array") return old.items.length === fresh.items.length && old.items.every((item, index) => fresh.items[index] !== undefined && this.reads(item, fresh.items[index]));
    if (old.kind !== "object" || old.members.length !== fresh.members.length) return false;
    return old.members.every((one) => {
      const twin = member(fresh, this.renamedText(one.name)) ?? member(fresh, one.name);
      return twin !== undefined && this.reads(one.value, twin);
    });
  }

  private renamedText(text: string): string {
    return text.includes("@") ? this.renames.reduce((made, { from, to }) => renameIn(made, "action", from, to), text) : text;
  }

  private renamedName(name: string): string {
    return this.renames.find((one) => one.from.toLowerCase() === name.toLowerCase())?.to ?? name;
  }

  private sameLinks(old: Entry, fresh: Entry): boolean {
    const was = this.links(old.action.runAfter, this.before.graph, (entry) => !this.pairs.has(entry), (name) => this.renamedName(name));
    const now = this.links(fresh.action.runAfter, this.after.graph, (entry) => !this.was.has(entry), (name) => name);
    return was.size === now.size && [...was].every((one) => now.has(one));
  }

  /** Links as texts; through actions that only one side has, to what they run after. */
  private links(runAfter: readonly RunAfter[], graph: Graph, passing: (entry: Entry) => boolean, named: (name: string) => string): Set<string> {
    const made = new Set<string>();
    const seen = new Set<string>();
    const add = (links: readonly RunAfter[]): void => {
      for (const link of links) {
        const entry = find(graph, link.name);
        if (entry && link.plain && passing(entry) && !seen.has(link.name)) {
          seen.add(link.name);
          add(entry.action.runAfter);
        } else made.add(`${named(link.name).toLowerCase()}:${[...link.statuses].sort().join()}`);
      }
    };
    add(runAfter);
    return made;
  }

  parts(): PartChange[] {
    const changes: PartChange[] = [];
    const old = bodyOf(this.before.document, this.before.graph.base);
    const fresh = bodyOf(this.after.document, this.after.graph.base);
    for (const part of new Set([...old, ...fresh].map(([name]) => name))) {
      const a = old.get(part);
      const b = fresh.get(part);
      if (a && b && this.reads(a, b)) continue;
      if ((a ?? b)?.kind !== "object" || (a && b && a.kind !== b.kind)) {
        changes.push({ part, name: "", before: a, after: b });
        continue;
      }
      for (const name of new Set([...(a?.members ?? []), ...(b?.members ?? [])].map((one) => one.name))) {
        const x = member(a, name);
        const y = member(b, name);
        if (!(x && y && this.reads(x, y))) changes.push({ part, name, before: x, after: y });
      }
    }
    return changes;
  }
}

/** The members of the definition without triggers and actions, and those around it (`kind`). */
function bodyOf(document: Document, base: string): Map<string, Node> {
  const inside = at(document, base)?.members ?? [];
  const around = base === "" ? [] : document.root.members.filter((one) => one.name !== "definition");
  return new Map([...inside, ...around].filter((one) => one.name !== "triggers" && one.name !== "actions").map((one) => [one.name, one.value]));
}
