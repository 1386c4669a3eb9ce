/**
 * A block of actions becomes a workflow of its own, and one `Workflow` action calls it: what it reads from outside is handed to it
 * as the body of its Request trigger, what is read of it comes back as the body of its Response.
 *
 * Where the two would not do the same, the reason is said in words and nothing is changed.
 */
import { at, parse, quote, type Node as JsonNode } from "./document";
import { titleOf, type Draft } from "./draft";
import type { Edit } from "./edits";
import { blockOf, checkVariables, needsSuccess, type Block } from "./extractable";
import { insideOut, isScript, Names, outsideIn, templatesOf, type Carried, type Reader } from "./extractedValues";
import { rewritten, type Call, type Replacement } from "./expressions";
import { branchPointer, everyAction, find, freeName, type Action, type Entry } from "./graph";
import { format } from "./printing";
import { renameInCode } from "./references";
import { Refused } from "./refused";
import type { Splice } from "./splices";
import { applyPatch, down, escapePart, member, stringOf, strings, type StringPlace } from "./tree";
import { linksText, linkSplices, Wiring } from "./wiring";

export type { Carried } from "./extractedValues";

export interface Extraction {
  readonly problem: null;
  /** The actions that leave, without those inside them. */
  readonly names: readonly string[];
  /** A name for the child. */
  readonly suggested: string;
  readonly passed: readonly Carried[];
  readonly returned: readonly Carried[];
  /** What is carried may be secret, so neither workflow shows it. */
  readonly secured: boolean;
  /** The child's text. */
  readonly text: string;
  /** What the block becomes here, once the child is there under a name and an id. */
  readonly edit: (child: { readonly id: string; readonly name: string }) => { readonly edit: Edit; readonly call: string };
}

const lower = (name: string): string => name.toLowerCase();
const said = (name: string): string => `“${titleOf(name)}”`;
const TRIGGER = "manual";
/** Stands for the name of the calling action until the child has a name. */
type Named = (call: string) => Splice[];

/** What extracting these actions makes, or why they cannot be extracted. */
export function extraction(draft: Draft, chosen: readonly string[]): Extraction | { readonly problem: string } {
  try {
    return extracted(draft, chosen);
  } catch (error) {
    if (error instanceof Refused) return { problem: error.message };
    throw error;
  }
}

function extracted(draft: Draft, chosen: readonly string[]): Extraction {
  const block = blockOf(draft, chosen);
  const declared = checkVariables(draft, block);
  const passed = new Names();
  const returned = new Names();
  checkScripts(draft, block);
  const actions = block.entries.map((entry) => ({ name: entry.action.name, text: leaving(draft, block, declared, passed, entry) }));
  const reading = readersOf(draft, block, declared, returned);
  const secured = mayBeSecret(draft, block, [...passed.carried, ...returned.carried]);
  const first = block.entries[0]?.action.name ?? "";
  return {
    problem: null, names: block.entries.map((entry) => entry.action.name), suggested: titleOf(first), passed: passed.carried, returned: returned.carried, secured,
    text: childText(draft, block, actions, { passed: passed.carried, returned: returned.carried, secured }),
    edit: ({ id, name }) => {
      const call = freeName(draft.graph, `Call_${name.replace(/[^\p{L}\p{N}_ -]/gu, "_")}`);
      const words = `Extracted ${block.entries.length === 1 ? titleOf(first) : `${String(block.entries.length)} actions`} into the workflow ${name}`;
      return { call, edit: { name: "restore", arguments: { patch: replaced(draft, block, call, callText(block, id, passed.carried, secured), reading), words } } };
    },
  };
}

// ---------------------------------------------------------------------------------------------- what the block reads and says

function checkScripts({ graph }: Draft, block: Block): void {
  for (const action of everyAction(graph).filter(isScript)) {
    const code = stringOf(down(action.value, "inputs", "code")) ?? "";
    const named = down(action.value, "inputs", "explicitDependencies");
    if (block.names.has(lower(action.name))) {
      if (named || code.includes("workflowContext")) throw new Refused(`The script of ${said(action.name)} reads other actions by itself, which it could not do in a child. Leave it out of the selection.`);
      continue;
    }
    const listed = (down(named, "actions")?.items ?? []).map((one) => lower(stringOf(one) ?? ""));
    const read = block.covered.find((one) => listed.includes(lower(one.name)) || renameInCode(code, one.name, `${one.name}_`) !== code);
    if (read) throw new Refused(`The script of ${said(action.name)} reads ${said(read.name)}, which it could not do in a child. Select it too.`);
  }
}

function changed(place: StringPlace, at_: string, reader: string, replace: (call: Call, text: string) => Replacement | null): Splice[] {
  const text = rewritten(place.text, (call) => replace(call, place.text));
  if (text === null) throw new Refused(`An expression of ${reader} cannot be read. Correct it first.`);
  if (text === place.text) return [];
  return [place.name ? { op: "rename", at: at_, name: text } : { op: "set", at: at_, text: quote(text) }];
}

