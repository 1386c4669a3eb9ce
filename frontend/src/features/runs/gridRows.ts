/** The rows of the grid of runs: each action with how it fared over the runs shown. */
import type { RunColumn } from "../../api/types";
import type { Action, Graph } from "../../workflow/graph";
import { actionTitle } from "./nesting";
import { rowsOf } from "./rows";

export type GridSort = "flow" | "slowest" | "slower" | "failing";

export interface RowFacts {
  /** Milliseconds, of the runs in which it ended by itself; null where it never did. */
  readonly median: number | null;
  readonly p95: number | null;
  /** Milliseconds, oldest run first. */
  readonly durations: readonly number[];
  /** Newer half against the older half of the runs, by their medians; null where there are too few to say. */
  readonly trend: number | null;
  /** Share of failures among the times it was tried, 0 to 1; null where it never was. */
  readonly failing: number | null;
}

export interface GridRow {
  /** Null on the line of a branch. */
  readonly name: string | null;
  readonly action: Action | null;
  readonly title: string;
  readonly level: number;
  readonly holds: boolean;
  readonly facts: RowFacts;
}

/** Runs it takes to speak of a trend, and what it takes to call it one: half as long again, and felt. */
const FEWEST = 6;
export const SLOWER = 1.5;
const FELT = 20;

const NOTHING: RowFacts = { median: null, p95: null, durations: [], trend: null, failing: null };

export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

const middle = (values: readonly number[]): number => quantile([...values].sort((one, other) => one - other), 0.5) ?? 0;

function trendOf(durations: readonly number[]): number | null {
  if (durations.length < FEWEST) return null;
  const half = Math.floor(durations.length / 2);
  const before = middle(durations.slice(0, half));
  const after = middle(durations.slice(-half));
  return Math.abs(after - before) < FELT ? 1 : after / Math.max(before, 1);
}

/** `columns` oldest first. */
export function factsOf(name: string, columns: readonly RunColumn[]): RowFacts {
  const durations: number[] = [];
  let tried = 0;
  let failed = 0;
  for (const column of columns) {
    const cell = column.actions[name];
    if (!cell) continue;
    const wrong = cell.status === "Failed" || cell.status === "TimedOut";
    if (!wrong && cell.status !== "Succeeded") continue;
    tried += 1;
    if (wrong) failed += 1;
    if (cell.durationMs !== null) durations.push(cell.durationMs);
  }
  const sorted = [...durations].sort((one, other) => one - other);
  return { median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), durations, trend: trendOf(durations), failing: tried === 0 ? null : failed / tried };
}

/** Every action of the newest definition in its order, then those that only older runs had. */
export function gridRows(graph: Graph, columns: readonly RunColumn[]): GridRow[] {
  const lines = rowsOf(graph).filter((row) => !row.action?.trigger);
  const rows = lines.map(({ action, title, level }, index): GridRow => ({
    name: action?.name ?? null, action, title, level, holds: (lines[index + 1]?.level ?? 0) > level, facts: action ? factsOf(action.name, columns) : NOTHING,
  }));
  const known = new Set(rows.map((row) => row.name));
  const gone = new Set(columns.flatMap((column) => Object.keys(column.actions)).filter((name) => !known.has(name)));
  return [...rows, ...[...gone].map((name): GridRow => ({ name, action: null, title: actionTitle(name), level: 1, holds: false, facts: factsOf(name, columns) }))];
}

const RANKS: Readonly<Record<Exclude<GridSort, "flow">, (facts: RowFacts) => number | null>> = {
  slowest: (facts) => facts.p95, slower: (facts) => facts.trend, failing: (facts) => facts.failing,
};

/** In the order of the flow without what is folded; otherwise the actions alone, the most striking first. */
export function arranged(rows: readonly GridRow[], sort: GridSort, folded: ReadonlySet<string>): GridRow[] {
  if (sort !== "flow") {
    const rank = RANKS[sort];
    return rows.filter((row) => row.name !== null).map((row) => ({ ...row, level: 1, holds: false })).sort((one, other) => (rank(other.facts) ?? -1) - (rank(one.facts) ?? -1));
  }
  const shown: GridRow[] = [];
  let below = Infinity;
  for (const row of rows) {
    if (row.level > below) continue;
    below = row.name !== null && folded.has(row.name) ? row.level : Infinity;
    shown.push(row);
  }
  return shown;
}
