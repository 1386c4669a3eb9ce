/**
 * Where everything stands on the canvas: a linear layout of dominator blocks, bottom up, one block per action.
 *
 * In each branch the actions form a DAG by `runAfter`. An action with one predecessor is a *branch* of it: branches stand
 * side by side, centred under their parent, so a plain chain is a straight line. An action with several predecessors is a
 * *join*: it hangs below the nearest action that dominates all of them, under the lowest block that leads to it.
 * Blocks never overlap and no edge goes upward; a container's inside is laid out once and kept while it does not change.
 *
 * All numbers are CSS pixels at zoom 1; y grows downward.
 */
import type { Action, Branch, Graph, RunAfterStatus } from "./graph";
import { placesOf, topological } from "./order";
import { METRICS, type Box, type Metrics } from "./sizes";

export { METRICS, RUN_METRICS } from "./sizes";

/** A spot where something can be inserted: after these actions and before those, inside one branch. */
export interface Place {
  /** Name of the container, or null for the top level. */
  readonly container: string | null;
  readonly branch: string;
  readonly after: readonly string[];
  readonly before: readonly string[];
}

export interface Spot extends Place {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

export type ItemKind = "trigger" | "card" | "container" | "branch" | "empty";

export interface Item extends Box {
  readonly kind: ItemKind;
  readonly id: string;
  /** The action or trigger (for a branch or an empty branch: its container; "" at the top level). */
  readonly name: string;
  readonly action: Action | null;
  readonly branch: Branch | null;
  readonly depth: number;
  readonly collapsed: boolean;
}

export interface Edge {
  readonly id: string;
  readonly container: string | null;
  readonly branch: string;
  /** null: the start of the branch (trigger or container header). */
  readonly from: string | null;
  readonly to: string;
  /** x0, y0, x1, y1, … */
  readonly points: readonly number[];
  /** Statuses other than just Succeeded; null where no label is needed. */
  readonly statuses: readonly RunAfterStatus[] | null;
  /** Where the label's centre goes. */
  readonly labelX: number;
  readonly labelY: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly items: readonly Item[];
  readonly edges: readonly Edge[];
  readonly spots: readonly Spot[];
  readonly byId: ReadonlyMap<string, Item>;
}

export interface LayoutOptions {
  readonly metrics?: Metrics;
  readonly collapsed?: ReadonlySet<string>;
  readonly memo?: LayoutMemo;
}

const STUB = 28;
const LABEL = 32;
const LANE = 28;

interface Part {
  readonly width: number;
  readonly height: number;
  readonly items: readonly Item[];
  readonly edges: readonly Edge[];
  readonly spots: readonly Spot[];
  readonly inner: readonly { readonly part: Part; readonly x: number; readonly y: number }[];
  /** Its own things where it stood last: an edit further down moves nothing here. */
  placed?: { readonly x: number; readonly y: number; readonly items: readonly Item[]; readonly edges: readonly Edge[]; readonly spots: readonly Spot[] };
}

/** Insides of containers, kept by the identity of their (immutable) action. One memo per canvas. */
export class LayoutMemo {
  private parts = new WeakMap<Action, Part>();
  private metrics: Metrics | null = null;
  private collapsed: ReadonlySet<string> | null = null;

  begin(metrics: Metrics, collapsed: ReadonlySet<string>): void {
    if (metrics === this.metrics && collapsed === this.collapsed) return;
    this.parts = new WeakMap();
    this.metrics = metrics;
    this.collapsed = collapsed;
  }

  get(action: Action): Part | undefined {
    return this.parts.get(action);
  }

