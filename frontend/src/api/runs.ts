import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client, given, tenantApi } from "./client";
import type { ActionStatus, RunStatus } from "./types";

const root = "/api/v1/t/{tenant}/runs";

/** How far back a list looks, by the word the address has for it: hours. */
export const SPANS = { hour: 1, day: 24, week: 168, month: 720 } as const;
export type Span = keyof typeof SPANS;

export interface RunFilters {
  readonly workflow?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly search?: string | undefined;
  readonly span?: Span | undefined;
  /** Times between which they started, instead of a span. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** The number of a version of the workflow. */
  readonly version?: string | undefined;
  readonly mode?: "published" | "draft" | undefined;
  /** Seconds, as the address has them. */
  readonly longer?: string | undefined;
  readonly shorter?: string | undefined;
  /** These three make the server look into runs. */
  readonly action?: string | undefined;
  readonly actionStatus?: ActionStatus | undefined;
  readonly text?: string | undefined;
}

function asked({ span, version, longer, shorter, ...filters }: RunFilters, cursor: string | undefined, limit?: number) {
  const since = span ? new Date(Date.now() - SPANS[span] * 3_600_000).toISOString() : filters.since;
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return given({ ...filters, version: number(version), longer: number(longer), shorter: number(shorter), since, cursor, limit });
}

/** Whether the server has to look into runs, which takes its time: then nobody asks again unasked. */
export function looksInside({ action, actionStatus, text }: RunFilters): boolean {
  return (action ?? actionStatus ?? text) !== undefined;
}

/** What happened while nobody looked at the list told nobody; a search is only done again by whoever wants it. */
function freshness(filters: RunFilters) {
  return looksInside(filters) ? ({ staleTime: Number.POSITIVE_INFINITY, retry: false } as const) : ({ refetchOnMount: "always" } as const);
}

export const runKeys = {
  lists: (tenant: string) => ["runs", tenant] as const,
  one: (tenant: string, id: string) => ["run", tenant, id] as const,
};

