import { useCallback } from "react";
import { useChangeValues } from "../../api/values";
import { useDraftStore, type DraftStore } from "../../document";
import { toast } from "../../ui/toasts";
import { at } from "../../workflow/document";
import type { Edit } from "../../workflow/edits";

/** Keeps what somebody typed in clear text as the value of a new secure parameter; the expression that reads it. */
export function useKeptSecrets(tenant: string, workflowId: string, edit: (edit: Edit) => boolean): (name: string, secret: string) => string | null {
  const store = useDraftStore();
  const { mutateAsync } = useChangeValues(tenant, workflowId);
  return useCallback(
    (name, secret) => {
      const parameter = freeName(store, name);
      if (!edit({ name: "setParameter", arguments: { parameter, text: '{"type": "SecureString"}' } })) return null;
      // A value is taken only for a parameter that the server knows.
      void saved(store)
        .then(() => mutateAsync({ values: { [parameter]: secret } }))
        .then(() => toast.success(`Kept as the secure parameter ${parameter}. It counts from the next version on.`))
        .catch((error: unknown) => toast.error(`The parameter ${parameter} has no value yet: ${error instanceof Error ? error.message : "it could not be kept."} Set it under Parameters.`));
      return `@parameters('${parameter}')`;
    },
    [store, edit, mutateAsync],
  );
}

function freeName({ state }: DraftStore, wanted: string): string {
  const { document, graph } = state.draft;
  const taken = new Set((at(document, `${graph.base}/parameters`)?.members ?? []).map((one) => one.name.toLowerCase()));
  let name = wanted;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${wanted}_${String(number)}`;
  return name;
}

function saved({ store }: DraftStore): Promise<void> {
  return new Promise((resolve) => {
    const look = (): boolean => store.getState().waiting === 0;
    // The edit of the field follows in the same moment: its turn first.
    setTimeout(() => {
      if (look()) return resolve();
      const stop = store.subscribe(() => {
        if (!look()) return;
        stop();
        resolve();
      });
    });
  });
}