  set(action: Action, part: Part): void {
    this.parts.set(action, part);
  }
}

const NONE: ReadonlySet<string> = new Set();
const NOTHING: readonly never[] = [];

export function layout(graph: Graph, options: LayoutOptions = {}): Layout {
  const metrics = options.metrics ?? METRICS;
  const collapsed = options.collapsed ?? NONE;
  const memo = options.memo ?? new LayoutMemo();
  memo.begin(metrics, collapsed);
  const context: Context = { metrics, collapsed, memo };
  const root = branchPart(graph.root, null, 0, context);
  const triggers = graph.triggers;
  const row = triggers.length * metrics.cardWidth + Math.max(0, triggers.length - 1) * metrics.gapX;
  const width = Math.max(root.part.width + Math.abs(root.part.width - 2 * root.centre), row, metrics.cardWidth);
  const centre = Math.max(width / 2, root.centre);
  const items: Item[] = [];
  const edges: Edge[] = [];
  const spots: Spot[] = [];
  const top = triggers.length > 0 || graph.root.actions.length > 0 ? metrics.cardHeight : 0;
  if (triggers.length === 0 && top > 0) items.push(missingTrigger(centre, metrics));
  if (triggers.length > 0) placeTriggers(triggers, centre - row / 2, centre, metrics, items, edges);
  flatten(root.part, centre - root.centre, top, items, edges, spots);
  if (triggers.length === 0 && graph.root.actions.length === 0) spots.length = 0;
  if (triggers.length > 1 && triggers.length % 2 === 0) startAtBar(edges, metrics);
  const byId = new Map(items.map((item) => [item.id, item]));
  return { width: Math.max(width, centre + root.part.width - root.centre), height: top + root.part.height, items, edges, spots, byId };
}

/** With an even number of triggers none stands in the middle: the trunk begins at the bar that joins them. */
function startAtBar(edges: Edge[], metrics: Metrics): void {
  edges.forEach((edge, index) => {
    if (edge.container !== null || edge.from !== null || edge.points[1] !== metrics.cardHeight) return;
    edges[index] = { ...edge, points: edge.points.map((value, place) => (place === 1 ? value + 16 : value)) };
  });
}

/** Where the trigger would stand. */
function missingTrigger(centre: number, metrics: Metrics): Item {
  return {
    kind: "empty", id: "trigger:none", name: "", action: null, branch: null, depth: 0, collapsed: false,
    x: centre - metrics.cardWidth / 2, y: 0, width: metrics.cardWidth, height: metrics.cardHeight,
  };
}

function placeTriggers(triggers: readonly Action[], left: number, centre: number, metrics: Metrics, items: Item[], edges: Edge[]): void {
  triggers.forEach((trigger, index) => {
    const x = left + index * (metrics.cardWidth + metrics.gapX);
    items.push({
      kind: "trigger", id: `trigger:${trigger.name}`, name: trigger.name, action: trigger, branch: null, depth: 0, collapsed: false,
      x, y: 0, width: metrics.cardWidth, height: metrics.cardHeight,
    });
    const middle = x + metrics.cardWidth / 2;
    if (middle === centre) return;
    const y = metrics.cardHeight + 16;
    edges.push({
      id: `bar:${trigger.name}`, container: null, branch: "", from: trigger.name, to: "", statuses: null, labelX: 0, labelY: 0,
      points: [middle, metrics.cardHeight, middle, y, centre, y],
    });
  });
}

function flatten(part: Part, x: number, y: number, items: Item[], edges: Edge[], spots: Spot[]): void {
  if (part.placed?.x !== x || part.placed.y !== y) part.placed = placedAt(part, x, y);
  const { placed } = part;
  for (const item of placed.items) items.push(item);
  for (const edge of placed.edges) edges.push(edge);
  for (const spot of placed.spots) spots.push(spot);
  for (const inner of part.inner) flatten(inner.part, x + inner.x, y + inner.y, items, edges, spots);
}

/** Written out member by member: what opens a definition runs once, and unoptimised code copies with `...` slowly. */
function placedAt(part: Part, x: number, y: number): NonNullable<Part["placed"]> {
  return {
    x, y,
    items: part.items.length === 0 ? NOTHING : part.items.map((item) => ({
      kind: item.kind, id: item.id, name: item.name, action: item.action, branch: item.branch, depth: item.depth, collapsed: item.collapsed,
      x: item.x + x, y: item.y + y, width: item.width, height: item.height,
    })),
    edges: part.edges.length === 0 ? NOTHING : part.edges.map((edge) => ({
      id: edge.id, container: edge.container, branch: edge.branch, from: edge.from, to: edge.to, points: shifted(edge.points, x, y),
      statuses: edge.statuses, labelX: edge.labelX + x, labelY: edge.labelY + y,
    })),
    spots: part.spots.length === 0 ? NOTHING : part.spots.map((spot) => ({
      container: spot.container, branch: spot.branch, after: spot.after, before: spot.before, id: spot.id, x: spot.x + x, y: spot.y + y,
    })),
  };
}

function shifted(points: readonly number[], x: number, y: number): number[] {
  const moved: number[] = [];
  for (let index = 0; index < points.length; index += 2) moved.push((points[index] ?? 0) + x, (points[index + 1] ?? 0) + y);
  return moved;
}

interface Context {
  readonly metrics: Metrics;
  readonly collapsed: ReadonlySet<string>;
  readonly memo: LayoutMemo;
}

// ---------------------------------------------------------------------------------------------- one action

/** The part an action occupies: a card, or a container with everything inside it. */
function actionPart(action: Action, depth: number, context: Context): Part {
  const known = context.memo.get(action);
  if (known) return known;
  const part = action.container ? containerPart(action, depth, context) : cardPart(action, depth, context.metrics);
  context.memo.set(action, part);
  return part;
}

function cardPart(action: Action, depth: number, metrics: Metrics): Part {
  const item: Item = {
    kind: "card", id: action.name, name: action.name, action, branch: null, depth, collapsed: false,
    x: 0, y: 0, width: metrics.cardWidth, height: metrics.cardHeight,
  };
  return { width: metrics.cardWidth, height: metrics.cardHeight, items: [item], edges: NOTHING, spots: NOTHING, inner: NOTHING };
}

function containerPart(action: Action, depth: number, context: Context): Part {
  const { metrics } = context;
  const closed = context.collapsed.has(action.name);
  const frame = (width: number, height: number): Item => ({
    kind: "container", id: action.name, name: action.name, action, branch: null, depth, collapsed: closed, x: 0, y: 0, width, height,
  });
  if (closed) {
    const height = metrics.headerHeight;
    return { width: metrics.cardWidth, height, items: [frame(metrics.cardWidth, height)], edges: NOTHING, spots: NOTHING, inner: NOTHING };
  }
  const headed = action.branches.length !== 1 || action.branches[0]?.title !== "";
  const columns = action.branches.map((branch) => ({ branch, ...branchPart(branch, action.name, depth + 1, context) }));
  const widths = columns.map((column) => Math.max(column.part.width, headed ? metrics.branchWidth : 0));
  const total = widths.reduce((sum, width) => sum + width, 0) + Math.max(0, columns.length - 1) * metrics.gapX;
  const width = Math.max(total + 2 * metrics.padding, metrics.cardWidth + 2 * metrics.padding);
  const branchTop = headed ? metrics.headerHeight + STUB : metrics.headerHeight;
  const bodyTop = headed ? branchTop + metrics.branchHeight : branchTop;
  const items: Item[] = [];
  const edges: Edge[] = [];
  const inner: { part: Part; x: number; y: number }[] = [];
  let x = (width - total) / 2;
  let bottom = bodyTop;
  columns.forEach((column, index) => {
    const wide = widths[index] ?? 0;
    const shift = x + Math.max(0, (wide - column.part.width) / 2);
    const centre = shift + column.centre;
    if (headed) {
      items.push({
        kind: "branch", id: `${action.name}/${column.branch.key}`, name: action.name, action, branch: column.branch, depth: depth + 1,
        collapsed: false, x: centre - metrics.branchWidth / 2, y: branchTop, width: metrics.branchWidth, height: metrics.branchHeight,
      });
      const y = branchTop - STUB / 2;
      edges.push({
        id: `head:${action.name}/${column.branch.key}`, container: action.name, branch: column.branch.key, from: null, to: "",
        statuses: null, labelX: 0, labelY: 0, points: [width / 2, metrics.headerHeight, width / 2, y, centre, y, centre, branchTop],
      });
    }
    inner.push({ part: column.part, x: shift, y: bodyTop });
    bottom = Math.max(bottom, bodyTop + column.part.height);
    x += wide + metrics.gapX;
  });
  const height = bottom + metrics.bottom;
  return { width, height, items: [frame(width, height), ...items], edges, spots: NOTHING, inner };
}

// ---------------------------------------------------------------------------------------------- one branch

interface Flow {
  readonly actions: readonly Action[];
  readonly parts: readonly Part[];
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  readonly kids: readonly (readonly number[])[];
  readonly dominator: readonly number[];
}

/** A block: how far it reaches to both sides of its own centre line, and down from its top. */
interface Block {
  left: number;
  right: number;
  height: number;
  innerLane: number;
  escapeLane: number;
}

interface Placed {
  readonly centre: number;
  readonly part: Part;
}

function branchPart(branch: Branch, container: string | null, depth: number, context: Context): Placed {
  const { metrics } = context;
  if (branch.actions.length === 0) return emptyPart(branch, container, depth, metrics);
  const flow = readFlow(branch.actions, depth, context);
  const count = flow.actions.length;
  const dx = new Float64Array(count);
  const dy = new Float64Array(count);
  const blocks: Block[] = new Array<Block>(count);
  for (let index = count - 1; index >= 0; index -= 1) blocks[index] = placeKids(index, flow, blocks, dx, dy, metrics);
  const root = placeKids(-1, flow, blocks, dx, dy, metrics);
  const xs = new Float64Array(count);
  const ys = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const parent = flow.dominator[index] ?? -1;
    xs[index] = (dx[index] ?? 0) + (parent < 0 ? root.left : (xs[parent] ?? 0));
    ys[index] = (dy[index] ?? 0) + (parent < 0 ? 0 : (ys[parent] ?? 0));
  }
  const inner = flow.parts.map((part, index) => ({ part, x: (xs[index] ?? 0) - part.width / 2, y: ys[index] ?? 0 }));
  const routes = route(branch, container, flow, blocks, root, xs, ys);
  return {
    centre: root.left,
    part: { width: root.left + root.right, height: root.height, items: NOTHING, edges: routes.edges, spots: routes.spots, inner },
  };
}

