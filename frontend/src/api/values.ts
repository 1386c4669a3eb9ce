import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "./client";
import type { components } from "./schema";

const route = "/api/v1/t/{tenant}/workflows/{workflow_id}/values";

export type ParameterValue = components["schemas"]["ParameterValue"];

/** The values of a workflow's parameters; secret ones are told of and not shown. */
export function valuesQuery(tenant: string, workflow: string) {
  return queryOptions({
    queryKey: ["values", tenant, workflow],
    queryFn: () => answer(client.GET(route, { params: { path: { tenant, workflow_id: workflow } } })),
  });
}

export interface ValuesChange {
  readonly values?: Readonly<Record<string, unknown>>;
  readonly removed?: readonly string[];
}

export function useChangeValues(tenant: string, workflow: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ values = {}, removed = [] }: ValuesChange) =>
      answer(client.PATCH(route, { params: { path: { tenant, workflow_id: workflow } }, body: { values: { ...values }, removed: [...removed], renamed: {} } })),
    onSuccess: (shown) => {
      queries.setQueryData(valuesQuery(tenant, workflow).queryKey, shown);
      void queries.invalidateQueries({ queryKey: ["workflow", tenant, workflow] });
    },
  });
}

/** Shows a value under another name at once: the server carries it there with the declaration. */
export function useCarriedValue(tenant: string, workflow: string): (from: string, to: string) => void {
  const queries = useQueryClient();
  return (from, to) => {
    queries.setQueryData(valuesQuery(tenant, workflow).queryKey, (known) => known && { ...known, items: known.items.map((one) => (one.name.toLowerCase() === from.toLowerCase() ? { ...one, name: to } : one)) });
  };
}