/** Values first, then names from the deepest up: a renamed member changes the pointers below it. */
const inOrder = (splices: readonly Splice[]): Splice[] => [...splices.filter((one) => one.op !== "rename"), ...splices.filter((one) => one.op === "rename").reverse()];

/** The text of an action of the block as the child has it. */
function leaving(draft: Draft, block: Block, declared: ReadonlySet<string>, passed: Names, { action, pointer }: Entry): string {
  const value = at(draft.document, pointer);
  if (!value) throw new Refused(`${said(action.name)} is not in the workflow any more.`);
  const own = block.covered.filter((one) => {
    const place = find(draft.graph, one.name)?.pointer ?? "";
    return place === pointer || place.startsWith(`${pointer}/`);
  });
  const splices = own.flatMap((one) => {
    const place = find(draft.graph, one.name)?.pointer ?? "";
    const node = at(draft.document, place);
    return node ? [...templatesOf(one, node)].flatMap((each) =>
      changed(each, place.slice(pointer.length) + each.pointer, said(one.name), insideOut(draft, block, declared, passed, one, each.pointer))) : [];
  });
  const inner = action.runAfter.filter((link) => block.names.has(lower(link.name)));
  const links = inner.length === action.runAfter.length ? [] : linkSplices(action.value, "", inner);
  return applyPatch(parse(draft.document.text.slice(value.start, value.end)), [...inOrder(splices), ...links]).text;
}

/** How everything outside reads the block afterwards, as soon as the calling action has a name. */
function readersOf(draft: Draft, block: Block, declared: ReadonlySet<string>, returned: Names): Named {
  const { document, graph } = draft;
  const readers: { readonly place: StringPlace; readonly at: string; readonly reader: Reader }[] = [];
  const rewrite = ({ place, at: at_, reader }: (typeof readers)[number], call: string): Splice[] => changed(place, at_, reader.words, outsideIn(block, declared, returned, reader, call));
  const look = (place: StringPlace, at_: string, reader: Reader, check: () => void): void => {
    if (!place.text.includes("@") || !mentions(place.text, block, declared)) return;
    const one = { place, at: at_, reader };
    if (rewrite(one, "").length === 0) return;
    check();
    readers.push(one);
  };
  for (const action of [...graph.triggers, ...everyAction(graph)]) {
    if (block.names.has(lower(action.name))) continue;
    const { pointer, branch } = find(graph, action.name) ?? { pointer: "", branch: null };
    const node = at(document, pointer);
    const reader: Reader = { words: said(action.name), beside: branch === block.branch };
    for (const place of node ? templatesOf(action, node) : []) look(place, pointer + place.pointer, reader, () => checkReader(draft, block, action));
  }
  const outputs = at(document, `${graph.base}/outputs`);
  const reader: Reader = { words: "An output of the workflow", beside: false };
  for (const place of outputs ? strings(outputs, `${graph.base}/outputs`) : []) look(place, place.pointer, reader, () => undefined);
  return (call) => inOrder(readers.flatMap((one) => rewrite(one, call)));
}

/** A text that names nothing of the block need not be read: it may be half typed. */
function mentions(text: string, block: Block, declared: ReadonlySet<string>): boolean {
  const written = lower(text).replaceAll("''", "'");
  return [...block.names, ...declared].some((name) => written.includes(name));
}

/** A child that fails answers nothing; the actions it was made of may have said something all the same. */
function checkReader({ graph }: Draft, block: Block, reader: Action): void {
  if (!needsSuccess(graph, block, reader.name)) throw new Refused(`${said(reader.name)} reads what the selection says and may run when it failed. A child that fails answers nothing: select it too.`);
}

// ---------------------------------------------------------------------------------------------- secrets

const ANSWERED = /^(Http|HttpWebhook|ApiConnection|ApiConnectionWebhook|OpenApiConnection|OpenApiConnectionWebhook|ServiceProvider|ApiManagement|Function|Workflow)$/;
const secures = (node: JsonNode | undefined): boolean => (down(node, "runtimeConfiguration", "secureData", "properties")?.items.length ?? 0) > 0;

/** Whether what is carried may be a secret: what is secured, and where there is any secret here, whatever may be made of one. */
function mayBeSecret({ document, graph }: Draft, block: Block, carried: readonly Carried[]): boolean {
  const everything = [...graph.triggers, ...everyAction(graph)];
  const parameters = at(document, `${graph.base}/parameters`)?.members ?? [];
  const any = everything.some((action) => secures(action.value)) || parameters.some((one) => lower(stringOf(member(one.value, "type")) ?? "").startsWith("secure"));
  if (!any || carried.length === 0) return false;
  if (block.covered.some((action) => secures(action.value)) || graph.triggers.some((trigger) => secures(trigger.value))) return true;
  return carried.some(({ expression }) => {
    let secret = false;
    rewritten(`@${expression}`, (call) => {
      const name = call.args[0]?.kind === "string" ? call.args[0].value : "";
      const action = find(graph, name)?.action;
      const safe = /^(trigger|parameters$|workflow$)/i.test(call.name) || (action !== undefined && ANSWERED.test(action.type) && !secures(action.value));
      secret ||= !safe;
      return null;
    });
    return secret;
  });
}

