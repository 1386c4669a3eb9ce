import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client, given, tenantApi } from "./client";
import { runKeys } from "./runs";
import type { components } from "./schema";

export type ArrivalItem = components["schemas"]["ArrivalItem"];
export type ArrivalState = components["schemas"]["ArrivalState"];

const root = "/api/v1/t/{tenant}/inbox";

export const inboxKeys = {
  lists: (tenant: string) => ["inbox", tenant] as const,
  one: (tenant: string, id: string) => ["arrival", tenant, id] as const,
};

export function inboxQuery(tenant: string, outcome: string | undefined) {
  return infiniteQueryOptions({
    queryKey: [...inboxKeys.lists(tenant), outcome ?? ""],
    queryFn: ({ pageParam, signal }) =>
      answer(client.GET(root, { params: { path: { tenant }, query: given({ outcome, cursor: pageParam }) }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

/** Text: what arrived keeps its order and the spelling of its numbers. */
export function arrivalQuery(tenant: string, id: string) {
  return queryOptions({
    queryKey: inboxKeys.one(tenant, id),
    queryFn: ({ signal }) => tenantApi(tenant).text(`/inbox/${id}`, { signal }),
  });
}

export function useRedrive(tenant: string) {
  const queries = useQueryClient();
  return useMutation({
    /** `body` is JSON text and takes the place of what arrived; null: as it came. */
    mutationFn: ({ id, body }: { id: string; body: string | null }) =>
      tenantApi(tenant).post<{ runId: string }>(`/inbox/${id}/redrive`, body === null ? "{}" : `{"body": ${body}}`),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: inboxKeys.lists(tenant) });
      void queries.invalidateQueries({ queryKey: runKeys.lists(tenant) });
    },
  });
}
