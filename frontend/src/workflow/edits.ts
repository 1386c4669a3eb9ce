/**
 * Every change to a definition, by name: pure functions from (draft, arguments) to splices on its text, with an inverse.
 *
 * An edit is data: it can wait in a queue, be sent, and be done again on top of what others did meanwhile. It names
 * actions, never positions on screen. `adapted` follows a rename that somebody else made, `describe` says it in words.
 */
import { carried } from "./carrying";
import { diff } from "./differences";
import { listed, titleOf, type Draft } from "./draft";
import { at, parse, quote, type Document, type Node } from "./document";
import { find, freeName, readGraph, type Graph } from "./graph";
import type { Place } from "./layout";
import { reconnected } from "./connections";
import { setMember } from "./members";
import { addNote, editNote, removeNote, type Note, type NoteChange } from "./notes";
import { renameIn } from "./references";
import {
  addActions, addBranch, addTrigger, duplicate, moveActions, moveBranch, need, paste, referenceSplices, removeActions, removeBranch, rename, setRunAfter,
  unwrap, wrap, type Fragment,
} from "./structure";
import { Refused } from "./refused";
import { settingSplices, settingTitles, type SettingChange } from "./settings";
import type { Splice } from "./splices";
import { applyPatch, escapePart, splitPointer } from "./tree";
import type { Link } from "./wiring";

export { draftOf, openDraft, titleOf, type Draft } from "./draft";
export { setMember } from "./members";
export { Refused } from "./refused";
export type { Fragment } from "./structure";

/** Arguments of every edit. `path` is a pointer below the action, `text` a JSON text; null removes the member. */
export interface Edits {
  addAction: { readonly place: Place; readonly name: string; readonly text: string };
  addTrigger: { readonly name: string; readonly text: string };
  removeActions: { readonly names: readonly string[] };
  moveActions: { readonly names: readonly string[]; readonly place: Place };
  rename: { readonly from: string; readonly to: string };
  setInput: { readonly action: string; readonly path: string; readonly text: string | null; readonly field: string };
  setSetting: { readonly action: string; readonly path: string; readonly text: string | null; readonly field: string };
  /** Settings of several actions in one step. */
  setSettings: { readonly changes: readonly SettingChange[] };
  /** The connection that these actions use from now on, by its name. */
  setConnection: { readonly names: readonly string[]; readonly connection: string };
  setRunAfter: { readonly action: string; readonly links: readonly Link[] };
  /** `over`: what a Foreach goes over, as a template. */
  wrap: { readonly names: readonly string[]; readonly type: string; readonly name: string; readonly over?: string };
  unwrap: { readonly action: string };
  addBranch: { readonly action: string; readonly name: string; readonly value: string };
  removeBranch: { readonly action: string; readonly branch: string };
  /** A case before another one (a branch's key), or last of all. */
  moveBranch: { readonly action: string; readonly branch: string; readonly before: string | null };
  /** The outcome that stands for an action: as JSON text, or the one that is there already; used or not. */
  pin: { readonly action: string; readonly result: string; readonly text: string | null; readonly on: boolean };
  addNote: { readonly note: Note };
  editNote: { readonly note: string; readonly change: NoteChange };
  removeNote: { readonly note: string };
  paste: { readonly place: Place; readonly fragments: readonly Fragment[] };
  duplicate: { readonly names: readonly string[] };
  setParameter: { readonly parameter: string; readonly text: string | null };
  renameParameter: { readonly from: string; readonly to: string };
  renameVariable: { readonly from: string; readonly to: string };
  setWorkflow: { readonly path: string; readonly text: string | null; readonly field: string };
  /** `base` is the text that was edited: what others changed in the draft since stays. */
  replaceFromCode: { readonly text: string; readonly base?: string };
  /** The inverse of an earlier edit: its splices as they stand now. */
  restore: { readonly patch: readonly Splice[]; readonly words: string };
}

export type EditName = keyof Edits;
export type Edit = { readonly [Name in EditName]: { readonly name: Name; readonly arguments: Edits[Name] } }[EditName];

export interface Applied {
  readonly draft: Draft;
  readonly patch: readonly Splice[];
  readonly inverse: readonly Splice[];
  /** The edit as it was really done: a name taken meanwhile has become a free one. */
  readonly edit: Edit;
  /** The action to look at afterwards. */
  readonly focus: string | null;
}

