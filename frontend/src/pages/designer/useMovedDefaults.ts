import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useChangeValues, valuesQuery } from "../../api/values";
import { useDraftStore } from "../../document";
import { toast } from "../../ui/toasts";
import { at } from "../../workflow/document";
import { clearDefault, type ClearDefault } from "../../workflow/secrets";
import { jsonOf } from "../../workflow/tree";

const STAYS = "Earlier versions and the draft’s history still hold it: have it renewed by whoever gave it.";

/** Moves the default of a secure parameter to its secret value: the value first, then the edit, which only says that the default goes. */
export function useMovedDefaults(tenant: string, workflowId: string): (found: ClearDefault) => Promise<void> {
  const store = useDraftStore();
  const queries = useQueryClient();
  const { mutateAsync } = useChangeValues(tenant, workflowId);
  return useCallback(
    async ({ parameter, secret, path }) => {
      try {
        const { items } = await queries.fetchQuery(valuesQuery(tenant, workflowId));
        const own = items.some((one) => one.name.toLowerCase() === parameter.toLowerCase());
        if (!own) await mutateAsync({ values: { [parameter]: secret } });
        const { document, graph } = store.state.draft;
        const now = at(document, graph.base + path);
        const same = clearDefault(store.state.draft, graph.base + path) !== null && now !== undefined && JSON.stringify(jsonOf(now)) === JSON.stringify(secret);
        if (!same) return void toast.error(`The default of ${parameter} was changed meanwhile. It stays.`);
        store.editForGood({ name: "setWorkflow", arguments: { path, text: null, field: `the default of ${parameter}` } });
        toast.success(`${own ? `${parameter} has a value of its own; its default is gone.` : `${parameter} has it as its secret value, from the next version on; its default is gone.`} ${STAYS}`);
      } catch (error) {
        toast.error(`The default of ${parameter} stays where it is: ${error instanceof Error ? error.message : "its value could not be kept."}`);
      }
    },
    [store, queries, mutateAsync, tenant, workflowId],
  );
}