export function runsQuery(tenant: string, filters: RunFilters) {
  return infiniteQueryOptions({
    queryKey: [...runKeys.lists(tenant), filters],
    queryFn: ({ pageParam, signal }) =>
      answer(client.GET(root, { params: { path: { tenant }, query: asked(filters, pageParam) }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    ...freshness(filters),
  });
}

/** Runs as the columns of a grid, newest first: what became of each action in each of them. */
export function runColumnsQuery(tenant: string, filters: RunFilters) {
  return infiniteQueryOptions({
    queryKey: [...runKeys.lists(tenant), "grid", filters],
    queryFn: ({ pageParam, signal }) =>
      answer(client.GET(`${root}/grid`, { params: { path: { tenant }, query: asked(filters, pageParam, 50) }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    ...freshness(filters),
  });
}

/** The state of every action of one run, with the definition's text; changes after its `seq` come over the socket. */
export function runQuery(tenant: string, id: string) {
  return queryOptions({
    queryKey: runKeys.one(tenant, id),
    queryFn: ({ signal }) => answer(client.GET(`${root}/{run_id}`, { params: { path: { tenant, run_id: id } }, signal })),
  });
}

/** `since` makes a new question of it whenever the action has changed. Text: values keep order and spelling of numbers. */
export function actionDetailQuery(tenant: string, run: string, name: string, repetition: string, since: string) {
  return queryOptions({
    queryKey: [...runKeys.one(tenant, run), "action", name, repetition, since],
    queryFn: ({ signal }) =>
      tenantApi(tenant).text(`/runs/${run}/actions/${encodeURIComponent(name)}`, { query: { repetition }, signal }),
    placeholderData: (before, query) => (query?.queryKey[4] === name && query.queryKey[5] === repetition ? before : undefined),
  });
}

export function triggerDetailQuery(tenant: string, run: string) {
  return queryOptions({
    queryKey: [...runKeys.one(tenant, run), "trigger"],
    queryFn: ({ signal }) => tenantApi(tenant).text(`/runs/${run}/trigger`, { signal }),
  });
}

export interface RepetitionFilters {
  readonly parent?: string | undefined;
  readonly status?: ActionStatus | undefined;
}

export function repetitionsQuery(tenant: string, run: string, name: string, filters: RepetitionFilters, since: string) {
  return infiniteQueryOptions({
    queryKey: [...runKeys.one(tenant, run), "repetitions", name, filters, since],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET(`${root}/{run_id}/actions/{name}/repetitions`, {
          params: { path: { tenant, run_id: run, name }, query: given({ ...filters, cursor: pageParam }) },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    placeholderData: (before) => before,
  });
}

/** Which action of which run is to happen again, in which turns of its loops, on which version. */
export interface RerunFrom {
  readonly id: string;
  readonly action: string;
  readonly repetition?: string | undefined;
  readonly version?: number | undefined;
}

/** What a rerun would do, before it is started. */
export function rerunOutlookQuery(tenant: string, { id, action, repetition, version }: RerunFrom) {
  return queryOptions({
    queryKey: [...runKeys.one(tenant, id), "outlook", action, repetition, version],
    queryFn: ({ signal }) =>
      answer(client.GET(`${root}/{run_id}/rerun`, { params: { path: { tenant, run_id: id }, query: { action, ...given({ repetition, version }) } }, signal })),
    retry: false,
    placeholderData: (before) => before,
  });
}

export function useRunCommands(tenant: string) {
  const queries = useQueryClient();
  const path = (id: string) => ({ params: { path: { tenant, run_id: id } } });
  return {
    cancel: useMutation({
      mutationFn: (id: string) => answer(client.POST(`${root}/{run_id}/cancel`, path(id))),
      onSuccess: (_, id) => void queries.invalidateQueries({ queryKey: runKeys.one(tenant, id), exact: true }),
    }),
    /** `inputs` is JSON text and goes as it is; null: as they were. */
    rerun: useMutation({
      mutationFn: ({ id, inputs, ...wanted }: RerunFrom & { inputs: string | null }) => {
        const members = Object.entries(given({ ...wanted })).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
        return tenantApi(tenant).post<{ runId: string }>(`/runs/${id}/rerun`, `{${[...members, ...(inputs === null ? [] : [`"inputs": ${inputs}`])].join(", ")}}`);
      },
      onSuccess: () => void queries.invalidateQueries({ queryKey: runKeys.lists(tenant) }),
    }),
    /** Up to 200 runs; each outcome says what became of its run. */
    cancelAll: useMutation({
      mutationFn: (ids: readonly string[]) => answer(client.POST(`${root}/cancel`, { params: { path: { tenant } }, body: { runs: [...ids] } })),
      onSuccess: () => void queries.invalidateQueries({ queryKey: runKeys.lists(tenant) }),
    }),
    resubmitAll: useMutation({
      mutationFn: (ids: readonly string[]) => answer(client.POST(`${root}/resubmit`, { params: { path: { tenant } }, body: { runs: [...ids] } })),
      onSuccess: () => void queries.invalidateQueries({ queryKey: runKeys.lists(tenant) }),
    }),
    /** `body` is JSON text and takes the place of what the trigger had; null: the same data. */
    resubmit: useMutation({
      mutationFn: ({ id, body }: { id: string; body: string | null }) =>
        tenantApi(tenant).post<{ runId: string }>(`/runs/${id}/resubmit`, body === null ? "{}" : `{"body": ${body}}`),
      onSuccess: () => void queries.invalidateQueries({ queryKey: runKeys.lists(tenant) }),
    }),
  };
}

/** The newest runs of one workflow, for choosing one of them. */
export function recentRunsQuery(tenant: string, workflow: string) {
  return queryOptions({
    queryKey: [...runKeys.lists(tenant), "recent", workflow],
    queryFn: ({ signal }) => answer(client.GET(root, { params: { path: { tenant }, query: { workflow, limit: 30 } }, signal })),
    staleTime: 5_000,
  });
}
