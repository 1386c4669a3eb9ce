/** Who made which of the changes between a version and the draft, from the edits in between. */
import { actionWords, partWords, told } from "./changeWords";
import { isSame, type Comparison } from "./changes";
import { renamesIn } from "./edits";
import { touched } from "./meeting";
import type { Splice } from "./splices";
import { splitPointer } from "./tree";

export interface Authored {
  readonly author: string | null;
  readonly edits: readonly { readonly name: string; readonly arguments: unknown; readonly patch: readonly Splice[] }[];
}

export interface ChangeGroup {
  /** "Ana", or "Ana and Bob" where both had a hand in it; empty where nobody is known. */
  readonly author: string;
  readonly changes: readonly string[];
}

/** The changes in words, together by who made them, in the order in which the first of each stands in the flow. */
export function changesByAuthor(comparison: Comparison, log: readonly Authored[]): ChangeGroup[] {
  if (isSame(comparison)) return [];
  const { actions, parts } = authorsOf(log);
  const groups = new Map<string, string[]>();
  const add = (authors: ReadonlySet<string>, words: string): void => {
    const key = [...authors].sort().join(" and ");
    groups.set(key, [...(groups.get(key) ?? []), words]);
  };
  for (const change of told(comparison)) {
    const names = [change.after, change.before].flatMap((entry) => (entry ? [entry.action.name.toLowerCase()] : []));
    add(new Set(names.flatMap((name) => [...(actions.get(name) ?? [])])), actionWords(change));
  }
  for (const change of comparison.parts) add(parts.get(change.part) ?? new Set(), partWords(change));
  return [...groups].map(([author, changes]) => ({ author, changes }));
}

function authorsOf(log: readonly Authored[]): { readonly actions: Map<string, Set<string>>; readonly parts: Map<string, Set<string>> } {
  const actions = new Map<string, Set<string>>();
  const parts = new Map<string, Set<string>>();
  const note = (where: Map<string, Set<string>>, key: string, author: string): void => void where.set(key, new Set([...(where.get(key) ?? []), author]));
  for (const { author, edits } of log) {
    const who = author ?? "Somebody";
    for (const name of touched(edits)) note(actions, name.toLowerCase(), who);
    // What was done before a rename was done to what now has the new name.
    for (const { from, to } of renamesIn(edits)) for (const earlier of actions.get(from.toLowerCase()) ?? []) note(actions, to.toLowerCase(), earlier);
    for (const one of edits.flatMap((edit) => edit.patch)) {
      const way = splitPointer(one.at).filter((part, index) => index > 0 || part !== "definition");
      if (way[0] !== undefined) note(parts, way[0], who);
    }
  }
  return { actions, parts };
}
