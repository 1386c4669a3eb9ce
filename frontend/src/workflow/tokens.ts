/** What an expression at one place can read: the trigger, earlier actions, loops, variables, parameters. */
import { titleOf } from "./draft";
import { containersOf, everyAction, find, freeName, upstream, type Action, type Graph } from "./graph";
import type { Document } from "./document";
import { pillWords } from "./words";
import { at } from "./document";
import { down, jsonOf, member, stringOf } from "./tree";

export interface Token {
  readonly id: string;
  readonly label: string;
  /** Names from the group down to the value. */
  readonly path: readonly string[];
  readonly type: string;
  /** Without `@`. */
  readonly expression: string;
  readonly description: string;
  /** Of a list: what one of its items looks like. */
  readonly items?: Shape | undefined;
}

export interface TokenGroup {
  readonly id: string;
  readonly title: string;
  readonly kind: "loop" | "trigger" | "action" | "variables" | "parameters" | "workflow";
  readonly action: Action | null;
  readonly tokens: readonly Token[];
}

/** The parts of a JSON schema that names can be read from. */
export interface Shape {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

export type OutputsOf = (action: Action) => Shape | undefined;

const MAX_DEPTH = 5;
const MAX_TOKENS = 120;

const quoted = (name: string): string => `'${name.replace(/'/g, "''")}'`;
export const typeOf = (shape: Shape): string => (typeof shape.type === "string" ? shape.type : (shape.type?.find((one) => one !== "null") ?? (shape.properties ? "object" : "any")));

export function tokenGroups(document: Document, graph: Graph, name: string, outputsOf: OutputsOf): TokenGroup[] {
  const entry = find(graph, name);
  const groups: TokenGroup[] = [];
  for (const around of containersOf(graph, name)) {
    if (around.action.type === "Foreach") groups.push(loopGroup(graph, around.action, outputsOf));
    if (around.action.type === "Until") groups.push(untilGroup(around.action));
  }
  if (entry?.action.type === "Until" || entry?.action.type === "Foreach") for (const inner of entry.action.type === "Until" ? entry.action.branches.flatMap((branch) => branch.actions) : []) groups.push(actionGroup(inner, outputsOf));
  if (entry && ["Select", "Query", "Table"].includes(entry.action.type)) groups.unshift(itemGroup(graph, entry.action, outputsOf));
  if (!entry?.action.trigger) for (const trigger of graph.triggers) groups.push(triggerGroup(trigger, outputsOf));
  for (const action of entry ? upstream(graph, name) : []) {
    const group = actionGroup(action, outputsOf);
    if (group.tokens.length > 0) groups.push(group);
  }
  const variables = variableTokens(graph);
  if (variables.length > 0) groups.push({ id: "variables", title: "Variables", kind: "variables", action: null, tokens: variables });
  const parameters = parameterTokens(document, graph);
  if (parameters.length > 0) groups.push({ id: "parameters", title: "Parameters", kind: "parameters", action: null, tokens: parameters });
  groups.push(workflowGroup());
  // Order of the menu: what is nearest first; the trigger before all actions.
  return groups;
}

function list(shape: Shape | undefined, root: string, path: readonly string[], id: string, into: Token[], depth = 0): void {
  if (!shape?.properties || depth > MAX_DEPTH) return;
  for (const [name, inner] of Object.entries(shape.properties)) {
    if (into.length >= MAX_TOKENS) return;
    const expression = `${root}?[${quoted(name)}]`;
    const here = [...path, name];
    into.push({ id: `${id}/${here.join("/")}`, label: inner.title ?? titleOf(name), path: here, type: typeOf(inner), expression, description: inner.description ?? "", items: inner.items });
    if (typeOf(inner) === "object") list(inner, expression, here, id, into, depth + 1);
  }
}

/** The outputs schema with what the action's own text says about its body (a schema the author gave). */
function shapeOf(action: Action, outputsOf: OutputsOf): Shape {
  const outputs = outputsOf(action) ?? {};
  const written = action.type === "ParseJson" || action.type === "Request" || action.type === "Manual" ? down(action.value, "inputs", "schema") : undefined;
  if (written?.kind !== "object" || written.members.length === 0) return outputs;
  return { ...outputs, type: "object", properties: { ...outputs.properties, body: { title: "Body", ...(jsonOf(written) as Shape) } } };
}

/** Types that have no outputs to speak of. */
const SILENT = new Set(["If", "Switch", "Scope", "Until", "Foreach", "Terminate", "Wait", "InitializeVariable", "AppendToArrayVariable", "AppendToStringVariable", "Response", "SetVariable", "IncrementVariable", "DecrementVariable"]);

function actionGroup(action: Action, outputsOf: OutputsOf): TokenGroup {
  const tokens: Token[] = [];
  const id = action.name;
  const name = quoted(action.name);
  const shape = shapeOf(action, outputsOf);
  if (action.type === "Compose") tokens.push({ id: `${id}/outputs`, label: "Outputs", path: [], type: "any", expression: `outputs(${name})`, description: "What the action holds" });
  else if (action.container) tokens.push({ id: `${id}/result`, label: "Results of the actions inside", path: [], type: "array", expression: `result(${name})`, description: "Status, inputs and outputs of each action" });
  else if (!SILENT.has(action.type)) outputTokens(shape, `outputs(${name})`, `body(${name})`, id, tokens);
  return { id, title: titleOf(action.name), kind: "action", action, tokens };
}

function outputTokens(shape: Shape, outputs: string, body: string, id: string, tokens: Token[]): void {
  const inner = shape.properties?.body;
  tokens.push({ id: `${id}/body`, label: inner?.title ?? "Body", path: ["body"], type: inner ? typeOf(inner) : "any", expression: body, description: inner?.description ?? "", items: inner?.items });
  list(inner, body, ["body"], id, tokens);
  for (const [name, other] of Object.entries(shape.properties ?? {})) {
    if (name === "body") continue;
    const expression = `${outputs}?[${quoted(name)}]`;
    tokens.push({ id: `${id}/${name}`, label: other.title ?? titleOf(name), path: [name], type: typeOf(other), expression, description: other.description ?? "", items: other.items });
    list(other, expression, [name], id, tokens, 1);
  }
}

function triggerGroup(trigger: Action, outputsOf: OutputsOf): TokenGroup {
  const tokens: Token[] = [];
  if (trigger.type !== "Recurrence") outputTokens(shapeOf(trigger, outputsOf), "triggerOutputs()", "triggerBody()", trigger.name, tokens);
  const names = [...(stringOf(down(trigger.value, "inputs", "relativePath")) ?? "").matchAll(/\{([^}]+)\}/g)].map((found) => found[1] ?? "");
  for (const name of names) {
    tokens.push({ id: `${trigger.name}/path/${name}`, label: name, path: ["relativePathParameters", name], type: "string", expression: `triggerOutputs()?['relativePathParameters']?[${quoted(name)}]`, description: "Part of the address" });
  }
  return { id: trigger.name, title: titleOf(trigger.name), kind: "trigger", action: trigger, tokens };
}

