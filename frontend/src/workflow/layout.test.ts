import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Action, Branch, Graph, RunAfter } from "./graph";
import { layout, LayoutMemo, type Item, type Layout } from "./layout";
import { METRICS } from "./sizes";

const nothing = { kind: "null" } as unknown as Action["value"];

function make(name: string, after: readonly string[], branches: readonly Branch[] = [], failed = false): Action {
  const runAfter: RunAfter[] = after.map((one) => ({ name: one, statuses: failed ? ["Failed"] : ["Succeeded"], plain: !failed }));
  const size = branches.reduce((sum, branch) => sum + branch.actions.reduce((inner, one) => inner + 1 + one.size, 0), 0);
  return { name, type: branches.length > 0 ? "Scope" : "Compose", kind: "", trigger: false, preview: false, container: branches.length > 0, runAfter, branches, size, value: nothing };
}

function branch(key: string, title: string, actions: readonly Action[]): Branch {
  return { key, kind: "body", title, name: "", caseValue: null, written: true, actions };
}

function graphOf(actions: readonly Action[]): Graph {
  const root = branch("actions", "", actions);
  const trigger: Action = { ...make("manual", []), trigger: true };
  return { base: "", triggers: [trigger], root, entries: new Map(), duplicates: [], count: 0 };
}

/** A seeded generator of nested flows with forks, joins and labelled edges. */
function flow(random: () => number, budget: number, depth: number, prefix: string): Action[] {
  const actions: Action[] = [];
  let left = budget;
  while (left > 0) {
    const name = `${prefix}${String(actions.length)}`;
    const after = new Set<string>();
    const many = random() < 0.25 ? 2 + Math.floor(random() * 2) : 1;
    const recent = random() < 0.7 ? 1 : Math.min(actions.length, 6);
    for (let count = 0; count < many && actions.length > 0; count += 1) {
      const from = actions[actions.length - 1 - Math.floor(random() * recent)];
      if (from && random() > 0.03) after.add(from.name);
    }
    left -= 1;
    const wants = left > 1 && depth < 6 && random() < 0.2;
    const branches: Branch[] = [];
    if (wants) {
      const columns = 1 + Math.floor(random() * 3);
      for (let column = 0; column < columns; column += 1) {
        const share = Math.min(left, Math.floor(random() * Math.max(2, budget / 3)));
        left -= share;
        branches.push(branch(`b${String(column)}/actions`, columns > 1 ? `Case ${String(column)}` : "", flow(random, share, depth + 1, `${name}_${String(column)}_`)));
      }
    }
    actions.push(make(name, [...after], branches, random() < 0.15));
  }
  return actions;
}

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

const contains = (outer: Item, inner: Item): boolean =>
  inner.x >= outer.x - 0.01 && inner.y >= outer.y - 0.01 &&
  inner.x + inner.width <= outer.x + outer.width + 0.01 && inner.y + inner.height <= outer.y + outer.height + 0.01;

function overlaps(a: Item, b: Item): boolean {
  return a.x < b.x + b.width - 0.01 && b.x < a.x + a.width - 0.01 && a.y < b.y + b.height - 0.01 && b.y < a.y + a.height - 0.01;
}

/** Two boxes may only overlap where one is a container that holds the other whole. */
function overlapping(drawn: Layout): string[] {
  const found: string[] = [];
  const sorted = [...drawn.items].sort((a, b) => a.y - b.y);
  sorted.forEach((one, index) => {
    for (const other of sorted.slice(index + 1)) {
      if (other.y >= one.y + one.height) break;
      if (!overlaps(one, other)) continue;
      const nested = (one.kind === "container" && contains(one, other)) || (other.kind === "container" && contains(other, one));
      if (!nested) found.push(`${one.id} and ${other.id}`);
    }
  });
  return found;
}

function upward(drawn: Layout): string[] {
  return drawn.edges.filter((edge) => edge.points.some((y, index) => index % 2 === 1 && index > 1 && y < (edge.points[index - 2] ?? 0) - 0.01)).map((edge) => edge.id);
}

