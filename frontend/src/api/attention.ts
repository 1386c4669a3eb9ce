import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "./client";
import type { components } from "./schema";

export type Attention = components["schemas"]["Attention"];

/** What fails at the moment; asked again each minute while somebody looks. */
export function attentionQuery(tenant: string) {
  return queryOptions({
    queryKey: ["attention", tenant],
    queryFn: () => answer(client.GET("/api/v1/t/{tenant}/attention", { params: { path: { tenant } } })),
    refetchInterval: 60_000,
  });
}
