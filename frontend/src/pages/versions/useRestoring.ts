import { useQueryClient } from "@tanstack/react-query";
import { draftQuery, sendEdits } from "../../api/drafts";
import { asProblem } from "../../api/problem";
import { workflowKeys } from "../../api/workflows";
import { toast } from "../../ui/toasts";
import { compare, nameOf, type ActionChange, type PropertyChange } from "../../workflow/changes";
import { openDraft, titleOf } from "../../workflow/draft";
import { apply } from "../../workflow/edits";
import { restoring } from "../../workflow/restoring";

/** Takes one change back in the draft, as it is on the server at that moment. */
export function useRestoring(tenant: string, wf: string, before: string) {
  const queries = useQueryClient();
  return async (change: ActionChange, property: PropertyChange | null): Promise<void> => {
    try {
      const draft = await queries.fetchQuery({ ...draftQuery(tenant, wf), staleTime: 0 });
      const now = openDraft(draft.text);
      const comparison = compare(openDraft(before), now);
      const name = (change.before ?? change.after)?.action.name.toLowerCase();
      const found = comparison.actions.find((each) => (each.before ?? each.after)?.action.name.toLowerCase() === name);
      const value = property ? found?.properties.find((each) => each.path === property.path) : null;
      if (!found || value === undefined) {
        toast.success(`The draft has ${titleOf(nameOf(change))} as it was already.`);
        return;
      }
      const done = apply(now, restoring(comparison, found, value));
      const edit = { name: done.edit.name, arguments: { ...done.edit.arguments }, patch: [...done.patch] };
      await sendEdits(tenant, wf, { id: crypto.randomUUID(), base: draft.revision, edits: [edit] });
      void queries.invalidateQueries({ queryKey: ["draft", tenant, wf] });
      void queries.invalidateQueries({ queryKey: workflowKeys.one(tenant, wf) });
      toast.success(`${titleOf(nameOf(change))} is taken back in the draft. Publish it to bring it into use.`);
    } catch (error) {
      toast.error(asProblem(error).message, { title: "It was not taken back" });
    }
  };
}
