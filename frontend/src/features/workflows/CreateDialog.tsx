import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { asProblem } from "../../api/problem";
import { useWorkflowCommands } from "../../api/workflows";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { TextField } from "../../ui/TextField";

interface CreateDialogProps {
  readonly tenant: string;
  readonly onClose: () => void;
}

/** A new blank workflow: its name, then straight to the canvas. */
export function CreateDialog({ tenant, onClose }: CreateDialogProps) {
  const [name, setName] = useState("");
  const navigate = useNavigate();
  const { create } = useWorkflowCommands(tenant);
  const problem = create.error ? asProblem(create.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { name: name.trim() },
      { onSuccess: (made) => void navigate({ to: "/t/$tenant/w/$wf/design", params: { tenant, wf: made.id } }) },
    );
  };
  return (
    <Dialog open title="New workflow" onClose={onClose} width={440}>
      <form onSubmit={submit}>
        {problem && !problem.field("name") && (
          <div style={{ marginBottom: 12 }}>
            <Banner tone="error" live>
              {problem.message}
            </Banner>
          </div>
        )}
        <TextField
          label="Name"
          description="What it does, in a few words. It can be changed at any time."
          placeholder="Order intake"
          required
          withAsterisk={false}
          data-autofocus
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem?.field("name")}
        />
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending || create.isSuccess} disabled={name.trim() === ""}>
            Create and open
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
