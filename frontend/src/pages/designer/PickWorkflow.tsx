import { useWorkflowChoice } from "../../api/workflowNames";
import type { PickWorkflowProps } from "../../features/panel/PanelContext";
import { FoundSelect } from "../../ui/FoundSelect";

/** Another workflow that starts when it is called, whatever the definition names it by. */
export function PickWorkflow({ tenant, except, reference, labelId, readOnly, always, none: said, onPick }: PickWorkflowProps & { readonly tenant: string; readonly except: string }) {
  const { items, more, loading, none, chosen, search } = useWorkflowChoice(tenant, reference, { trigger: "Request", except });
  return (
    <>
      <FoundSelect
        aria-labelledby={labelId}
        disabled={readOnly}
        placeholder={none ? "No other workflow starts with a request" : "Choose a workflow"}
        nothingFoundMessage={loading ? "Looking…" : undefined}
        found={items.map((one) => ({ value: one.id, label: one.name }))}
        more={more}
        always={always}
        chosen={reference === "" ? null : chosen ? { value: chosen.id, label: chosen.name } : { value: reference, label: chosen === null ? `${reference} (not found)` : reference }}
        onTyped={search}
        onChange={onPick}
      />
      {none && said}
    </>
  );
}
