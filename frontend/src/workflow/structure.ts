/** The edits that change which actions there are and where they stand, as splices on the text. */
import { at, parse, quote, type Document, type Node } from "./document";
import type { Draft } from "./draft";
import { branchOf, branchPointer, find, freeName, inside, isInside, readLinks, type Action, type Branch, type Entry, type Graph } from "./graph";
import type { Place } from "./layout";
import { renameAnchors } from "./notes";
import { renameIn, renameInCode } from "./references";
import { Refused } from "./refused";
import type { Splice } from "./splices";
import { applyPatch, escapePart, member, splitPointer, stringOf, strings } from "./tree";
import { blockProblem, linkSplices, linksText, Wiring, type Link } from "./wiring";

export interface Fragment {
  readonly name: string;
  /** JSON text of the action. */
  readonly text: string;
}

const lower = (name: string): string => name.toLowerCase();

export function need(graph: Graph, name: string): Entry {
  const entry = find(graph, name);
  if (!entry) throw new Refused(`“${name}” is not in the workflow any more.`);
  return entry;
}

/** Splices that make sure the object of a branch's actions is there. */
function branchSplices(draft: Draft, container: string | null, key: string): Splice[] {
  const pointer = branchPointer(draft.graph, container, key);
  if (pointer === undefined) throw new Refused(`“${container ?? ""}” is not in the workflow any more.`);
  const start = container === null ? draft.graph.base : need(draft.graph, container).pointer;
  const parts = splitPointer(pointer.slice(start.length));
  let reached = start;
  for (const [index, part] of parts.entries()) {
    reached += `/${escapePart(part)}`;
    if (at(draft.document, reached)) continue;
    const rest = parts.slice(index + 1);
    return [{ op: "set", at: reached, text: `${rest.map((one) => `{${quote(one)}: `).join("")}{}${"}".repeat(rest.length)}` }];
  }
  return [];
}

/** The sibling whose text new members go before, so that the text reads in the order of the flow; null: at the end. */
function textBefore(branch: Branch, place: Place, moving: ReadonlySet<string> = new Set()): string | null {
  const rest = branch.actions.filter((action) => !moving.has(lower(action.name)));
  const before = rest.find((action) => place.before.some((name) => lower(name) === lower(action.name)));
  if (before) return before.name;
  let last = -1;
  rest.forEach((action, index) => {
    if (place.after.some((name) => lower(name) === lower(action.name))) last = index;
  });
  return last < 0 ? null : (rest[last + 1]?.name ?? null);
}

export function withMember(text: string, name: string, value: string): string {
  return applyPatch(parse(text), [{ op: "set", at: `/${escapePart(name)}`, text: value }]).text;
}

function withLinks(text: string, links: readonly Link[]): string {
  const document = parse(text);
  return applyPatch(document, linkSplices(document.root, "", links)).text;
}

function checkPlace(graph: Graph, place: Place): Branch {
  const branch = branchOf(graph, place.container, place.branch);
  if (!branch) throw new Refused(`“${place.container ?? "The workflow"}” has no such branch any more.`);
  return branch;
}

/** The place without neighbours that are gone meanwhile. */
function present(branch: Branch, place: Place): Place {
  const there = new Set(branch.actions.map((action) => lower(action.name)));
  return { ...place, after: place.after.filter((name) => there.has(lower(name))), before: place.before.filter((name) => there.has(lower(name))) };
}

export function addActions(draft: Draft, wanted: Place, fragments: readonly Fragment[], inner: ReadonlyMap<string, readonly Link[]> = new Map()): Splice[] {
  const branch = checkPlace(draft.graph, wanted);
  const place = present(branch, wanted);
  const wiring = new Wiring(draft.graph);
  const names = fragments.map((fragment) => fragment.name);
  for (const name of names) wiring.set(name, inner.get(lower(name)) ?? []);
  wiring.attach(names, place);
  const pointer = branchPointer(draft.graph, place.container, place.branch) ?? "";
  const before = textBefore(branch, place);
  const added = new Set(names.map(lower));
  const inserts = fragments.map((fragment): Splice => ({
    op: "insert", at: `${pointer}/${escapePart(fragment.name)}`, before,
    text: withLinks(fragment.text, wiring.linksOf(fragment.name)),
  }));
  const links = wiring.splices((name) => (added.has(lower(name)) ? undefined : need(draft.graph, name).pointer));
  return [...branchSplices(draft, place.container, place.branch), ...inserts, ...links];
}

export function addTrigger(draft: Draft, name: string, text: string): Splice[] {
  const { base } = draft.graph;
  const member: Splice = { op: "insert", at: `${base}/triggers/${escapePart(name)}`, text, before: null };
  if (at(draft.document, `${base}/triggers`)) return [member];
  return [{ op: "set", at: `${base}/triggers`, text: "{}" }, member];
}

export function removeActions(draft: Draft, names: readonly string[]): Splice[] {
  const entries = names.map((name) => need(draft.graph, name)).filter((entry) => !names.some((other) => isInside(draft.graph, entry.action.name, other)));
  const wiring = new Wiring(draft.graph);
  const gone = new Set<string>();
  for (const [branch, group] of byBranch(entries)) {
    if (branch) wiring.detach(branch, group.map((entry) => entry.action.name));
    for (const entry of group) gone.add(lower(entry.action.name));
  }
  const links = wiring.splices((name) => (gone.has(lower(name)) ? undefined : need(draft.graph, name).pointer));
  return [...links, ...entries.map((entry): Splice => ({ op: "remove", at: entry.pointer }))];
}

function byBranch(entries: readonly Entry[]): Map<Branch | null, Entry[]> {
  const groups = new Map<Branch | null, Entry[]>();
  for (const entry of entries) groups.set(entry.branch, [...(groups.get(entry.branch) ?? []), entry]);
  return groups;
}

export function moveActions(draft: Draft, names: readonly string[], wanted: Place): Splice[] {
  const { graph } = draft;
  const entries = names.map((name) => need(graph, name)).filter((entry) => !names.some((other) => isInside(graph, entry.action.name, other)));
  const source = entries[0]?.branch;
  const target = checkPlace(graph, wanted);
  const group = entries.map((entry) => entry.action.name);
  const set = new Set(group.map(lower));
  const self = group.find((name) => wanted.container !== null && (lower(wanted.container) === lower(name) || isInside(graph, wanted.container, name)));
  if (self !== undefined) throw new Refused(`“${self}” cannot move into itself.`);
  if (!source || entries.some((entry) => entry.branch !== source)) throw new Refused("Actions of different branches move one after the other.");
  if ([...wanted.after, ...wanted.before].some((name) => set.has(lower(name)))) throw new Refused("It is already here.");
  const place = present(target, wanted);
  const wiring = new Wiring(graph);
  wiring.detach(source, group);
  wiring.attach(group, place);
  const pointer = branchPointer(graph, place.container, place.branch) ?? "";
  const before = textBefore(target, place, set);
  const links = wiring.splices((name) => need(graph, name).pointer);
  const moves = entries.map((entry): Splice => ({ op: "move", at: entry.pointer, to: `${pointer}/${escapePart(entry.action.name)}`, before }));
  return [...branchSplices(draft, place.container, place.branch), ...links, ...moves];
}

/** Containers an action can be wrapped in, with the text around the branch that takes the actions. */
const WRAPPERS: Readonly<Record<string, { readonly text: string; readonly branch: string }>> = {
  Scope: { text: '{"type": "Scope", "actions": {}}', branch: "actions" },
  Foreach: { text: '{"type": "Foreach", "foreach": "", "actions": {}}', branch: "actions" },
  Until: { text: '{"type": "Until", "expression": "", "limit": {"count": 60, "timeout": "PT1H"}, "actions": {}}', branch: "actions" },
  If: { text: '{"type": "If", "expression": {"and": [{"equals": ["", ""]}]}, "actions": {}, "else": {"actions": {}}}', branch: "actions" },
  Switch: { text: '{"type": "Switch", "expression": "", "cases": {"Case": {"case": "", "actions": {}}}, "default": {"actions": {}}}', branch: "cases/Case/actions" },
};

export function wrap(draft: Draft, names: readonly string[], type: string, name: string, over?: string): Splice[] {
  const { graph } = draft;
  const wrapper = WRAPPERS[type];
  if (!wrapper) throw new Refused(`Nothing can be wrapped in ${type}.`);
  const entries = names.map((one) => need(graph, one));
  const branch = entries[0]?.branch ?? null;
  const problem = blockProblem(branch, entries.map((entry) => entry.action));
  if (problem !== null || !branch) throw new Refused(problem ?? "Select at least one action.");
  const group = entries.map((entry) => entry.action.name);
  const wiring = new Wiring(graph);
  const members = new Set(group.map(lower));
  const outer = entries.flatMap((entry) => entry.action.runAfter.filter((link) => !members.has(lower(link.name))));
  wiring.replace(branch, group, [name]);
  for (const entry of entries) wiring.set(entry.action.name, entry.action.runAfter.filter((link) => members.has(lower(link.name))));
  wiring.set(name, outer);
  const parent = entries[0]?.parent?.action.name ?? null;
  const pointer = `${branchPointer(graph, parent, branch.key) ?? ""}/${escapePart(name)}`;
  const first = branch.actions.find((action) => members.has(lower(action.name)));
  const links = wiring.splices((one) => (lower(one) === lower(name) ? undefined : need(graph, one).pointer));
  const ordered = branch.actions.filter((action) => members.has(lower(action.name)));
  return [
    ...links,
    { op: "insert", at: pointer, before: first?.name ?? null, text: withMember(over === undefined ? wrapper.text : withMember(wrapper.text, "foreach", quote(over)), "runAfter", linksText(wiring.linksOf(name))) },
    ...ordered.map((action): Splice => ({ op: "move", at: need(graph, action.name).pointer, to: `${pointer}/${wrapper.branch}/${escapePart(action.name)}`, before: null })),
  ];
}

export function unwrap(draft: Draft, name: string): Splice[] {
  const { graph } = draft;
  const entry = need(graph, name);
  const { action, branch } = entry;
  if (!action.container || !branch) throw new Refused(`“${name}” holds no other actions.`);
  const full = action.branches.filter((one) => one.actions.length > 0);
  const body = full[0];
  if (full.length > 1) throw new Refused(`“${name}” has actions in several branches. Move them to one branch first.`);
  if (!body) return removeActions(draft, [name]);
  const group = body.actions.map((one) => one.name);
  const wiring = new Wiring(graph);
  for (const inner of body.actions) wiring.set(inner.name, inner.runAfter);
  wiring.replace(branch, [name], wiring.tails(group));
  for (const head of wiring.heads(group)) wiring.set(head, action.runAfter);
  const pointer = branchPointer(graph, entry.parent?.action.name ?? null, branch.key) ?? "";
  const bodyPointer = `${entry.pointer}/${body.key}`;
  const links: Splice[] = [
    ...wiring.splices((one) => (group.some((inner) => lower(inner) === lower(one)) ? undefined : need(graph, one).pointer)),
    ...body.actions.flatMap((inner) => linkSplices(inner.value, `${bodyPointer}/${escapePart(inner.name)}`, wiring.linksOf(inner.name))),
  ];
  const moves = group.map((inner): Splice => ({ op: "move", at: `${bodyPointer}/${escapePart(inner)}`, to: `${pointer}/${escapePart(inner)}`, before: name }));
  return [...links, ...moves, { op: "remove", at: entry.pointer }];
}

export function setRunAfter(draft: Draft, name: string, links: readonly Link[]): Splice[] {
  const entry = need(draft.graph, name);
  const branch = entry.branch;
  if (!branch) throw new Refused("A trigger runs after nothing.");
  for (const link of links) {
    const source = branch.actions.find((action) => lower(action.name) === lower(link.name));
    if (!source) throw new Refused(`“${link.name}” is not beside “${name}”: an action runs after actions of its own branch.`);
    if (lower(link.name) === lower(name) || follows(branch, link.name, name)) {
      throw new Refused(`“${name}” cannot run after “${link.name}”, because “${link.name}” runs after “${name}”.`);
    }
  }
  return linkSplices(entry.action.value, entry.pointer, links);
}

/** Whether `name` runs after `other`, by any path. */
function follows(branch: Branch, name: string, other: string): boolean {
  const byName = new Map(branch.actions.map((action) => [lower(action.name), action]));
  const seen = new Set<string>();
  const pending = [lower(name)];
  while (pending.length > 0) {
    const action = byName.get(pending.pop() ?? "");
    for (const link of action?.runAfter ?? []) {
      if (lower(link.name) === lower(other)) return true;
      if (!seen.has(lower(link.name))) {
        seen.add(lower(link.name));
        pending.push(lower(link.name));
      }
    }
  }
  return false;
}

/** Renames an action or trigger where it stands, in the links of its siblings, and in every expression that names it. */
export function rename(draft: Draft, from: string, to: string): Splice[] {
  const { document, graph } = draft;
  const entry = need(graph, from);
  const name = to.trim();
  if (name === "") throw new Refused("A name is needed.");
  if (name.length > 80) throw new Refused("A name has at most 80 characters.");
  const other = find(graph, name);
  if (other && other !== entry) throw new Refused(`There is already an action called “${other.action.name}”.`);
  const links = (entry.branch?.actions ?? []).flatMap((action) => {
    const link = action.runAfter.find((one) => lower(one.name) === lower(from));
    if (!link) return [];
    if (action.preview) return renamedDependsOn(action.value, need(graph, action.name).pointer, link.name, name);
    return [{ op: "rename", at: `${need(graph, action.name).pointer}/runAfter/${escapePart(link.name)}`, name } satisfies Splice];
  });
  const notes = renameAnchors(document, graph.base, entry.action.name, name);
  return [...referenceSplices(document, "action", entry.action.name, name), ...notes, ...links, { op: "rename", at: entry.pointer, name }];
}

function renamedDependsOn(action: Node, pointer: string, from: string, to: string): Splice[] {
  const conditions = member(action, "conditions")?.items ?? [];
  return conditions.flatMap((one, index): Splice[] => {
    if (stringOf(member(one, "dependsOn")) !== from) return [];
    return [{ op: "set", at: `${pointer}/conditions/${String(index)}/dependsOn`, text: quote(to) }];
  });
}

/** Where scripts name actions: in what they say, and in the list of what they depend on. */
const IN_SCRIPT = /\/inputs\/(code|explicitDependencies\/actions\/\d+)$/;

/** Splices for every string (and member name) that refers to a thing that gets another name. */
export function referenceSplices(document: Document, kind: "action" | "variable" | "parameter", from: string, to: string): Splice[] {
  const values: Splice[] = [];
  const names: Splice[] = [];
  const needle = lower(from).replace(/'/g, "''");
  for (const place of strings(document.root, "")) {
    if (kind === "action" && !place.name && IN_SCRIPT.test(place.pointer)) {
      const listed = lower(place.text) === lower(from) ? to : place.text;
      const text = place.pointer.endsWith("/code") ? renameIn(renameInCode(place.text, from, to), kind, from, to) : listed;
      if (text !== place.text) values.push({ op: "set", at: place.pointer, text: quote(text) });
      continue;
    }
    if (!place.text.includes("@") || !lower(place.text).includes(needle)) continue;
    const text = renameIn(place.text, kind, from, to);
    if (text === place.text) continue;
    if (place.name) names.push({ op: "rename", at: place.pointer, name: text });
    else values.push({ op: "set", at: place.pointer, text: quote(text) });
  }
  // Deepest first: a renamed member changes the pointers below it.
  return [...values, ...names.reverse()];
}

export function addBranch(draft: Draft, container: string, name: string, value: string): Splice[] {
  const entry = need(draft.graph, container);
  const at_ = `${entry.pointer}/cases`;
  const taken = entry.action.branches.some((branch) => branch.kind === "case" && lower(branch.name) === lower(name));
  if (taken) throw new Refused(`“${container}” already has a case called “${name}”.`);
  const member: Splice = { op: "insert", at: `${at_}/${escapePart(name)}`, text: `{"case": ${value}, "actions": {}}`, before: null };
  return at(draft.document, at_) ? [member] : [{ op: "set", at: at_, text: "{}" }, member];
}

export function removeBranch(draft: Draft, container: string, key: string): Splice[] {
  const entry = need(draft.graph, container);
  const branch = entry.action.branches.find((one) => one.key === key);
  if (!branch) throw new Refused(`“${container}” has no such branch any more.`);
  if (branch.kind === "true" || branch.kind === "body") throw new Refused("This branch is part of the action.");
  return branch.written ? [{ op: "remove", at: `${entry.pointer}/${key.replace(/\/actions$/, "")}` }] : [];
}

export function moveBranch(draft: Draft, container: string, key: string, before: string | null): Splice[] {
  const entry = need(draft.graph, container);
  const cases = entry.action.branches.filter((one) => one.kind === "case");
  const branch = cases.find((one) => one.key === key);
  if (!branch) throw new Refused(`“${container}” has no such case any more.`);
  const next = before === null ? undefined : cases.find((one) => one.key === before);
  if (next === branch) return [];
  const here = `${entry.pointer}/${key.replace(/\/actions$/, "")}`;
  return [{ op: "move", at: here, to: here, before: next?.name ?? null }];
}

// ---------------------------------------------------------------------------------------------- pasting

/** Actions as they go to the clipboard: a WDL fragment, readable in any editor. */
export function copyText(draft: Draft, names: readonly string[]): string {
  const entries = names.map((name) => need(draft.graph, name)).filter((entry) => !names.some((other) => isInside(draft.graph, entry.action.name, other)));
  const members = entries.map((entry) => {
    const value = at(draft.document, entry.pointer);
    return `${quote(entry.action.name)}: ${value ? draft.document.text.slice(value.start, value.end) : "{}"}`;
  });
  return applyPatch(parse("{\n  \"actions\": {}\n}"), [{ op: "set", at: "/actions", text: `{${members.join(", ")}}` }]).text;
}

/** Reads a clipboard text: `{"actions": {…}}`, a bare map of actions, or one action. */
export function pastedActions(text: string): Fragment[] {
  let document: Document;
  try {
    document = parse(text);
  } catch {
    throw new Refused("The clipboard holds no actions (it is not JSON).");
  }
  const source = document.root.kind === "object" ? document.root : null;
  const inner = source?.members.find((one) => one.name === "actions" && one.value.kind === "object" && !source.members.some((other) => other.name === "type"))?.value;
  const cut = (node: { readonly start: number; readonly end: number }): string => document.text.slice(node.start, node.end);
  const members = (inner ?? source)?.members ?? [];
  if (source?.members.some((one) => one.name === "type") && !inner) return [{ name: "Pasted", text }];
  const fragments = members.filter((one) => one.value.kind === "object" && one.value.members.some((type) => type.name === "type")).map((one) => ({ name: one.name, text: cut(one.value) }));
  if (fragments.length === 0) throw new Refused("The clipboard holds no actions.");
  return fragments;
}

/** Pastes fragments at a place: names become free ones, links among them stay, references among them follow. */
export function paste(draft: Draft, place: Place, fragments: readonly Fragment[]): Splice[] {
  const taken = new Set<string>();
  const renamed = new Map<string, string>();
  for (const fragment of fragments) {
    for (const name of namesInside(fragment)) {
      const free = freeName(draft.graph, name, taken);
      taken.add(lower(free));
      if (free !== name) renamed.set(name, free);
    }
  }
  const inner = new Map<string, Link[]>();
  const ready = fragments.map((fragment): Fragment => {
    let name = fragment.name;
    let document = parse(`{${quote(name)}: ${fragment.text}}`);
    for (const [from, to] of renamed) {
      document = applyPatch(document, renameInFragment(document, from, to));
      if (name === from) name = to;
    }
    const value = document.root.members[0]?.value;
    if (!value) throw new Refused("The clipboard holds no actions.");
    inner.set(lower(name), linksIn(document, name));
    return { name, text: document.text.slice(value.start, value.end) };
  });
  const names = new Set(ready.map((fragment) => lower(fragment.name)));
  for (const [name, links] of inner) inner.set(name, links.filter((link) => names.has(lower(link.name))));
  return addActions(draft, place, ready, inner);
}

function linksIn(document: Document, name: string): Link[] {
  const action = at(document, `/${escapePart(name)}`);
  const node = member(action, "runAfter");
  if (action && !node) return readLinks(action);
  if (node?.kind !== "object") return [];
  return node.members.map((one) => ({
    name: one.name,
    statuses: one.value.items.map((item) => String(item.value)) as unknown as Link["statuses"],
  }));
}

function namesInside(fragment: Fragment): string[] {
  const names = [fragment.name];
  const walk = (node: Document["root"]): void => {
    for (const one of node.members) {
      if (one.name === "actions" && one.value.kind === "object") names.push(...one.value.members.map((action) => action.name));
      walk(one.value);
    }
  };
  walk(parse(fragment.text).root);
  return names;
}

function renameInFragment(document: Document, from: string, to: string): Splice[] {
  const members: Splice[] = [];
  const walk = (node: Document["root"], pointer: string, ofActions: boolean): void => {
    for (const one of node.members) {
      const here = `${pointer}/${escapePart(one.name)}`;
      walk(one.value, here, one.name === "actions" || one.name === "runAfter");
      if (ofActions && one.name === from) members.push({ op: "rename", at: here, name: to });
      if (one.name === "conditions") members.push(...renamedDependsOn(node, pointer, from, to));
    }
  };
  walk(document.root, "", true);
  return [...referenceSplices(document, "action", from, to), ...members];
}

export function duplicate(draft: Draft, names: readonly string[]): Splice[] {
  const entries = names.map((name) => need(draft.graph, name));
  const branch = entries[0]?.branch;
  if (!branch) throw new Refused("A trigger cannot be duplicated.");
  const fragments = pastedActions(copyText(draft, names));
  const wiring = new Wiring(draft.graph);
  for (const entry of entries) wiring.set(entry.action.name, entry.action.runAfter);
  const last = wiring.tails(entries.map((entry) => entry.action.name));
  const before = branch.actions.filter((action) => action.runAfter.some((link) => last.some((name) => lower(name) === lower(link.name)))).map((action) => action.name);
  const place: Place = { container: entries[0]?.parent?.action.name ?? null, branch: branch.key, after: last, before };
  return paste(draft, place, fragments);
}

/** What a selection of names covers: the names themselves and everything inside. */
export function covered(graph: Graph, names: readonly string[]): Action[] {
  return names.flatMap((name) => {
    const entry = find(graph, name);
    return entry ? [entry.action, ...inside(entry.action)] : [];
  });
}
