import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "./client";

/** Every operation that a definition may name: one list per tenant, kept for the life of the page. */
export function operationsQuery(tenant: string) {
  return queryOptions({
    queryKey: ["operations", tenant],
    queryFn: () => answer(client.GET("/api/v1/t/{tenant}/operations", { params: { path: { tenant } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