function emptyPart(branch: Branch, container: string | null, depth: number, metrics: Metrics): Placed {
  const name = container ?? "";
  if (container === null) return { centre: metrics.cardWidth / 2, part: { width: metrics.cardWidth, height: 0, items: [], edges: [], spots: [rootSpot(metrics)], inner: [] } };
  const item: Item = {
    kind: "empty", id: `${name}/${branch.key}/empty`, name, action: null, branch, depth, collapsed: false,
    x: 0, y: STUB, width: metrics.emptyWidth, height: metrics.emptyHeight,
  };
  const middle = metrics.emptyWidth / 2;
  const edge: Edge = {
    id: `empty:${name}/${branch.key}`, container, branch: branch.key, from: null, to: "", statuses: null, labelX: 0, labelY: 0,
    points: [middle, 0, middle, STUB],
  };
  const part: Part = { width: metrics.emptyWidth, height: STUB + metrics.emptyHeight, items: [item], edges: [edge], spots: [], inner: [] };
  return { centre: middle, part };
}

function rootSpot(metrics: Metrics): Spot {
  return { id: "spot:root", container: null, branch: "actions", after: [], before: [], x: metrics.cardWidth / 2, y: STUB };
}

/** Topological order (ties: order in the definition), predecessors, immediate dominators. */
function readFlow(actions: readonly Action[], depth: number, context: Context): Flow {
  const order = topological(actions);
  const place = placesOf(order);
  const before: number[][] = [];
  const after: number[][] = order.map(() => []);
  const dominator: number[] = [];
  const level: number[] = [];
  const kids: number[][] = Array.from({ length: order.length + 1 }, () => []);
  order.forEach((action, index) => {
    const found = new Set<number>();
    for (const entry of action.runAfter) {
      const at = place.get(entry.name.toLowerCase());
      if (at !== undefined && at < index) found.add(at);
    }
    const sources = found.size > 1 ? [...found].sort((a, b) => a - b) : [...found];
    before.push(sources);
    for (const source of sources) after[source]?.push(index);
    let parent = sources[0] ?? -1;
    for (const source of sources.slice(1)) parent = meet(parent, source, dominator, level);
    dominator.push(parent);
    level.push(parent < 0 ? 0 : (level[parent] ?? 0) + 1);
    kids[parent + 1]?.push(index);
  });
  return { actions: order, parts: order.map((action) => actionPart(action, depth, context)), before, after, kids, dominator };
}

