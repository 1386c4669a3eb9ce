import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "./client";

const root = "/api/v1/t/{tenant}/connections";
const key = (tenant: string) => ["connections", tenant] as const;

export type Parameters = Record<string, unknown>;
/** Null: no limit. */
export interface ConnectionLimits {
  readonly mostAtOnce: number | null;
  readonly mostPerMinute: number | null;
}

export function connectionsQuery(tenant: string) {
  return queryOptions({
    queryKey: key(tenant),
    queryFn: () => answer(client.GET(root, { params: { path: { tenant } } })),
  });
}

export function connectionQuery(tenant: string, id: string) {
  return queryOptions({
    queryKey: [...key(tenant), id],
    queryFn: () => answer(client.GET(`${root}/{connection_id}`, { params: { path: { tenant, connection_id: id } } })),
  });
}

export function connectorsQuery(tenant: string) {
  return queryOptions({
    queryKey: ["connectors", tenant],
    queryFn: () => answer(client.GET("/api/v1/t/{tenant}/connectors", { params: { path: { tenant } } })),
    staleTime: 5 * 60_000,
  });
}

export function useConnectionCommands(tenant: string) {
  const queries = useQueryClient();
  const path = (id: string) => ({ params: { path: { tenant, connection_id: id } } });
  const onSettled = () => void queries.invalidateQueries({ queryKey: key(tenant) });
  return {
    create: useMutation({
      mutationFn: (body: { name: string; connector: string; parameters: Parameters; limits: ConnectionLimits }) =>
        answer(client.POST(root, { params: { path: { tenant } }, body })),
      onSettled,
    }),
    change: useMutation({
      mutationFn: ({ id, ...body }: { id: string; name?: string; parameters?: Parameters; limits?: ConnectionLimits }) =>
        answer(client.PATCH(`${root}/{connection_id}`, { ...path(id), body })),
      onSettled,
    }),
    test: useMutation({
      mutationFn: (id: string) => answer(client.POST(`${root}/{connection_id}/test`, path(id))),
      onSettled,
    }),
    remove: useMutation({
      mutationFn: (id: string) => answer(client.DELETE(`${root}/{connection_id}`, path(id))),
      onSettled,
    }),
  };
}
