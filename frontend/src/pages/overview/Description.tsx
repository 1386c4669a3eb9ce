import { IconEdit } from "@tabler/icons-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { useWorkflowCommands } from "../../api/workflows";
import { Button } from "../../ui/Button";
import { IconButton } from "../../ui/IconButton";
import { TextArea } from "../../ui/TextArea";
import styles from "./OverviewPage.module.css";

interface DescriptionProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
}

/** What the workflow says of itself. It is part of the draft, so it is published, copied and exported with it. */
export function Description({ tenant, workflow }: DescriptionProps) {
  const mayEdit = usePermission(tenant, "workflow.edit");
  const [editing, setEditing] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (back) pencil.current?.focus();
  }, [back]);
  if (editing) {
    return (
      <DescriptionForm
        tenant={tenant} workflow={workflow}
        onClose={() => {
          setEditing(false);
          setBack(true);
        }}
      />
    );
  }
  return (
    <span className={styles.description}>
      {workflow.description === "" ? <span className={styles.muted}>None yet</span> : <span>{workflow.description}</span>}
      {mayEdit && (
        <IconButton
          ref={pencil} size="small" label="Change the description" icon={<IconEdit size={15} />}
          onClick={() => {
            setBack(false);
            setEditing(true);
          }}
        />
      )}
    </span>
  );
}

function DescriptionForm({ tenant, workflow, onClose }: DescriptionProps & { readonly onClose: () => void }) {
  const [text, setText] = useState(workflow.description);
  const field = useRef<HTMLTextAreaElement>(null);
  const { describe } = useWorkflowCommands(tenant);
  const problem = describe.error ? asProblem(describe.error) : null;
  useEffect(() => {
    field.current?.focus();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === workflow.description) onClose();
    else describe.mutate({ id: workflow.id, description: text.trim() }, { onSuccess: onClose });
  };
  return (
    <form
      className={styles.describe} onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
      }}
    >
      <TextArea
        ref={field} aria-label="Description" placeholder="What it is for, in a sentence" minRows={3} maxRows={8} maxLength={256} value={text}
        onChange={(event) => setText(event.currentTarget.value)} error={problem ? (problem.field("description") ?? problem.message) : undefined}
      />
      <div className={styles.rename}>
        <Button type="submit" variant="primary" busy={describe.isPending}>
          Save
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </form>
  );
}