function meet(first: number, second: number, dominator: readonly number[], level: readonly number[]): number {
  let a = first;
  let b = second;
  while (a !== b) {
    if (a < 0 || b < 0) return -1;
    if ((level[a] ?? 0) >= (level[b] ?? 0)) a = dominator[a] ?? -1;
    else b = dominator[b] ?? -1;
  }
  return a;
}

const isJoin = (index: number, flow: Flow): boolean => (flow.before[index]?.length ?? 0) > 1;

function needsLabel(index: number, flow: Flow): boolean {
  return flow.actions[index]?.runAfter.some((entry) => !entry.plain) ?? false;
}

/** Puts the dominated children of one action below it and measures the block they form together. */
function placeKids(index: number, flow: Flow, blocks: readonly Block[], dx: Float64Array, dy: Float64Array, metrics: Metrics): Block {
  const own = index < 0 ? undefined : flow.parts[index];
  const half = own ? own.width / 2 : 0;
  const top = own ? own.height : 0;
  const block: Block = { left: half, right: half, height: top, innerLane: 0, escapeLane: 0 };
  const kids = flow.kids[index + 1] ?? [];
  if (kids.length === 0) return block;
  const branches = kids.filter((kid) => !isJoin(kid, flow));
  const joins = kids.filter((kid) => isJoin(kid, flow));
  placeBranches(branches, top, flow, blocks, dx, dy, metrics);
  for (const kid of branches) grow(block, kid, blocks, dx, dy);
  if (index >= 0 && branches.length > 0 && joins.some((kid) => flow.before[kid]?.includes(index))) {
    block.innerLane = block.right + LANE;
    block.right = block.innerLane;
  }
  const done = [...branches];
  for (const kid of joins) {
    placeJoin(kid, index, done, block, flow, blocks, dx, dy, metrics);
    done.push(kid);
    grow(block, kid, blocks, dx, dy);
  }
  if (index >= 0 && flow.after[index]?.some((target) => !dominates(index, target, flow))) {
    block.escapeLane = block.right + LANE;
    block.right = block.escapeLane;
  }
  return block;
}

