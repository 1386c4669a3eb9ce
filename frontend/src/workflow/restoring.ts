/** Taking back one change alone: the action as the older definition has it, everything else as it is now. */
import type { ActionChange, Comparison, PropertyChange } from "./changes";
import { labelOf } from "./changeWords";
import { at, type Document } from "./document";
import { titleOf } from "./draft";
import { apply, setMember, type Edit } from "./edits";
import { branchOf, find, type Entry } from "./graph";
import type { Place } from "./layout";
import { presentLinks, presentName, presentText } from "./merged";
import type { Splice } from "./splices";
import type { Draft } from "./draft";
import { Refused } from "./refused";
import { escapePart, splitPointer } from "./tree";
import { linksText } from "./wiring";

/** The edit that makes this action of `comparison.after` what it is in `comparison.before`. Throws `Refused`. */
export function restoring(comparison: Comparison, change: ActionChange, property: PropertyChange | null = null): Edit {
  const steps = new Steps(comparison.after);
  const words = `Restored ${titleOf((change.before ?? change.after)?.action.name ?? "")}`;
  if (property) {
    const entry = change.after;
    if (entry) steps.splices(propertySplices(comparison, change, entry.pointer, property, steps.draft.document));
    return steps.edit(`${words}: ${entry ? labelOf(entry.action, property.path) : ""}`);
  }
  if (change.kind === "added") steps.apply({ name: "removeActions", arguments: { names: [change.after?.action.name ?? ""] } });
  else if (change.kind === "removed") putBack(steps, comparison, change);
  else takeBack(steps, comparison, change);
  return steps.edit(words);
}

class Steps {
  private readonly patch: Splice[] = [];

  constructor(public draft: Draft) {}

  apply(edit: Edit): void {
    const done = apply(this.draft, edit);
    this.patch.push(...done.patch);
    this.draft = done.draft;
  }

  splices(patch: readonly Splice[]): void {
    if (patch.length > 0) this.apply({ name: "restore", arguments: { patch, words: "" } });
  }

  edit(words: string): Edit {
    return { name: "restore", arguments: { patch: this.patch, words } };
  }
}

/** Where an action of the older definition stands in today's. */
function placeOf(comparison: Comparison, entry: Entry): Place {
  const container = entry.parent ? presentName(comparison, entry.parent.action.name) : null;
  if (entry.parent && container === null) throw new Refused(`Restore ${titleOf(entry.parent.action.name)} first: ${titleOf(entry.action.name)} was inside.`);
  const key = entry.branch?.key ?? "actions";
  const branch = branchOf(comparison.after.graph, container, key);
  if (!branch) throw new Refused(`The branch that ${titleOf(entry.action.name)} was in is not there any more.`);
  const there = new Set(branch.actions.map((action) => action.name.toLowerCase()));
  const after = presentLinks(comparison, entry, (name) => there.has(name.toLowerCase())).map((link) => link.name);
  const followers = entry.branch?.actions.filter((action) => action.runAfter.some((link) => link.name.toLowerCase() === entry.action.name.toLowerCase())) ?? [];
  const before = followers.map((action) => presentName(comparison, action.name)).filter((name) => name !== null && there.has(name.toLowerCase()));
  return { container, branch: key, after, before: before.filter((name) => name !== null) };
}

function putBack(steps: Steps, comparison: Comparison, change: ActionChange): void {
  const entry = change.before;
  if (!entry) return;
  const { name } = entry.action;
  const text = presentText(comparison, comparison.before.document, entry.pointer);
  if (entry.action.trigger) steps.apply({ name: "addTrigger", arguments: { name, text } });
  else {
    steps.apply({ name: "addAction", arguments: { place: placeOf(comparison, entry), name, text } });
    setLinks(steps, comparison, entry, name);
  }
}

function takeBack(steps: Steps, comparison: Comparison, change: ActionChange): void {
  const { before, after } = change;
  if (!before || !after) return;
  const { name } = before.action;
  if (change.renamed) steps.apply({ name: "rename", arguments: { from: after.action.name, to: name } });
  if (change.moved) steps.apply({ name: "moveActions", arguments: { names: [name], place: placeOf(comparison, before) } });
  const pointer = find(steps.draft.graph, name)?.pointer ?? after.pointer;
  for (const property of change.properties) steps.splices(propertySplices(comparison, change, pointer, property, steps.draft.document));
  if (change.runAfter ?? change.moved) setLinks(steps, comparison, before, name);
}

/** The value at one pointer below an action, as the older text spells it. */
function propertySplices(comparison: Comparison, change: ActionChange, pointer: string, property: PropertyChange, document: Document): Splice[] {
  const old = property.before ? presentText(comparison, comparison.before.document, `${change.before?.pointer ?? ""}${property.path}`) : null;
  const [first, name] = splitPointer(property.path);
  if (first === "cases" && old === null) {
    const actions = at(document, `${pointer}/cases/${escapePart(name ?? "")}/actions`);
    if ((actions?.members.length ?? 0) > 0) throw new Refused(`The case “${titleOf(name ?? "")}” has actions now. Delete or move them first.`);
    return [{ op: "remove", at: `${pointer}/cases/${escapePart(name ?? "")}` }];
  }
  return setMember(document, pointer, property.path, old);
}

function setLinks(steps: Steps, comparison: Comparison, entry: Entry, name: string): void {
  const now = find(steps.draft.graph, name);
  const siblings = new Set(now?.branch?.actions.map((action) => action.name.toLowerCase()));
  if (!now) return;
  const links = presentLinks(comparison, entry, (other) => siblings.has(other.toLowerCase()));
  steps.splices(setMember(steps.draft.document, now.pointer, "/runAfter", linksText(links)));
}
