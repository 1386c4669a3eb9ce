/** Two definitions in one drawing: the newer one, with what was removed beside what followed it, and a mark on each change. */
import { nameOf, type ActionChange, type Comparison } from "./changes";
import { actionWords } from "./changeWords";
import { at, parse, type Document } from "./document";
import { apply, setMember } from "./edits";
import { find, inside, readGraph, type Entry } from "./graph";
import type { Draft } from "./draft";
import { referenceSplices } from "./structure";
import { applyPatch, escapePart } from "./tree";
import { linksText, type Link } from "./wiring";

export type MarkKind = "added" | "removed" | "changed" | "moved" | "renamed";

export interface Mark {
  readonly kind: MarkKind;
  /** The change as a sentence. */
  readonly words: string;
  /** What it was called before, where that changed. */
  readonly was: string | null;
}

export interface Merged {
  readonly draft: Draft;
  /** By lower-case name. */
  readonly marks: ReadonlyMap<string, Mark>;
}

export function merged(comparison: Comparison): Merged {
  const removed = comparison.actions.filter((change) => change.kind === "removed");
  const gone = new Set(removed.map((change) => change.before));
  const before = withoutSurvivors(comparison, gone);
  let document = comparison.after.document;
  for (const { before: entry } of removed) {
    if (entry && !(entry.parent && gone.has(entry.parent))) document = withGhost(document, comparison, before, entry, gone);
  }
  const draft = document === comparison.after.document ? comparison.after : { document, graph: readGraph(document) };
  const marks = new Map(comparison.actions.map((change) => [nameOf(change).toLowerCase(), markOf(change)]));
  return { draft, marks };
}

function markOf(change: ActionChange): Mark {
  const kind = change.kind !== "changed" ? change.kind : change.moved ? "moved" : change.renamed && change.properties.length === 0 ? "renamed" : "changed";
  return { kind, words: actionWords(change), was: change.renamed ? (change.before?.action.name ?? null) : null };
}

/** The older definition; containers that are gone without the actions that live on elsewhere. */
function withoutSurvivors({ before }: Comparison, gone: ReadonlySet<Entry | null>): Draft {
  const containers = [...gone].filter((entry) => entry?.action.container);
  const names = containers.flatMap((entry) => (entry ? inside(entry.action) : [])).map((action) => find(before.graph, action.name)).filter((entry) => entry && !gone.has(entry));
  const survivors = [...new Set(names.map((entry) => entry?.action.name ?? ""))];
  return survivors.length === 0 ? before : apply(before, { name: "removeActions", arguments: { names: survivors } }).draft;
}

/** What an entry of the older definition is called now; null where it is gone. */
export function presentName(comparison: Comparison, name: string): string | null {
  const changed = comparison.actions.find((change) => change.before?.action.name.toLowerCase() === name.toLowerCase() && change.kind !== "added");
  if (changed) return changed.after?.action.name ?? null;
  return find(comparison.after.graph, name)?.action.name ?? null;
}

/** The text of an action of the older definition, with the names that other actions have now. */
export function presentText(comparison: Comparison, document: Document, pointer: string): string {
  const node = at(document, pointer);
  if (!node) return "{}";
  let text = parse(document.text.slice(node.start, node.end));
  for (const change of comparison.actions) {
    const [from, to] = [change.before?.action.name, change.after?.action.name];
    if (change.renamed && from !== undefined && to !== undefined) text = applyPatch(text, referenceSplices(text, "action", from, to));
  }
  return text.text;
}

/** What an action of the older definition ran after, in today's names; through what is not there to what stood before. */
export function presentLinks(comparison: Comparison, entry: Entry, there: (name: string) => boolean): Link[] {
  const made = new Map<string, Link>();
  const seen = new Set<string>();
  const add = (links: readonly Link[]): void => {
    for (const link of links) {
      const now = presentName(comparison, link.name) ?? link.name;
      if (there(now)) made.set(now.toLowerCase(), { name: now, statuses: link.statuses });
      else if (!seen.has(link.name)) {
        seen.add(link.name);
        add(find(comparison.before.graph, link.name)?.action.runAfter ?? []);
      }
    }
  };
  add(entry.action.runAfter);
  return [...made.values()];
}

function withGhost(document: Document, comparison: Comparison, before: Draft, entry: Entry, gone: ReadonlySet<Entry | null>): Document {
  const { graph } = comparison.after;
  const pointer = find(before.graph, entry.action.name)?.pointer ?? entry.pointer;
  const text = presentText(comparison, before.document, pointer);
  if (entry.action.trigger) return applyPatch(document, setMember(document, graph.base, `/triggers/${escapePart(entry.action.name)}`, text));
  const container = entry.parent ? find(graph, presentName(comparison, entry.parent.action.name) ?? "") : null;
  const start = container ? container.pointer : graph.base;
  const branch = container?.action.branches.find((one) => one.key === entry.branch?.key) ?? (container ? undefined : graph.root);
  const ghosts = new Set([...gone].map((one) => one?.action.name.toLowerCase()));
  const siblings = new Set(branch?.actions.map((action) => action.name.toLowerCase()));
  const links = presentLinks(comparison, entry, (name) => siblings.has(name.toLowerCase()) || ghosts.has(name.toLowerCase()));
  const ghost = applyPatch(parse(text), [{ op: "set", at: "/runAfter", text: linksText(links) }]).text;
  return applyPatch(document, setMember(document, start, `/${entry.branch?.key ?? "actions"}/${escapePart(entry.action.name)}`, ghost));
}
