import { useCallback } from "react";
import { useChangeValues } from "../../api/values";
import { useDraftStore, type DraftStore } from "../../document";
import { declaredIn, usesOf } from "../../features/parameters/declared";
import { toast } from "../../ui/toasts";
import { at } from "../../workflow/document";
import type { Draft, Edit } from "../../workflow/edits";

/**
 * Keeps what somebody typed in clear text as the value of a secure parameter; the expression that reads it. `before` is what the
 * member says now: where that is a secure parameter which nothing else reads, its value is replaced.
 */
export function useKeptSecrets(tenant: string, workflowId: string, edit: (edit: Edit) => boolean): (name: string, secret: string, before: string) => string | null {
  const store = useDraftStore();
  const { mutateAsync } = useChangeValues(tenant, workflowId);
  return useCallback(
    (name, secret, before) => {
      const own = ownParameter(store.state.draft, name, before);
      const parameter = own ?? freeName(store, name);
      if (own === null && !edit({ name: "setParameter", arguments: { parameter, text: '{"type": "SecureString"}' } })) return null;
      const kept = own === null ? `Kept as the secure parameter ${parameter}.` : `The secure parameter ${parameter} has a new value.`;
      // Steps to undo, other browsers and versions have it already.
      const stays = before.includes(secret) ? " It was in the draft in clear text and stays in its history: have it renewed by whoever gave it." : "";
      // A value is taken only for a parameter that the server knows.
      void saved(store)
        .then(() => mutateAsync({ values: { [parameter]: secret } }))
        .then(() => toast.success(`${kept} It counts from the next version on.${stays}`))
        .catch((error: unknown) => toast.error(`The parameter ${parameter} does not have the value yet: ${error instanceof Error ? error.message : "it could not be kept."} Set it under Parameters.`));
      return `@parameters('${parameter}')`;
    },
    [store, edit, mutateAsync],
  );
}

/** The secure parameter that a new secret takes over: the one that its member alone reads, or one of its name that nothing reads any more. */
export function ownParameter({ document, graph }: Draft, wanted: string, before: string): string | null {
  const uses = usesOf(document);
  const secure = declaredIn(document, graph).filter((one) => /^securestring$/i.test(one.type) && one.standard === null);
  const used = (name: string): number => uses.get(name.toLowerCase()) ?? 0;
  const read = /^@\{?parameters\('([^']+)'\)\}?$/.exec(before)?.[1]?.toLowerCase();
  const found = secure.find(({ name }) => name.toLowerCase() === read && used(name) === 1) ?? secure.find(({ name }) => name.startsWith(wanted) && /^(?:_\d+)?$/.test(name.slice(wanted.length)) && used(name) === 0);
  return found?.name ?? null;
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