function dominates(index: number, target: number, flow: Flow): boolean {
  let at = flow.dominator[target] ?? -1;
  while (at > index) at = flow.dominator[at] ?? -1;
  return at === index;
}

function grow(block: Block, kid: number, blocks: readonly Block[], dx: Float64Array, dy: Float64Array): void {
  const inner = blocks[kid];
  if (!inner) return;
  const x = dx[kid] ?? 0;
  block.left = Math.max(block.left, inner.left - x);
  block.right = Math.max(block.right, inner.right + x);
  block.height = Math.max(block.height, (dy[kid] ?? 0) + inner.height);
}

function placeBranches(branches: readonly number[], top: number, flow: Flow, blocks: readonly Block[], dx: Float64Array, dy: Float64Array, metrics: Metrics): void {
  const stub = branches.some((kid) => needsLabel(kid, flow)) ? LABEL : 0;
  let x = 0;
  const centres: number[] = [];
  branches.forEach((kid, position) => {
    const block = blocks[kid];
    const left = block?.left ?? 0;
    if (position > 0) x += left + metrics.gapX;
    centres.push(x);
    x += block?.right ?? 0;
  });
  const middle = ((centres[0] ?? 0) + (centres[centres.length - 1] ?? 0)) / 2;
  branches.forEach((kid, position) => {
    dx[kid] = (centres[position] ?? 0) - middle;
    dy[kid] = top + metrics.gapY + stub;
  });
}