const lately = new WeakMap<Draft, { readonly wanted: string; readonly done: Applied }>();

/**
 * Does an edit; throws `Refused` with a sentence when it no longer applies. Who asks whether actions may move and then moves
 * them pays once.
 */
export function apply(draft: Draft, wanted: Edit): Applied {
  if (wanted.name !== "moveActions") return applied(draft, wanted);
  const key = JSON.stringify(wanted.arguments);
  const known = lately.get(draft);
  if (known?.wanted === key) return known.done;
  const done = applied(draft, wanted);
  lately.set(draft, { wanted: key, done });
  return done;
}

function applied(draft: Draft, wanted: Edit): Applied {
  const edit = named(draft.graph, wanted);
  const patch = patchOf(draft, edit);
  // Where others were faster, what was changed is done again, not the whole text put over theirs; and only that travels.
  const done: Edit = edit.name === "replaceFromCode" ? { name: "restore", arguments: { patch, words: describe(edit) } } : edit;
  return { ...patched(draft, patch), edit: done, focus: focusOf(edit) };
}

/** Applies splices one after the other, collecting the inverse of each against the text it met. */
export function patched(draft: Draft, patch: readonly Splice[]): { draft: Draft; patch: readonly Splice[]; inverse: readonly Splice[] } {
  let document = draft.document;
  const inverse: Splice[] = [];
  if (independent(patch)) {
    // The common case costs one pass over the text: what each splice meets is what stands there now.
    for (const one of patch) inverse.unshift(...inverseOf(document, one));
    const after = applyPatch(document, patch);
    return { draft: { document: after, graph: readGraph(after, draft.graph) }, patch, inverse };
  }
  if (patch.length > 40) {
    // A large patch (pasting, replacing from code) is undone by what differs afterwards: one pass instead of many.
    const after = applyPatch(document, patch);
    return { draft: { document: after, graph: readGraph(after, draft.graph) }, patch, inverse: diff(after.text, document.text) };
  }
  let waiting: Splice[] = [];
  for (const one of patch) {
    if (!joins(one, waiting)) {
      document = applyPatch(document, waiting);
      waiting = [];
    }
    inverse.unshift(...inverseOf(document, one));
    waiting.push(one);
  }
  document = applyPatch(document, waiting);
  return { draft: { document, graph: readGraph(document, draft.graph) }, patch, inverse };
}

/** No splice changes what another one names: members of objects are set, put in or taken out at different places. */
function independent(patch: readonly Splice[]): boolean {
  // Values that are set keep their places, however many they are; what comes and goes is looked at in small numbers only.
  if ((patch.length > 24 && patch.some((one) => one.op !== "set")) || patch.some((one) => one.op === "rename" || one.op === "move" || (one.op === "insert" && typeof one.before === "number"))) return false;
  const places = new Set(patch.map((one) => one.at));
  return places.size === patch.length && !(places.has("") && patch.length > 1) && patch.every(({ at: place }) => {
    if (/\/\d+$/.test(place)) return false;
    for (let slash = place.lastIndexOf("/"); slash > 0; slash = place.lastIndexOf("/", slash - 1)) if (places.has(place.slice(0, slash))) return false;
    return true;
  });
}

/** What undoes a splice can be read before those that wait are carried out. */
function joins(one: Splice, waiting: readonly Splice[]): boolean {
  if (one.op !== "move") return independent([...waiting, one]);
  return independent(waiting) && waiting.every((other) => apart(one.at, other.at));
}

/** A change at `other` neither takes `pointer` away nor gives it another neighbour: moving it back is the same before and after. */
function apart(pointer: string, other: string): boolean {
  return parentOf(other).parent !== parentOf(pointer).parent && !`${pointer}/`.startsWith(`${other}/`);
}

