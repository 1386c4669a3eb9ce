import { useStore } from "@xyflow/react";
import type { Graph } from "../../workflow/graph";
import { layout, type Edge, type Item, type Layout, type LayoutOptions, type Spot } from "../../workflow/layout";

export type Detail = "full" | "title" | "blocks" | "far";

export function detailOf(zoom: number): Detail {
  if (zoom >= 0.5) return "full";
  if (zoom >= 0.25) return "title";
  return zoom >= 0.12 ? "blocks" : "far";
}

export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const MARGIN = 400;

/** The part of the flow on screen plus a margin, quantised: panning asks for other cards a few times a second at most. */
export function useArea(): Area {
  const key = useStore((state) => {
    const [x, y, zoom] = state.transform;
    const step = MARGIN / 2 ** (Math.floor(Math.log2(zoom) * 2) / 2);
    const column = Math.floor(-x / zoom / step);
    const row = Math.floor(-y / zoom / step);
    const wide = Math.ceil(state.width / zoom / step) + 2;
    const high = Math.ceil(state.height / zoom / step) + 2;
    return `${String((column - 1) * step)} ${String((row - 1) * step)} ${String((column + wide) * step)} ${String((row + high) * step)}`;
  });
  const [left = 0, top = 0, right = 0, bottom = 0] = key.split(" ").map(Number);
  return { left, top, right, bottom };
}

const inArea = (box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }, area: Area): boolean =>
  box.x < area.right && box.x + box.width > area.left && box.y < area.bottom && box.y + box.height > area.top;

export function visibleItems(drawn: Layout, area: Area, always: string | null): Item[] {
  return drawn.items.filter((item) => inArea(item, area) || item.id === always);
}

export function visibleEdges(drawn: Layout, area: Area): Edge[] {
  return drawn.edges.filter((edge) => {
    let left = Infinity;
    let right = -Infinity;
    for (let index = 0; index < edge.points.length; index += 2) {
      left = Math.min(left, edge.points[index] ?? 0);
      right = Math.max(right, edge.points[index] ?? 0);
    }
    const top = edge.points[1] ?? 0;
    const bottom = edge.points[edge.points.length - 1] ?? 0;
    return left < area.right && right > area.left && top < area.bottom && bottom > area.top;
  });
}

export function visibleSpots(drawn: Layout, area: Area): Spot[] {
  return drawn.spots.filter((spot) => spot.x > area.left && spot.x < area.right && spot.y > area.top && spot.y < area.bottom);
}

export type Direction = "up" | "down" | "left" | "right";

/** The box the arrow key leads to: the nearest in that direction, straight ahead before sideways. */
export function neighbour(drawn: Layout, from: string, direction: Direction): string | null {
  const start = drawn.byId.get(from) ?? drawn.byId.get(`trigger:${from}`);
  if (!start) return null;
  const centre = (item: Item): { x: number; y: number } => ({ x: item.x + item.width / 2, y: item.y + Math.min(item.height, 60) / 2 });
  const here = centre(start);
  let best: Item | null = null;
  let least = Infinity;
  for (const item of drawn.items) {
    if (item === start || item.kind === "branch" || item.kind === "empty") continue;
    const there = centre(item);
    const dx = there.x - here.x;
    const dy = there.y - here.y;
    const ahead = direction === "down" ? dy : direction === "up" ? -dy : direction === "right" ? dx : -dx;
    const aside = direction === "down" || direction === "up" ? Math.abs(dx) : Math.abs(dy);
    if (ahead < 8) continue;
    const cost = ahead + aside * 2.5;
    if (cost < least) {
      least = cost;
      best = item;
    }
  }
  return best?.name ?? null;
}

/** The layout, with its time among the browser's performance entries (`make bench-designer` reads them). */
export function timedLayout(graph: Graph, options: LayoutOptions): Layout {
  const start = performance.now();
  const drawn = layout(graph, options);
  performance.measure("designer:layout", { start, end: performance.now() });
  return drawn;
}

/** The same objects for what is the same in the next layout, so that it is not drawn again. */
export class Kept<Thing extends { readonly id: string }> {
  private known = new Map<string, Thing>();

  constructor(private readonly same: (one: Thing, other: Thing) => boolean) {}

  of(things: readonly Thing[]): Thing[] {
    const kept = things.map((thing) => {
      const old = this.known.get(thing.id);
      return old && (old === thing || this.same(old, thing)) ? old : thing;
    });
    this.known = new Map(kept.map((thing) => [thing.id, thing]));
    return kept;
  }
}

const sameList = (one: readonly unknown[], other: readonly unknown[]): boolean => one.length === other.length && one.every((value, index) => value === other[index]);

export function sameItem(one: Item, other: Item): boolean {
  return one.action === other.action && one.branch === other.branch && one.x === other.x && one.y === other.y && one.width === other.width &&
    one.height === other.height && one.collapsed === other.collapsed && one.depth === other.depth;
}

export function sameEdge(one: Edge, other: Edge): boolean {
  return one.from === other.from && one.to === other.to && one.labelX === other.labelX && one.labelY === other.labelY && sameList(one.points, other.points) && sameList(one.statuses ?? [], other.statuses ?? []) &&
    one.container === other.container && one.branch === other.branch;
}

export function sameSpot(one: Spot, other: Spot): boolean {
  return one.x === other.x && one.y === other.y && one.container === other.container && one.branch === other.branch && sameList(one.after, other.after) && sameList(one.before, other.before);
}