/** The shape an expression leads to, following member names through schemas. */
export function shapeAt(graph: Graph, expression: string, outputsOf: OutputsOf): Shape | undefined {
  const trigger = graph.triggers[0];
  const text = expression.trim().replace(/^@\{?/, "").replace(/\}$/, "");
  const call = /^([A-Za-z]+)\(\s*(?:'((?:[^']|'')*)')?\s*\)/.exec(text);
  if (!call) return undefined;
  const name = (call[2] ?? "").replace(/''/g, "'");
  const action = find(graph, name)?.action;
  const source = (call[1] ?? "").toLowerCase();
  let shape: Shape | undefined;
  if (source === "triggerbody" || source === "triggeroutputs") shape = trigger ? shapeOf(trigger, outputsOf) : undefined;
  else if (source === "body" || source === "outputs") shape = action ? shapeOf(action, outputsOf) : undefined;
  else if (source === "items") shape = action ? shapeAt(graph, stringOf(member(action.value, "foreach")) ?? "", outputsOf)?.items : undefined;
  if (source === "triggerbody" || source === "body") shape = shape?.properties?.body;
  for (const step of text.slice(call[0].length).matchAll(/\??\['((?:[^']|'')*)'\]|\??\.([A-Za-z_]\w*)|\??\[(\d+)\]/g)) {
    shape = step[3] === undefined ? shape?.properties?.[(step[1] ?? step[2] ?? "").replace(/''/g, "'")] : shape?.items;
  }
  return shape;
}

function loopGroup(graph: Graph, loop: Action, outputsOf: OutputsOf): TokenGroup {
  const root = `items(${quoted(loop.name)})`;
  const shape = shapeAt(graph, stringOf(member(loop.value, "foreach")) ?? "", outputsOf)?.items;
  const tokens: Token[] = [{ id: `${loop.name}/item`, label: "Current item", path: [], type: shape ? typeOf(shape) : "any", expression: root, description: `The item ${titleOf(loop.name)} is at` }];
  list(shape, root, [], `${loop.name}/item`, tokens);
  return { id: `loop:${loop.name}`, title: titleOf(loop.name), kind: "loop", action: loop, tokens };
}