function patchOf(draft: Draft, edit: Edit): readonly Splice[] {
  switch (edit.name) {
    case "addAction":
      return addActions(draft, edit.arguments.place, [{ name: edit.arguments.name, text: edit.arguments.text }]);
    case "addTrigger":
      return addTrigger(draft, edit.arguments.name, edit.arguments.text);
    case "removeActions":
      return removeActions(draft, edit.arguments.names);
    case "moveActions":
      return moveActions(draft, edit.arguments.names, edit.arguments.place);
    case "rename":
      return rename(draft, edit.arguments.from, edit.arguments.to);
    case "setInput":
    case "setSetting":
      return setMember(draft.document, need(draft.graph, edit.arguments.action).pointer, edit.arguments.path, edit.arguments.text);
    case "setSettings":
      return settingSplices(draft, edit.arguments.changes);
    case "setConnection":
      return reconnected(draft, edit.arguments.names, edit.arguments.connection);
    case "setRunAfter":
      return setRunAfter(draft, edit.arguments.action, edit.arguments.links);
    case "wrap":
      return wrap(draft, edit.arguments.names, edit.arguments.type, edit.arguments.name, edit.arguments.over);
    case "unwrap":
      return unwrap(draft, edit.arguments.action);
    case "addBranch":
      return addBranch(draft, edit.arguments.action, edit.arguments.name, edit.arguments.value);
    case "removeBranch":
      return removeBranch(draft, edit.arguments.action, edit.arguments.branch);
    case "moveBranch":
      return moveBranch(draft, edit.arguments.action, edit.arguments.branch, edit.arguments.before);
    case "pin":
      return pin(draft, edit.arguments);
    case "addNote":
      return addNote(draft.document, draft.graph.base, edit.arguments.note);
    case "editNote":
      return editNote(draft.document, draft.graph.base, edit.arguments.note, edit.arguments.change);
    case "removeNote":
      return removeNote(draft.document, draft.graph.base, edit.arguments.note);
    case "paste":
      return paste(draft, edit.arguments.place, edit.arguments.fragments);
    case "duplicate":
      return duplicate(draft, edit.arguments.names);
    case "setParameter":
      return setMember(draft.document, draft.graph.base, `/parameters/${escapePart(edit.arguments.parameter)}`, edit.arguments.text);
    case "renameParameter":
      return renameParameter(draft, edit.arguments.from, edit.arguments.to);
    case "renameVariable":
      return referenceSplices(draft.document, "variable", edit.arguments.from, edit.arguments.to);
    case "setWorkflow":
      return setMember(draft.document, draft.graph.base, edit.arguments.path, edit.arguments.text);
    case "replaceFromCode":
      return fromCode(draft.document.text, edit.arguments);
    case "restore":
      return edit.arguments.patch;
  }
}

function fromCode(current: string, { text, base = current }: Edits["replaceFromCode"]): Splice[] {
  const mine = diff(base, parsed(text).text);
  return base === current ? mine : carried(mine, diff(base, current));
}

function parsed(text: string): Document {
  try {
    return parse(text);
  } catch (error) {
    throw new Refused(error instanceof Error ? error.message : "The text is not JSON.");
  }
}

function pin({ document, graph }: Draft, { action, result, text, on }: Edits["pin"]): Splice[] {
  const uses = `{"name": ${quote(result)}, "staticResultOptions": ${on ? '"Enabled"' : '"Disabled"'}}`;
  const kept = text === null ? [] : setMember(document, graph.base, `/staticResults/${escapePart(result)}`, text);
  return [...kept, ...setMember(document, need(graph, action).pointer, "/runtimeConfiguration/staticResult", uses)];
}

function renameParameter(draft: Draft, from: string, to: string): Splice[] {
  const pointer = `${draft.graph.base}/parameters/${escapePart(from)}`;
  if (!at(draft.document, pointer)) throw new Refused(`There is no parameter “${from}” any more.`);
  if (at(draft.document, `${draft.graph.base}/parameters/${escapePart(to)}`)) throw new Refused(`There is already a parameter called “${to}”.`);
  return [...referenceSplices(draft.document, "parameter", from, to), { op: "rename", at: pointer, name: to }];
}

// ---------------------------------------------------------------------------------------------- inverse and difference

function cut(document: Document, node: Node): string {
  return document.text.slice(node.start, node.end);
}

function parentOf(pointer: string): { readonly parent: string; readonly name: string } {
  const slash = pointer.lastIndexOf("/");
  return { parent: pointer.slice(0, slash), name: splitPointer(pointer.slice(slash))[0] ?? "" };
}

