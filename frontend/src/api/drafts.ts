import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, client, given } from "./client";
import type { components } from "./schema";

const root = "/api/v1/t/{tenant}/workflows/{workflow_id}";

export type DraftAnswer = components["schemas"]["Draft"];
export type DraftEdits = components["schemas"]["DraftEditsRequest"];
export type OperationManifest = components["schemas"]["OperationManifest"];

const path = (tenant: string, id: string) => ({ path: { tenant, workflow_id: id } });

/** The draft's text with its problems and the manifests of the operations it names. */
export function loadDraft(tenant: string, id: string): Promise<DraftAnswer> {
  return answer(client.GET(`${root}/draft`, { params: path(tenant, id) }));
}

/** The draft to look at, outside of the designer. */
export function draftQuery(tenant: string, id: string) {
  return queryOptions({ queryKey: ["draft", tenant, id, "text"], queryFn: () => loadDraft(tenant, id) });
}

/** Who changed the draft and how, newest first. */
export function historyQuery(tenant: string, id: string) {
  return infiniteQueryOptions({
    queryKey: ["draft", tenant, id, "history"],
    queryFn: ({ pageParam }) => answer(client.GET(`${root}/draft/history`, { params: { ...path(tenant, id), query: given({ cursor: pageParam }) } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

/** The draft as it stood after a revision; that never changes. */
export function pastDraftQuery(tenant: string, id: string, revision: number) {
  return queryOptions({
    queryKey: ["past", tenant, id, revision],
    queryFn: () => answer(client.GET(`${root}/draft/history/{revision}`, { params: { path: { tenant, workflow_id: id, revision } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function restorePast(tenant: string, id: string, revision: number) {
  return answer(client.POST(`${root}/draft/history/{revision}/restore`, { params: { path: { tenant, workflow_id: id, revision } } }));
}

export function sendEdits(tenant: string, id: string, body: DraftEdits) {
  return answer(client.POST(`${root}/draft/edits`, { params: path(tenant, id), body }));
}

export function loadEdits(tenant: string, id: string, since: number) {
  return answer(client.GET(`${root}/draft/edits`, { params: { ...path(tenant, id), query: { since } } }));
}

export function loadProblems(tenant: string, id: string) {
  return answer(client.GET(`${root}/problems`, { params: path(tenant, id) }));
}

export function publishDraft(tenant: string, id: string, body: { comment: string; revision: number }) {
  return answer(client.POST(`${root}/publish`, { params: path(tenant, id), body }));
}

export function manifestQuery(tenant: string, operation: string) {
  const [connector = "", name = ""] = operation.split("/");
  return queryOptions({
    queryKey: ["manifest", tenant, operation.toLowerCase()],
    queryFn: () =>
      answer(client.GET("/api/v1/t/{tenant}/operations/{connector}/{operation}", { params: { path: { tenant, connector, operation: name } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function functionsQuery(tenant: string) {
  return queryOptions({
    queryKey: ["functions", tenant],
    queryFn: () => answer(client.GET("/api/v1/t/{tenant}/functions", { params: { path: { tenant } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The choices for one field of an operation, given the connection and what is filled in. */
/** What a folder of a field's tree holds, or with `search` whatever has such a name. */
export function loadBranches(tenant: string, operation: string, body: { field: string; connection?: string; folder: string; search: string }) {
  const [connector = "", name = ""] = operation.split("/");
  return answer(client.POST("/api/v1/t/{tenant}/operations/{connector}/{operation}/tree", { params: { path: { tenant, connector, operation: name } }, body }));
}

export function loadValues(tenant: string, operation: string, body: { field: string; connection?: string; inputs?: Record<string, unknown> }) {
  const [connector = "", name = ""] = operation.split("/");
  return answer(
    client.POST("/api/v1/t/{tenant}/operations/{connector}/{operation}/values", { params: { path: { tenant, connector, operation: name } }, body }),
  );
}
