import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { useWorkflowCommands } from "../../api/workflows";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toasts";
import { CalledWarning } from "./CalledWarning";

interface DeleteDialogProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
  readonly onClose: () => void;
}

export function DeleteDialog({ tenant, workflow, onClose }: DeleteDialogProps) {
  const { remove } = useWorkflowCommands(tenant);
  return (
    <ConfirmDialog
      open
      title={`Delete ${workflow.name}?`}
      confirmLabel="Delete workflow"
      danger
      typeToConfirm={workflow.name}
      busy={remove.isPending}
      onClose={onClose}
      onConfirm={() =>
        remove.mutate(workflow.id, {
          onSuccess: () => {
            toast.success(`${workflow.name} was deleted.`);
            onClose();
          },
          onError: (error) => toast.error(asProblem(error).message, { title: asProblem(error).title }),
        })
      }
    >
      <CalledWarning tenant={tenant} workflow={workflow} />
      Its draft, all its versions and its callback URL go with it. Runs that are under way go on to their end. This cannot be undone.
    </ConfirmDialog>
  );
}