function itemGroup(graph: Graph, action: Action, outputsOf: OutputsOf): TokenGroup {
  const shape = shapeAt(graph, stringOf(down(action.value, "inputs", "from")) ?? "", outputsOf)?.items;
  const tokens: Token[] = [{ id: `${action.name}/item`, label: "Current item", path: [], type: shape ? typeOf(shape) : "any", expression: "item()", description: "The item this action is at" }];
  list(shape, "item()", [], `${action.name}/item`, tokens);
  return { id: `item:${action.name}`, title: "Current item", kind: "loop", action, tokens };
}

function untilGroup(loop: Action): TokenGroup {
  const token: Token = { id: `${loop.name}/index`, label: "Iteration", path: [], type: "integer", expression: `iterationIndexes(${quoted(loop.name)})`, description: "Counts from 0" };
  return { id: `loop:${loop.name}`, title: titleOf(loop.name), kind: "loop", action: loop, tokens: [token] };
}

/** A loop that gives an action one item of a list at a time. */
export interface Repetition {
  readonly loop: string;
  /** There is none yet: the action is put into a new one. */
  readonly wraps: boolean;
}

/** What may stand in a loop only once, or is one that such a list may come out of. */
const NEVER_REPEATED = new Set(["InitializeVariable", "Response", "Terminate", "Foreach", "Until"]);

/** The loop around an action that goes over a list already, or the new one that would; null where it cannot be repeated. */
export function repetitionOver(graph: Graph, name: string, list: string): Repetition | null {
  const entry = find(graph, name);
  if (!entry || entry.action.trigger || NEVER_REPEATED.has(entry.action.type) || /\bitem\(\)/.test(list)) return null;
  const around = containersOf(graph, name).find((one) => one.action.type === "Foreach" && [`@${list}`, `@{${list}}`].includes(stringOf(member(one.action.value, "foreach")) ?? ""));
  return around ? { loop: around.action.name, wraps: false } : { loop: freeName(graph, "For_each"), wraps: true };
}

export interface Variable {
  readonly name: string;
  readonly type: string;
}

/** Variables that the workflow declares anywhere. */
export function variablesOf(graph: Graph): Variable[] {
  return everyAction(graph).filter((action) => action.type === "InitializeVariable").flatMap((action) =>
    (down(action.value, "inputs", "variables")?.items ?? []).map((one) => ({ name: stringOf(member(one, "name")) ?? "", type: (stringOf(member(one, "type")) ?? "").toLowerCase() })),
  ).filter((variable) => variable.name !== "");
}

function variableTokens(graph: Graph): Token[] {
  return variablesOf(graph).map((variable) => ({
    id: `variable/${variable.name}`, label: variable.name, path: [], type: variable.type, expression: `variables(${quoted(variable.name)})`, description: "",
  }));
}

function parameterTokens(document: Document, graph: Graph): Token[] {
  const node = at(document, `${graph.base}/parameters`);
  return (node?.members ?? []).filter((one) => !one.name.startsWith("$")).map((one) => ({
    id: `parameter/${one.name}`, label: one.name, path: [], type: (stringOf(member(one.value, "type")) ?? "any").toLowerCase(), expression: `parameters(${quoted(one.name)})`,
    description: stringOf(down(one.value, "metadata", "description")) ?? "",
  }));
}

function workflowGroup(): TokenGroup {
  const token = (label: string, expression: string, type: string, description: string): Token => ({ id: `workflow/${label}`, label, path: [], type, expression, description });
  return {
    id: "workflow", title: "Workflow and run", kind: "workflow", action: null,
    tokens: [
      token("Workflow name", "workflow()?['name']", "string", ""),
      token("Run id", "workflow()?['run']?['name']", "string", ""),
      token("Time now (UTC)", "utcNow()", "string", "When the expression is evaluated"),
      token("New unique id", "guid()", "string", ""),
    ],
  };
}

/** A token as it is written into a text field: interpolated; alone in its field it keeps its type. */
export function insertion(expression: string, alone: boolean): string {
  return alone ? `@${expression}` : `@{${expression}}`;
}

export function labelOf(expression: string): string {
  return pillWords(expression).label;
}