// ---------------------------------------------------------------------------------------------- texts

interface Contents {
  readonly passed: readonly Carried[];
  readonly returned: readonly Carried[];
  readonly secured: boolean;
}

const members = (list: readonly (readonly [string, string])[]): string => `{${list.map(([name, text]) => `${quote(name)}: ${text}`).join(", ")}}`;
const hidden = (...properties: readonly string[]): string => `{"secureData": {"properties": ${JSON.stringify(properties)}}}`;
const values = (carried: readonly Carried[]): string => members(carried.map((one) => [one.name, quote(`@${one.expression}`)]));

function childText(draft: Draft, block: Block, actions: readonly { readonly name: string; readonly text: string }[], { passed, returned, secured }: Contents): string {
  const { document, graph } = draft;
  const schema = document.text.slice(...rangeOf(at(document, `${graph.base}/$schema`)));
  const body = members([["type", '"object"'], ["properties", members(passed.map((one) => [one.name, one.schema]))]]);
  const trigger = members([["type", '"Request"'], ["kind", '"Http"'], ["inputs", members([["schema", body]])], ...(secured ? [["runtimeConfiguration", hidden("inputs", "outputs")] as const] : [])]);
  const answer = members([["statusCode", "200"], ...(returned.length > 0 ? [["body", values(returned)] as const] : [])]);
  const links = linksText(block.tails.map((name) => ({ name, statuses: ["Succeeded"] as const })));
  const response = members([["type", '"Response"'], ["kind", '"Http"'], ["inputs", answer], ["runAfter", links], ...(secured ? [["runtimeConfiguration", hidden("inputs")] as const] : [])]);
  let last = "Response";
  for (let number = 2; block.names.has(lower(last)); number += 1) last = `Response_${String(number)}`;
  const definition = members([
    ["$schema", schema === "" ? '"https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"' : schema],
    ["contentVersion", '"1.0.0.0"'],
    ["parameters", connectionsOf(draft, actions)],
    ...staticResults(draft, block),
    ["triggers", members([[triggerName(block), trigger]])],
    ["actions", members([...actions.map((one) => [one.name, one.text] as const), [last, response]])],
    ["outputs", "{}"],
  ]);
  return format(members([["definition", definition], ["kind", '"Stateful"']]));
}

const rangeOf = (node: JsonNode | undefined): [number, number] => (node ? [node.start, node.end] : [0, 0]);

function triggerName(block: Block): string {
  let name = TRIGGER;
  for (let number = 2; block.names.has(name); number += 1) name = `${TRIGGER}_${String(number)}`;
  return name;
}

/** Connections of Azure's are values of one parameter, which goes along where it is read. */
function connectionsOf({ document, graph }: Draft, actions: readonly { readonly text: string }[]): string {
  const declared = at(document, `${graph.base}/parameters/$connections`);
  return declared && actions.some((one) => one.text.includes("$connections")) ? members([["$connections", document.text.slice(declared.start, declared.end)]]) : "{}";
}

function staticResults({ document, graph }: Draft, block: Block): (readonly [string, string])[] {
  const names = new Set(block.covered.flatMap((action) => stringOf(down(action.value, "runtimeConfiguration", "staticResult", "name")) ?? []));
  const results = [...names].flatMap((name): (readonly [string, string])[] => {
    const value = at(document, `${graph.base}/staticResults/${escapePart(name)}`);
    return value ? [[name, document.text.slice(value.start, value.end)]] : [];
  });
  return results.length > 0 ? [["staticResults", members(results)]] : [];
}

function callText(block: Block, id: string, passed: readonly Carried[], secured: boolean): string {
  const host = members([["triggerName", quote(triggerName(block))], ["workflow", members([["id", quote(id)]])]]);
  return members([["type", '"Workflow"'], ["inputs", members([["host", host], ["body", values(passed)]])], ...(secured ? [["runtimeConfiguration", hidden("inputs", "outputs")] as const] : [])]);
}

/** The splices of the parent: everything that read the block reads the call, which stands where the block stood. */
function replaced({ graph }: Draft, block: Block, call: string, text: string, reading: Named): Splice[] {
  const names = block.entries.map((entry) => entry.action.name);
  const wiring = new Wiring(graph);
  wiring.replace(block.branch, names, [call]);
  const links = wiring.splices((name) => find(graph, name)?.pointer);
  const parent = branchPointer(graph, block.entries[0]?.parent?.action.name ?? null, block.branch.key) ?? "";
  const called = applyPatch(parse(text), [{ op: "set", at: "/runAfter", text: linksText(block.after) }]).text;
  const rewrites = reading(call);
  return [
    ...rewrites.filter((one) => one.op !== "rename"), ...links,
    { op: "insert", at: `${parent}/${escapePart(call)}`, text: called, before: names[0] ?? null },
    ...block.entries.map((entry): Splice => ({ op: "remove", at: entry.pointer })),
    ...rewrites.filter((one) => one.op === "rename"),
  ];
}