function outside(drawn: Layout): string[] {
  const frame: Item = { kind: "container", id: "", name: "", action: null, branch: null, depth: 0, collapsed: false, x: 0, y: 0, width: drawn.width, height: drawn.height + 1 };
  return drawn.items.filter((item) => !contains(frame, item)).map((item) => item.id);
}

describe("layout", () => {
  test("a chain is a straight line", () => {
    const drawn = layout(graphOf([make("a", []), make("b", ["a"]), make("c", ["b"])]));
    const centres = drawn.items.map((item) => item.x + item.width / 2);
    expect(new Set(centres).size).toBe(1);
    expect(drawn.items.map((item) => item.y)).toEqual([0, 112, 224, 336]);
  });

  test("branches stand side by side, centred under their parent, and a join hangs below both", () => {
    const drawn = layout(graphOf([make("a", []), make("b", ["a"]), make("c", ["a"]), make("d", ["b", "c"])]));
    const at = (id: string): Item => {
      const item = drawn.byId.get(id);
      if (!item) throw new Error(id);
      return item;
    };
    expect(at("b").y).toBe(at("c").y);
    expect(at("c").x - at("b").x).toBe(METRICS.cardWidth + METRICS.gapX);
    expect((at("b").x + at("c").x) / 2).toBe(at("a").x);
    expect(at("d").x).toBe(at("a").x);
    expect(at("d").y).toBeGreaterThan(at("c").y + METRICS.cardHeight);
  });

  test("a collapsed container is one card", () => {
    const scope = make("scope", [], [branch("actions", "", [make("x", []), make("y", ["x"])])]);
    const open = layout(graphOf([scope]));
    const closed = layout(graphOf([scope]), { collapsed: new Set(["scope"]) });
    expect(open.byId.has("x")).toBe(true);
    expect(closed.byId.has("x")).toBe(false);
    expect(closed.height).toBeLessThan(open.height);
  });

  test("a cycle is drawn, not hung on", () => {
    const drawn = layout(graphOf([make("a", ["b"]), make("b", ["a"]), make("c", ["b"])]));
    expect(drawn.items).toHaveLength(4);
    expect(upward(drawn)).toEqual([]);
  });

  test("no overlap, no upward edge, nothing outside: 500 random flows", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, budget) => {
        const drawn = layout(graphOf(flow(seeded(seed), budget, 0, "n")));
        expect(overlapping(drawn)).toEqual([]);
        expect(upward(drawn)).toEqual([]);
        expect(outside(drawn)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("what an edit does not move stays the same objects", () => {
    const memo = new LayoutMemo();
    const [a, b] = [make("a", []), make("b", ["a"], [branch("actions", "", [make("x", [])])])];
    const before = layout(graphOf([a, b]), { memo });
    const after = layout(graphOf([a, b, make("c", ["b"])]), { memo });
    for (const name of ["a", "b", "x"]) expect(after.byId.get(name)).toBe(before.byId.get(name));
    const moved = layout(graphOf([make("new", []), { ...a, runAfter: [{ name: "new", statuses: ["Succeeded"], plain: true }] }, b]), { memo });
    expect(moved.byId.get("x")?.y).toBeGreaterThan(before.byId.get("x")?.y ?? 0);
  });

  test("1,000 nested actions take under 20 ms, and under 2 ms more after one edit", () => {
    const actions = flow(seeded(7), 1000, 0, "n");
    const graph = graphOf(actions);
    expect(actions.reduce((sum, action) => sum + 1 + action.size, 0)).toBeGreaterThanOrEqual(1000);
    const best = (work: () => void): number => {
      let least = Infinity;
      for (let round = 0; round < 30; round += 1) {
        const start = performance.now();
        work();
        least = Math.min(least, performance.now() - start);
      }
      return least;
    };
    const full = best(() => layout(graph));
    const memo = new LayoutMemo();
    layout(graph, { memo });
    const again = best(() => layout(graphOf([...actions.slice(0, -1), make("edited", [])]), { memo }));
    expect(full).toBeLessThan(20);
    expect(again).toBeLessThan(6);
  });
});