function nextName(document: Document, pointer: string): string | number | null {
  const { parent, name } = parentOf(pointer);
  const node = at(document, parent);
  if (node?.kind === "array") {
    const index = Number(name);
    return index + 1 < node.items.length ? index : null;
  }
  if (node?.kind !== "object") return null;
  const index = node.members.findIndex((one) => one.name === name);
  return node.members[index + 1]?.name ?? null;
}

export function inverseOf(document: Document, one: Splice): Splice[] {
  const old = at(document, one.at);
  switch (one.op) {
    case "set":
      return [old ? { op: "set", at: one.at, text: cut(document, old) } : { op: "remove", at: one.at }];
    case "insert":
      return [{ op: "remove", at: insertedAt(document, one.at, one.before ?? null) }];
    case "remove":
      return old ? [{ op: "insert", at: one.at, text: cut(document, old), before: nextName(document, one.at) }] : [];
    case "rename": {
      const { parent, name } = parentOf(one.at);
      return [{ op: "rename", at: `${parent}/${escapePart(one.name)}`, name }];
    }
    case "move": {
      const next = nextName(document, one.at);
      return [{ op: "move", at: one.to, to: one.at, before: typeof next === "string" ? next : null }];
    }
  }
}

function insertedAt(document: Document, pointer: string, before: string | number | null): string {
  const { parent } = parentOf(pointer);
  const node = at(document, parent);
  if (node?.kind !== "array") return pointer;
  return `${parent}/${String(typeof before === "number" ? before : node.items.length)}`;
}

// ---------------------------------------------------------------------------------------------- names

/** Gives new things a free name where theirs is taken meanwhile. */
function named(graph: Graph, edit: Edit): Edit {
  if (edit.name === "addAction" || edit.name === "addTrigger") {
    if (!find(graph, edit.arguments.name)) return edit;
    return { ...edit, arguments: { ...edit.arguments, name: freeName(graph, edit.arguments.name) } } as Edit;
  }
  if (edit.name === "wrap" && find(graph, edit.arguments.name)) {
    return { ...edit, arguments: { ...edit.arguments, name: freeName(graph, edit.arguments.name) } };
  }
  return edit;
}

function focusOf(edit: Edit): string | null {
  switch (edit.name) {
    case "addAction":
    case "addTrigger":
    case "wrap":
      return edit.arguments.name;
    case "rename":
      return edit.arguments.to.trim();
    case "moveActions":
      return edit.arguments.names[0] ?? null;
    default:
      return null;
  }
}

const NAME_MEMBERS = new Set(["action", "from", "container", "anchor"]);
const NAME_LISTS = new Set(["names", "after", "before"]);

/** The edit as it has to read after somebody else renamed an action. */
export function adapted(edit: Edit, from: string, to: string): Edit {
  const name = (value: string): string => (value.toLowerCase() === from.toLowerCase() ? to : value);
  const walk = (value: unknown, member: string): unknown => {
    if (typeof value === "string") {
      if (NAME_MEMBERS.has(member)) return name(value);
      if (member === "over") return renameIn(value, "action", from, to);
      return member === "text" ? renameInJson(value, from, to) : value;
    }
    if (Array.isArray(value)) return value.map((one: unknown) => (NAME_LISTS.has(member) && typeof one === "string" ? name(one) : walk(one, member === "links" ? "link" : "")));
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, member === "link" && key === "name" && typeof inner === "string" ? name(inner) : walk(inner, key)]));
    }
    return value;
  };
  if (edit.name === "replaceFromCode" || edit.name === "restore") return edit;
  return { name: edit.name, arguments: walk(edit.arguments, "") } as Edit;
}

function renameInJson(text: string, from: string, to: string): string {
  if (!text.includes("@")) return text;
  try {
    const document = parse(text);
    if (document.root.kind === "string") return quote(renameIn(String(document.root.value), "action", from, to));
    return applyPatch(document, referenceSplices(document, "action", from, to)).text;
  } catch {
    return text;
  }
}

