import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client, given, tenantApi } from "./client";
import { request } from "./request";
import type { WorkflowItem, WorkflowState } from "./types";

const root = "/api/v1/t/{tenant}/workflows";

export type WorkflowSort = "name" | "updatedAt" | "-updatedAt";

export interface WorkflowFilters {
  readonly search?: string | undefined;
  readonly status?: WorkflowState | undefined;
  readonly tag?: string | undefined;
  readonly owner?: string | undefined;
  readonly connector?: string | undefined;
  readonly sort?: WorkflowSort | undefined;
}

export const workflowKeys = {
  lists: (tenant: string) => ["workflows", tenant] as const,
  one: (tenant: string, id: string) => ["workflow", tenant, id] as const,
};

export function workflowsQuery(tenant: string, filters: WorkflowFilters) {
  return infiniteQueryOptions({
    queryKey: [...workflowKeys.lists(tenant), filters],
    queryFn: ({ pageParam, signal }) =>
      answer(client.GET(root, { params: { path: { tenant }, query: given({ ...filters, cursor: pageParam }) }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

/** The workflows that call this one. */
export function callersQuery(tenant: string, id: string) {
  return queryOptions({
    queryKey: [...workflowKeys.one(tenant, id), "callers"],
    queryFn: ({ signal }) => answer(client.GET(`${root}/{workflow_id}/callers`, { params: { path: { tenant, workflow_id: id } }, signal })),
    staleTime: 30_000,
  });
}

/** The tags in use, each with how many workflows have it. */
export function tagsQuery(tenant: string) {
  return queryOptions({
    queryKey: [...workflowKeys.lists(tenant), "tags"],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/t/{tenant}/tags", { params: { path: { tenant } }, signal })),
    staleTime: 30_000,
  });
}

/** Who made the workflows and what they use, each with how many. */
export function workflowChoicesQuery(tenant: string) {
  return queryOptions({
    queryKey: [...workflowKeys.lists(tenant), "choices"],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/t/{tenant}/workflow-choices", { params: { path: { tenant } }, signal })),
    staleTime: 30_000,
  });
}

export function useTagging(tenant: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, tags }: { id: string; tags: string[] }) =>
      answer(client.PATCH(`${root}/{workflow_id}`, { params: { path: { tenant, workflow_id: id } }, body: { tags } })),
    onSuccess: (_, { id }) => {
      void queries.invalidateQueries({ queryKey: workflowKeys.lists(tenant) });
      void queries.invalidateQueries({ queryKey: workflowKeys.one(tenant, id) });
    },
  });
}

export function workflowQuery(tenant: string, id: string) {
  return queryOptions({
    queryKey: workflowKeys.one(tenant, id),
    queryFn: () => answer(client.GET(`${root}/{workflow_id}`, { params: { path: { tenant, workflow_id: id } } })),
    staleTime: 30_000,
  });
}

export function callbacksQuery(tenant: string, id: string) {
  return queryOptions({
    queryKey: [...workflowKeys.one(tenant, id), "callbacks"],
    queryFn: () => answer(client.GET(`${root}/{workflow_id}/callbacks`, { params: { path: { tenant, workflow_id: id } } })),
  });
}

/** The answer has the new addresses: they are put where `callbacksQuery` reads them. */
export function useRenewCallbacks(tenant: string, id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (key: "primary" | "secondary") => answer(client.POST(`${root}/{workflow_id}/callbacks/renew`, { params: { path: { tenant, workflow_id: id } }, body: { key } })),
    onSuccess: (addresses) => queries.setQueryData(callbacksQuery(tenant, id).queryKey, addresses),
  });
}

