import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "./client";
import { offlineProblem, Problem } from "./problem";
import type { components } from "./schema";
import { liveSocket } from "./socket";

const root = "/api/v1/t/{tenant}/workflows/{workflow_id}/expressions/evaluate";

export type Evaluated = components["schemas"]["Evaluated"];

/** Where the data of a preview comes from, and whose field it is. */
export interface Viewpoint {
  readonly run?: string | undefined;
  readonly action?: string | undefined;
  readonly repetition?: string | undefined;
  /** The body that reaches the trigger; `has` because null is a body too. */
  readonly sample?: { readonly value: unknown } | undefined;
}

const placeOf = ({ run, action, repetition, sample }: Viewpoint) => ({
  ...(run === undefined ? {} : { run }),
  ...(action === undefined ? {} : { action }),
  ...(repetition === undefined ? {} : { repetition }),
  ...(sample === undefined ? {} : { sample: sample.value }),
});

/** Fields that ask at the same moment ask together: the server reads the run once for all of them. */
interface Batch {
  readonly asked: { readonly template: unknown; readonly signal: AbortSignal; readonly resolve: (value: Evaluated) => void; readonly reject: (reason: unknown) => void }[];
}

const batches = new Map<string, Batch>();
const BATCH = 50;

export function evaluate(tenant: string, id: string, template: unknown, at: Viewpoint, signal: AbortSignal): Promise<Evaluated> {
  const key = JSON.stringify([tenant, id, at]);
  return new Promise((resolve, reject) => {
    let batch = batches.get(key);
    if (!batch || batch.asked.length >= BATCH) {
      const made: Batch = { asked: [] };
      batch = made;
      batches.set(key, made);
      queueMicrotask(() => {
        if (batches.get(key) === made) batches.delete(key);
        void together(tenant, id, at, made);
      });
    }
    batch.asked.push({ template, signal, resolve, reject });
  });
}

async function together(tenant: string, id: string, at: Viewpoint, { asked }: Batch): Promise<void> {
  const whole = new AbortController();
  let left = asked.length;
  const leave = () => {
    left -= 1;
    if (left === 0) whole.abort();
  };
  for (const { signal } of asked) signal.addEventListener("abort", leave, { once: true });
  try {
    const items = await evaluateAll(tenant, id, asked.map(({ template }) => template), at, whole.signal);
    asked.forEach(({ resolve, reject }, index) => {
      const item = items[index];
      if (item) resolve(item);
      else reject(offlineProblem());
    });
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}

/** Over the tab's socket; over HTTP where that is away, says nothing, or takes no question of this size. */
export async function evaluateAll(tenant: string, id: string, templates: readonly unknown[], at: Viewpoint, signal: AbortSignal): Promise<readonly Evaluated[]> {
  const query = { templates: [...templates], ...placeOf(at) };
  const heard = await liveSocket(tenant).ask("eval", `workflow:${id}:draft`, query, signal);
  signal.throwIfAborted();
  const problem = heard?.problem ? new Problem(heard.problem as Record<string, unknown>) : null;
  // The end of the session is told by the request that follows.
  if (problem && problem.code !== "SignInRequired") throw problem;
  if (heard?.items) return heard.items as readonly Evaluated[];
  const { items } = await answer(client.POST(`${root}-all`, { params: { path: { tenant, workflow_id: id } }, body: query, signal }));
  return items;
}

/** When a recurrence comes round, were it published now. */
export function previewSchedule(tenant: string, id: string, recurrence: Readonly<Record<string, unknown>>) {
  return answer(client.POST("/api/v1/t/{tenant}/workflows/{workflow_id}/schedule", { params: { path: { tenant, workflow_id: id } }, body: { recurrence: { ...recurrence }, count: 10 } }));
}

export function timeZonesQuery(tenant: string) {
  return queryOptions({
    queryKey: ["time-zones", tenant],
    queryFn: () => answer(client.GET("/api/v1/t/{tenant}/time-zones", { params: { path: { tenant } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface Trial {
  readonly upTo: string;
  /** Only that action calls anything; earlier ones answer as in the run `answers`. */
  readonly alone: boolean;
  readonly answers?: string | undefined;
  readonly payload?: { readonly value: unknown } | undefined;
}

/** Runs the draft as far as one action. */
export function startTrial(tenant: string, id: string, { upTo, alone, answers, payload }: Trial) {
  return answer(
    client.POST("/api/v1/t/{tenant}/workflows/{workflow_id}/run", {
      params: { path: { tenant, workflow_id: id } },
      body: { version: "draft", upTo, alone, ...(answers === undefined ? {} : { answers }), ...(payload === undefined ? {} : { payload: payload.value }) },
    }),
  );
}
