/** Where edits of two people meet: what was touched, whose value gave way to whose, and what a deleted action takes with it. */
import { sameJsonText } from "./carrying";
import { type Draft, type Edit, titleOf } from "./edits";
import { find, type Entry, type Graph } from "./graph";
import type { Place } from "./layout";
import { endOf } from "./moves";
import type { Splice } from "./splices";
import { copyText, pastedActions } from "./structure";
import { splitPointer } from "./tree";

interface Made {
  readonly name: string;
  readonly arguments: unknown;
  readonly patch: readonly Splice[];
}

const INSIDE = new Set(["actions", "triggers"]);

/** The innermost action a pointer goes through, and the rest of the way. */
function actionOn(pointer: string): { readonly name: string; readonly rest: readonly string[] } | null {
  const parts = splitPointer(pointer);
  let found: { name: string; rest: string[] } | null = null;
  for (const [index, part] of parts.entries()) {
    const name = parts[index + 1];
    // Below `inputs` stands what the author wrote; an "actions" in it is no container.
    if (found && part === "inputs") break;
    if (INSIDE.has(part) && name !== undefined) found = { name, rest: parts.slice(index + 2) };
  }
  return found;
}

/** Names of the actions that edits changed, as they are called afterwards. New links of neighbours do not count. */
export function touched(edits: readonly Made[]): string[] {
  const names = new Set<string>();
  for (const edit of edits) {
    if (edit.name === "rename") names.add((edit.arguments as { readonly to: string }).to.trim());
    else {
      for (const one of edit.patch) {
        const place = actionOn(one.op === "move" ? one.to : one.at);
        if (!place || (place.rest[0] === "runAfter" && edit.name !== "setRunAfter")) continue;
        names.add(one.op === "rename" && place.rest.length === 0 ? one.name : place.name);
      }
    }
  }
  return [...names];
}

/** A value I set, and another one that somebody set in the same place. */
export interface Clash {
  readonly at: string;
  readonly action: string;
  readonly mine: string;
  readonly theirs: string;
}

/** Places where both patches set a value, and not the same one. */
export function clashes(mine: readonly Splice[], theirs: readonly Splice[]): Clash[] {
  return mine.flatMap((one) => {
    if (one.op !== "set") return [];
    const other = theirs.findLast((each) => each.op === "set" && each.at === one.at);
    if (other?.op !== "set" || sameJsonText(one.text, other.text)) return [];
    return [{ at: one.at, action: actionOn(one.at)?.name ?? "", mine: one.text, theirs: other.text }];
  });
}

/** One line of a value, for a sentence. */
export function shortValue(text: string): string {
  const plain = /^".*"$/s.test(text.trim()) ? text.trim().slice(1, -1).replace(/\\"/g, '"') : text.replace(/\s+/g, " ");
  return plain.length > 60 ? `${plain.slice(0, 57)}…` : plain;
}

/** Puts one value back, whoever set what stands there now. */
export function putBack(clash: Clash, text: string): Edit {
  return { name: "restore", arguments: { patch: [{ op: "set", at: clash.at, text }], words: `Chose a value of ${titleOf(clash.action)}` } };
}

/** The action an edit changes; null for those that change none, or several. */
export function targetOf(edit: Edit): string | null {
  if (edit.name === "rename") return edit.arguments.from;
  return "action" in edit.arguments && typeof edit.arguments.action === "string" ? edit.arguments.action : null;
}

/** The edit that brings back an action which somebody deleted; null while it is there, or where it never was. */
export function revival(before: Draft, now: Draft, name: string): { readonly action: string; readonly edit: Edit } | null {
  const entry = find(before.graph, name);
  if (!entry || entry.action.trigger || find(now.graph, name)) return null;
  const fragments = pastedActions(copyText(before, [name]));
  return { action: entry.action.name, edit: { name: "paste", arguments: { place: placeOf(entry, now.graph), fragments } } };
}

/** Where the action stood, as far as that is still there; else at the end. */
function placeOf(entry: Entry, now: Graph): Place {
  const container = entry.parent?.action.name ?? null;
  if (!entry.branch || (container !== null && !find(now, container))) return endOf(now);
  const here = (name: string): boolean => find(now, name) !== undefined && find(now, name)?.parent?.action.name === entry.parent?.action.name;
  const name = entry.action.name.toLowerCase();
  const follows = entry.branch.actions.filter((other) => other.runAfter.some((link) => link.name.toLowerCase() === name));
  return {
    container, branch: entry.branch.key, after: entry.action.runAfter.map((link) => link.name).filter(here), before: follows.map((other) => other.name).filter(here),
  };
}
