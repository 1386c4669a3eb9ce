import { type FormEvent, useState } from "react";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { useWorkflowCommands } from "../../api/workflows";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { TextField } from "../../ui/TextField";

interface RenameDialogProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
  readonly onClose: () => void;
}

export function RenameDialog({ tenant, workflow, onClose }: RenameDialogProps) {
  const [name, setName] = useState(workflow.name);
  const { rename } = useWorkflowCommands(tenant);
  const problem = rename.error ? asProblem(rename.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate({ id: workflow.id, name: name.trim() }, { onSuccess: onClose });
  };
  return (
    <Dialog open title="Rename workflow" onClose={onClose} width={420}>
      <form onSubmit={submit}>
        <TextField
          label="Name"
          required
          withAsterisk={false}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem ? problem.field("name") ?? problem.message : undefined}
        />
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={rename.isPending} disabled={name.trim() === ""}>
            Rename
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