function placeJoin(
  kid: number, parent: number, done: readonly number[], owner: Block, flow: Flow, blocks: readonly Block[],
  dx: Float64Array, dy: Float64Array, metrics: Metrics,
): void {
  const block = blocks[kid];
  if (!block) return;
  let low = Infinity;
  let high = -Infinity;
  for (const source of flow.before[kid] ?? []) {
    let child = source;
    while (child !== parent && (flow.dominator[child] ?? -1) !== parent) child = flow.dominator[child] ?? -1;
    const x = child === parent ? 0 : (dx[child] ?? 0);
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  const x = (low + high) / 2;
  const left = Math.min(x - block.left, low) - metrics.gapX / 2;
  const lane = (flow.before[kid] ?? []).includes(parent) ? owner.innerLane : high;
  const right = Math.max(x + block.right, high, lane) + metrics.gapX / 2;
  let bottom = 0;
  for (const other of done) {
    const there = blocks[other];
    if (!there) continue;
    const at = dx[other] ?? 0;
    if (at + there.right < left || at - there.left > right) continue;
    bottom = Math.max(bottom, (dy[other] ?? 0) + there.height);
  }
  dx[kid] = x;
  dy[kid] = bottom + metrics.gapY + (needsLabel(kid, flow) ? LABEL : 0);
}

// ---------------------------------------------------------------------------------------------- edges

interface Routes {
  readonly edges: Edge[];
  readonly spots: Spot[];
}

function route(branch: Branch, container: string | null, flow: Flow, blocks: readonly Block[], root: Block, xs: Float64Array, ys: Float64Array): Routes {
  const edges: Edge[] = [];
  const spots: Spot[] = [];
  const base = { container, branch: branch.key };
  const prefix = `${container ?? ""}/${branch.key}`;
  const roots = (flow.kids[0] ?? []).filter((kid) => !isJoin(kid, flow));
  const bottomOf = (index: number): number => (ys[index] ?? 0) + (flow.parts[index]?.height ?? 0);
  const nameOf = (index: number): string => flow.actions[index]?.name ?? "";
  // Siblings turn at one height, so that a fork is one line, also where only some of its edges carry a label.
  const stubOf = (to: number): number => {
    const siblings = flow.kids[(flow.dominator[to] ?? -1) + 1] ?? [];
    return siblings.some((kid) => !isJoin(kid, flow) && needsLabel(kid, flow)) ? LABEL : 0;
  };
  const connect = (from: number, to: number): void => {
    const target = flow.actions[to];
    if (!target) return;
    const source = from < 0 ? null : nameOf(from);
    const sx = from < 0 ? root.left : (xs[from] ?? 0);
    const sy = from < 0 ? 0 : bottomOf(from);
    const tx = xs[to] ?? 0;
    const ty = ys[to] ?? 0;
    const entry = source === null ? undefined : linkFrom(target, source);
    const joins = isJoin(to, flow);
    const turn = ty - STUB - (joins ? 0 : stubOf(to));
    const lane = joins ? laneX(from, to, flow, blocks, xs) : null;
    edges.push({
      id: `${prefix}:${nameOf(from)}>${target.name}`, container, branch: branch.key, from: source, to: target.name,
      points: path(sx, sy, tx, ty, turn, lane), statuses: entry && !entry.plain ? entry.statuses : null,
      labelX: joins ? lane ?? sx : tx, labelY: joins ? turn - 14 : ty - STUB + 2,
    });
  };
  for (const kid of roots) connect(-1, kid);
  addSpots(-1, roots, root.left, 0, flow, xs, ys, base, prefix, spots);
  for (let index = 0; index < flow.actions.length; index += 1) {
    const targets = flow.after[index] ?? [];
    for (const target of targets) connect(index, target);
    addSpots(index, targets, xs[index] ?? 0, bottomOf(index), flow, xs, ys, base, prefix, spots);
    if (isJoin(index, flow)) {
      const after = (flow.before[index] ?? []).map(nameOf);
      spots.push({ id: `${prefix}:join>${nameOf(index)}`, ...base, after, before: [nameOf(index)], x: xs[index] ?? 0, y: (ys[index] ?? 0) - 14 });
    }
  }
  return { edges, spots };
}

/** What a target says of the action it runs after; mostly in the same spelling. */
function linkFrom(target: Action, source: string): Action["runAfter"][number] | undefined {
  return target.runAfter.find((one) => one.name === source) ?? target.runAfter.find((one) => one.name.toLowerCase() === source.toLowerCase());
}

/** The column beside the blocks in between, where the edge of a join needs one. */
function laneX(from: number, to: number, flow: Flow, blocks: readonly Block[], xs: Float64Array): number | null {
  const block = blocks[from];
  if (from < 0 || !block) return null;
  const lane = dominates(from, to, flow) ? block.innerLane : block.escapeLane;
  if (lane === 0 || (flow.kids[from + 1] ?? []).length === 0) return null;
  return (xs[from] ?? 0) + lane;
}

function path(sx: number, sy: number, tx: number, ty: number, turn: number, lane: number | null): number[] {
  if (lane !== null) return [sx, sy, sx, sy + STUB, lane, sy + STUB, lane, turn, tx, turn, tx, ty];
  if (sx === tx) return [sx, sy, tx, ty];
  return [sx, sy, sx, turn, tx, turn, tx, ty];
}

function addSpots(
  index: number, targets: readonly number[], x: number, y: number, flow: Flow, xs: Float64Array, ys: Float64Array,
  base: { readonly container: string | null; readonly branch: string }, prefix: string, spots: Spot[],
): void {
  const name = index < 0 ? "" : (flow.actions[index]?.name ?? "");
  const after = index < 0 ? [] : [name];
  const nameOf = (at: number): string => flow.actions[at]?.name ?? "";
  const id = (suffix: string): string => `${prefix}:${name}+${suffix}`;
  if (targets.length <= 1) {
    const only = targets[0];
    const before = only === undefined ? [] : [nameOf(only)];
    const near = only !== undefined && isJoin(only, flow) && needsLabel(only, flow) ? 16 : STUB;
    const next = only === undefined || isJoin(only, flow) ? y + near : (y + (ys[only] ?? 0) - (needsLabel(only, flow) ? LABEL : 0)) / 2;
    spots.push({ id: id(before[0] ?? ""), ...base, after, before, x, y: next });
    return;
  }
  spots.push({ id: id("all"), ...base, after, before: targets.map(nameOf), x, y: y + STUB / 2 });
  for (const target of targets) {
    if (isJoin(target, flow)) continue;
    const up = needsLabel(target, flow) ? LABEL + 12 : 14;
    spots.push({ id: id(nameOf(target)), ...base, after, before: [nameOf(target)], x: xs[target] ?? 0, y: (ys[target] ?? 0) - up });
  }
}
