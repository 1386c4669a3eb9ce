import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, client, given } from "./client";
import type { components } from "./schema";

export type AuditItem = components["schemas"]["AuditItem"];

export interface AuditFilters {
  readonly kind?: string | undefined;
  readonly person?: string | undefined;
  readonly object?: string | undefined;
}

/** Who did what in the organisation, newest first. */
export function auditQuery(tenant: string, filters: AuditFilters) {
  return infiniteQueryOptions({
    queryKey: ["audit", tenant, filters],
    queryFn: ({ pageParam, signal }) =>
      answer(client.GET("/api/v1/t/{tenant}/audit", { params: { path: { tenant }, query: given({ ...filters, cursor: pageParam }) }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}
