import type { WorkflowItem } from "../../api/types";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { CalledWarning } from "./CalledWarning";

interface TurnOffDialogProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asked only where others call the workflow: whoever turns it off may not know of them. */
export function TurnOffDialog({ tenant, workflow, onConfirm, onClose }: TurnOffDialogProps) {
  return (
    <ConfirmDialog
      open
      title={`Turn off ${workflow.name}?`}
      confirmLabel="Turn off"
      onClose={onClose}
      onConfirm={() => {
        onClose();
        onConfirm();
      }}
    >
      <CalledWarning tenant={tenant} workflow={workflow} />
      Nothing starts it until it is turned on again. Runs that are under way go on to their end.
    </ConfirmDialog>
  );
}