export function versionsQuery(tenant: string, id: string) {
  return infiniteQueryOptions({
    queryKey: [...workflowKeys.one(tenant, id), "versions"],
    queryFn: ({ pageParam }) =>
      answer(
        client.GET(`${root}/{workflow_id}/versions`, {
          params: { path: { tenant, workflow_id: id }, query: given({ cursor: pageParam }) },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

/** One version with its text; versions never change. */
export function versionQuery(tenant: string, id: string, number: number) {
  return queryOptions({
    queryKey: [...workflowKeys.one(tenant, id), "versions", number],
    queryFn: () =>
      answer(client.GET(`${root}/{workflow_id}/versions/{number}`, { params: { path: { tenant, workflow_id: id, number } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The definition's text, byte for byte, saved as a file. */
export async function downloadDefinition(tenant: string, workflow: Pick<WorkflowItem, "id" | "name">): Promise<void> {
  const text = await tenantApi(tenant).text(`/workflows/${workflow.id}/export`);
  save(new Blob([text], { type: "application/json" }), `${workflow.name.replace(/[^\p{L}\p{N}._ -]+/gu, "_")}.json`);
}

/** At most so many go in one request. */
export const WORKFLOWS_AT_ONCE = 200;

/** The same for several; each outcome says what became of its workflow. */
export function useManyWorkflows(tenant: string) {
  const queries = useQueryClient();
  const path = { params: { path: { tenant } } };
  return useMutation({
    mutationFn: async (wish: ManyWish) => {
      const workflows = wish.ids.slice(0, WORKFLOWS_AT_ONCE);
      switch (wish.kind) {
        case "enable":
          return answer(client.POST(`${root}/enable`, { ...path, body: { workflows } }));
        case "disable":
          return answer(client.POST(`${root}/disable`, { ...path, body: { workflows } }));
        case "delete":
          return answer(client.POST(`${root}/delete`, { ...path, body: { workflows } }));
        case "tag":
          return answer(client.POST(`${root}/tag`, { ...path, body: { workflows, add: [...wish.add], remove: [...wish.remove] } }));
      }
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: workflowKeys.lists(tenant) });
      void queries.invalidateQueries({ queryKey: ["workflow", tenant] });
    },
  });
}

export type ManyWish =
  | { readonly kind: "enable" | "disable" | "delete"; readonly ids: readonly string[] }
  | { readonly kind: "tag"; readonly ids: readonly string[]; readonly add: readonly string[]; readonly remove: readonly string[] };

/** The definitions of several, in one zip. */
export async function downloadDefinitions(tenant: string, ids: readonly string[]): Promise<void> {
  const answered = await request("POST", tenantApi(tenant).url("/workflows/export"), { body: { workflows: ids.slice(0, WORKFLOWS_AT_ONCE) } });
  save(await answered.blob(), "workflows.zip");
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** What a person does to workflows; each refreshes the lists it changes. */
export function useWorkflowCommands(tenant: string) {
  const queries = useQueryClient();
  const refresh = (id?: string) => {
    void queries.invalidateQueries({ queryKey: workflowKeys.lists(tenant) });
    if (id) void queries.invalidateQueries({ queryKey: workflowKeys.one(tenant, id) });
  };
  // The answer is how it is now: a switch must not turn back until it was asked for again.
  const changed = (now: WorkflowItem) => {
    queries.setQueryData(workflowKeys.one(tenant, now.id), now);
    refresh(now.id);
  };
  const path = (id: string) => ({ params: { path: { tenant, workflow_id: id } } });
  return {
    create: useMutation({
      mutationFn: (body: { name: string; text?: string; template?: string; parameters?: Record<string, unknown>; chosen?: Record<string, string> }) =>
        answer(client.POST(root, { params: { path: { tenant } }, body })),
      onSuccess: () => refresh(),
    }),
    rename: useMutation({
      mutationFn: ({ id, name }: { id: string; name: string }) =>
        answer(client.PATCH(`${root}/{workflow_id}`, { ...path(id), body: { name } })),
      onSuccess: changed,
    }),
    describe: useMutation({
      mutationFn: ({ id, description }: { id: string; description: string }) =>
        answer(client.PATCH(`${root}/{workflow_id}`, { ...path(id), body: { description } })),
      onSuccess: changed,
    }),
    setEnabled: useMutation({
      mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) =>
        answer(enabled ? client.POST(`${root}/{workflow_id}/enable`, path(id)) : client.POST(`${root}/{workflow_id}/disable`, path(id))),
      onSuccess: changed,
    }),
    duplicate: useMutation({
      mutationFn: ({ id, name }: { id: string; name?: string }) =>
        answer(client.POST(`${root}/{workflow_id}/duplicate`, { ...path(id), body: name === undefined ? {} : { name } })),
      onSuccess: () => refresh(),
    }),
    remove: useMutation({
      mutationFn: (id: string) => answer(client.DELETE(`${root}/{workflow_id}`, path(id))),
      onSuccess: () => refresh(),
    }),
    run: useMutation({
      mutationFn: ({ id, version, payload }: { id: string; version: "draft" | "published"; payload?: unknown }) =>
        answer(client.POST(`${root}/{workflow_id}/run`, { ...path(id), body: { version, alone: false, payload: payload ?? null } })),
      onSuccess: (_, { id }) => refresh(id),
    }),
    importFile: useMutation({
      mutationFn: (file: { filename: string; content: string; encoding: "text" | "base64" }) =>
        answer(client.POST(`${root}/import`, { params: { path: { tenant } }, body: file })),
      onSuccess: () => refresh(),
    }),
    importUrl: useMutation({
      mutationFn: (url: string) => answer(client.POST(`${root}/import-url`, { params: { path: { tenant } }, body: { url } })),
      onSuccess: () => refresh(),
    }),
  };
}

export function restoreVersion(tenant: string, id: string, number: number) {
  return answer(client.POST(`${root}/{workflow_id}/versions/{number}/restore`, { params: { path: { tenant, workflow_id: id, number } } }));
}