/** Renames of actions that edits contain, in order; those that undo or redo one among them. */
export function renamesIn(edits: readonly { readonly name: string; readonly arguments: unknown; readonly patch?: readonly Splice[] }[]): { readonly from: string; readonly to: string }[] {
  return edits.flatMap((edit) => {
    if (edit.name === "restore") return (edit.patch ?? []).flatMap(renamedAction);
    if (edit.name !== "rename") return [];
    const { from, to } = edit.arguments as Edits["rename"];
    return typeof from === "string" && typeof to === "string" ? [{ from, to: to.trim() }] : [];
  });
}

function renamedAction(one: Splice): { readonly from: string; readonly to: string }[] {
  const parts = splitPointer(one.at);
  const from = parts.at(-1);
  // A member of runAfter is a link; what hangs on `actions` or `triggers` is the thing itself.
  return one.op === "rename" && from !== undefined && /^(actions|triggers)$/.test(parts.at(-2) ?? "") ? [{ from, to: one.name }] : [];
}

// ---------------------------------------------------------------------------------------------- words

export function describe(edit: Edit): string {
  switch (edit.name) {
    case "addAction":
      return `Added ${titleOf(edit.arguments.name)}`;
    case "addTrigger":
      return `Added trigger ${titleOf(edit.arguments.name)}`;
    case "removeActions":
      return `Deleted ${listed(edit.arguments.names)}`;
    case "moveActions":
      return `Moved ${listed(edit.arguments.names)}`;
    case "rename":
      return `Renamed ${titleOf(edit.arguments.from)} to ${titleOf(edit.arguments.to)}`;
    case "setInput":
    case "setSetting":
      return `${edit.arguments.text === null ? "Cleared" : "Changed"} ${edit.arguments.field} of ${titleOf(edit.arguments.action)}`;
    case "setSettings":
      return `Changed ${settingTitles(edit.arguments.changes)} of ${listed([...new Set(edit.arguments.changes.flatMap((change) => change.names))])}`;
    case "setConnection":
      return `Connected ${listed(edit.arguments.names)} to ${edit.arguments.connection}`;
    case "setRunAfter":
      return `Changed what ${titleOf(edit.arguments.action)} runs after`;
    case "wrap":
      return `Wrapped ${listed(edit.arguments.names)} in ${titleOf(edit.arguments.name)}`;
    case "unwrap":
      return `Unwrapped ${titleOf(edit.arguments.action)}`;
    case "addBranch":
      return `Added case ${titleOf(edit.arguments.name)} to ${titleOf(edit.arguments.action)}`;
    case "removeBranch":
      return `Deleted a branch of ${titleOf(edit.arguments.action)}`;
    case "moveBranch":
      return `Moved a case of ${titleOf(edit.arguments.action)}`;
    case "pin":
      return `${edit.arguments.on ? "Pinned the result of" : "Unpinned"} ${titleOf(edit.arguments.action)}`;
    case "addNote":
      return "Added a note";
    case "editNote":
      return edit.arguments.change.content !== undefined ? "Changed a note" : edit.arguments.change.color !== undefined ? "Coloured a note" : edit.arguments.change.width !== undefined ? "Resized a note" : "Moved a note";
    case "removeNote":
      return "Deleted a note";
    case "paste":
      return `Pasted ${listed(edit.arguments.fragments.map((fragment) => fragment.name))}`;
    case "duplicate":
      return `Duplicated ${listed(edit.arguments.names)}`;
    case "setParameter":
      return `${edit.arguments.text === null ? "Deleted" : "Changed"} parameter ${edit.arguments.parameter}`;
    case "renameParameter":
      return `Renamed parameter ${edit.arguments.from} to ${edit.arguments.to}`;
    case "renameVariable":
      return `Renamed variable ${edit.arguments.from} to ${edit.arguments.to}`;
    case "setWorkflow":
      return `Changed ${edit.arguments.field} of the workflow`;
    case "replaceFromCode":
      return "Edited the code";
    case "restore":
      return edit.arguments.words;
  }
}

/** Two edits of one field typed in one breath count as one step. */
export function mergeKey(edit: Edit): string | null {
  if (edit.name === "setInput" || edit.name === "setSetting") return `${edit.arguments.action.toLowerCase()}${edit.arguments.path}`;
  if (edit.name === "setWorkflow") return `workflow${edit.arguments.path}`;
  if (edit.name === "replaceFromCode") return "code";
  return null;
}
