import { useDraft } from "../../document";
import { ParametersDialog } from "../../features/parameters/ParametersDialog";
import type { Edit } from "../../workflow/edits";

interface ParametersDoorProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly readOnly: boolean;
  readonly edit: (edit: Edit) => boolean;
  readonly onClose: () => void;
}

/** The parameters of the draft as it is now, whoever changes it. */
export function ParametersDoor(props: ParametersDoorProps) {
  const draft = useDraft((state) => state.draft);
  const waiting = useDraft((state) => state.waiting);
  return <ParametersDialog {...props} draft={draft} waiting={waiting} />;
}
