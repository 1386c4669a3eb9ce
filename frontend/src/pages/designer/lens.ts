import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { evaluate, evaluateAll, type Viewpoint } from "../../api/previews";
import { recentRunsQuery, runQuery } from "../../api/runs";
import type { RunItem } from "../../api/types";
import type { PreviewSource } from "../../features/tokens/TokenContext";
import { useDraft } from "../../document";
import { isPinned } from "../../features/panel/pins";
import { containersOf, type Action, type Entry, type Graph } from "../../workflow/graph";

export interface LensTurn {
  readonly loop: string;
  readonly turn: number;
  /** How many turns the run had, or null while that is not known. */
  readonly of: number | null;
}

/** Where the values come from that the panel shows. */
export interface Lens {
  readonly kind: "run" | "sample" | "pins" | "none";
  readonly run: RunItem | null;
  /** The runs to choose from are not known yet. */
  readonly loading: boolean;
  readonly runId: string | null;
  /** Chosen by hand, not "the newest that succeeded". */
  readonly chosen: boolean;
  readonly runs: readonly RunItem[];
  readonly sample: string;
  /** A result is pinned to some action: it stands beside a sample, or alone. */
  readonly pinned: boolean;
  /** Turns of the loops around the action, outermost first. */
  readonly turns: readonly LensTurn[];
  readonly repetition: string;
  readonly preview: PreviewSource | null;
}

const NO_RUNS: readonly RunItem[] = [];
const isLoop = (action: Action): boolean => action.type === "Foreach" || action.type === "Until";

export interface LensSearch {
  /** A run's id, `sample`, `pins` or `none`; the newest run that succeeded where nothing is chosen. */
  readonly lens?: string | undefined;
  /** Turns of the loops around the action: `3-0`. */
  readonly iter?: string | undefined;
}

/** The run whose values are shown where none was chosen. */
export function automaticRun(runs: readonly RunItem[]): RunItem | undefined {
  // A trial has only what comes before the action that was tried.
  const whole = runs.filter((run) => run.upTo === null);
  return whole.find((run) => run.status === "Succeeded") ?? whole.find((run) => run.endedAt !== null) ?? runs.find((run) => run.endedAt !== null);
}

/** The loops around an action, outermost first. */
export const loopsAround = (graph: Graph, action: string): Entry[] => containersOf(graph, action).filter((entry) => isLoop(entry.action)).sort((one, other) => one.depth - other.depth);

/** The chosen turn of each of so many loops. */
export function turnsOf(iter: string | undefined, loops: number): number[] {
  const given = (iter ?? "").split("-").map(Number);
  return Array.from({ length: loops }, (_, index) => {
    const turn = given[index];
    return turn !== undefined && Number.isInteger(turn) && turn >= 0 ? turn : 0;
  });
}

/** The run, sample or nothing whose data the panel shows, for one action. */
export function useLens(tenant: string, workflow: string, graph: Graph, action: string, search: LensSearch, allowed: boolean): readonly [Lens, (sample: string) => void] {
  const [sample, setSample] = useSample(workflow);
  const { data, isLoading } = useQuery({ ...recentRunsQuery(tenant, workflow), enabled: allowed });
  const runs = data?.items ?? NO_RUNS;
  const loops = loopsAround(graph, action);
  const automatic = automaticRun(runs);
  const pinned = useMemo(() => [...graph.entries.values()].some(isPinned), [graph]);
  const byHand = search.lens !== undefined;
  const kind = search.lens === "none" ? "none" : search.lens === "sample" ? "sample" : search.lens === "pins" ? "pins" : byHand || automatic ? "run" : sample !== "" ? "sample" : pinned ? "pins" : "none";
  const runId = kind === "run" ? (search.lens ?? automatic?.id ?? null) : null;
  const detail = useQuery({ ...runQuery(tenant, runId ?? ""), enabled: runId !== null && loops.length > 0 });
  const given = turnsOf(search.iter, loops.length);
  const turns = loops.map((entry, index): LensTurn => {
    const counts = detail.data?.actions[entry.action.name]?.repetitions;
    return { loop: entry.action.name, turn: given[index] ?? 0, of: index === 0 ? (turnsIn(detail.data?.actions, entry.action) ?? counts?.total ?? null) : null };
  });
  const repetition = turns.map((one) => one.turn).join("-");
  // What is pinned stands in the server's draft: asked for again when that has changed.
  const draft = useDraft((state) => (pinned && kind !== "run" ? state.revision : 0));
  const shows = kind !== "none" && allowed;
  const preview = useMemo<PreviewSource | null>(() => {
    if (!shows) return null;
    const at: Viewpoint = { action, ...(repetition === "" ? {} : { repetition }), ...(runId !== null ? { run: runId } : kind === "sample" ? { sample: { value: parsed(sample) } } : {}) };
    return {
      key: [workflow, runId ?? (kind === "sample" ? sample : kind), draft, action, repetition].join("\n"),
      evaluate: (template, signal) => evaluate(tenant, workflow, template, at, signal),
      evaluateAll: (templates, signal) => evaluateAll(tenant, workflow, templates, at, signal),
    };
  }, [tenant, workflow, action, repetition, runId, sample, shows, kind, draft]);
  const run = runs.find((one) => one.id === runId) ?? null;
  const lens: Lens = { kind, run, loading: isLoading, runId, chosen: byHand, runs, sample, pinned, turns, repetition, preview };
  const [kept, setKept] = useState(lens);
  if (kept !== lens && !sameLens(kept, lens)) setKept(lens);
  return [kept, setSample];
}

/** Most edits change nothing about it: what shows the lens is not drawn again. */
function sameLens(one: Lens, other: Lens): boolean {
  return (Object.keys(one) as (keyof Lens)[]).every((name) => (name === "turns" ? sameTurns(one.turns, other.turns) : one[name] === other[name]));
}

const sameTurns = (one: readonly LensTurn[], other: readonly LensTurn[]): boolean =>
  one.length === other.length && one.every((turn, index) => turn.loop === other[index]?.loop && turn.turn === other[index].turn && turn.of === other[index].of);

/** The turns of an outermost loop: what its inner actions counted. */
function turnsIn(actions: Readonly<Record<string, { readonly repetitions?: { readonly total: number } | undefined }>> | undefined, loop: Action): number | null {
  const counts = loop.branches.flatMap((branch) => branch.actions).flatMap((one) => actions?.[one.name]?.repetitions?.total ?? []);
  return counts.length === 0 ? null : Math.max(...counts);
}

function parsed(sample: string): unknown {
  try {
    return JSON.parse(sample) as unknown;
  } catch {
    return sample;
  }
}

/** The pasted body stays in this tab: it may hold real data. */
function useSample(workflow: string): [string, (sample: string) => void] {
  const name = `millrace:sample:${workflow}`;
  const [sample, setSample] = useState(() => sessionStorage.getItem(name) ?? "");
  return [sample, (next) => {
    sessionStorage.setItem(name, next);
    setSample(next);
  }];
}
