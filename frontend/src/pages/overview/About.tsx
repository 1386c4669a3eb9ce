import { IconEdit } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { historyQuery } from "../../api/drafts";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { useWorkflowCommands } from "../../api/workflows";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { IconButton } from "../../ui/IconButton";
import { TextField } from "../../ui/TextField";
import { Time } from "../../ui/Time";
import { Description } from "./Description";
import styles from "./OverviewPage.module.css";

interface AboutProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
}

/** Its name, its id, and who made and changed it. */
export function About({ tenant, workflow }: AboutProps) {
  const { data: history } = useInfiniteQuery(historyQuery(tenant, workflow.id));
  const last = history?.pages[0]?.items[0];
  return (
    <section className={styles.card} aria-labelledby="overview-about">
      <h2 id="overview-about">About</h2>
      <dl className={styles.facts}>
        <div>
          <dt>Name</dt>
          <dd>
            <Name key={workflow.id} tenant={tenant} workflow={workflow} />
          </dd>
        </div>
        <div>
          <dt>Description</dt>
          <dd>
            <Description key={workflow.id} tenant={tenant} workflow={workflow} />
          </dd>
        </div>
        <div>
          <dt>Created</dt>
          <dd>
            <Time iso={workflow.createdAt} /> by {workflow.owner ?? "a former member"}
          </dd>
        </div>
        <div>
          <dt>Changed</dt>
          <dd>
            <Time iso={last?.at ?? workflow.updatedAt} />
            {last && ` by ${last.author ?? "a former member"}`}
          </dd>
        </div>
        <div>
          <dt>Id</dt>
          <dd className={styles.name}>
            <code>{workflow.id}</code>
            <CopyButton value={workflow.id} label="Copy the id of the workflow" />
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Name({ tenant, workflow }: AboutProps) {
  const mayEdit = usePermission(tenant, "workflow.edit");
  const [editing, setEditing] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (back) pencil.current?.focus();
  }, [back]);
  if (editing) {
    return (
      <NameForm
        tenant={tenant} workflow={workflow}
        onClose={() => {
          setEditing(false);
          setBack(true);
        }}
      />
    );
  }
  return (
    <span className={styles.name}>
      <strong>{workflow.name}</strong>
      {mayEdit && (
        <IconButton
          ref={pencil} size="small" label="Change the name" icon={<IconEdit size={15} />}
          onClick={() => {
            setBack(false);
            setEditing(true);
          }}
        />
      )}
    </span>
  );
}

function NameForm({ tenant, workflow, onClose }: AboutProps & { readonly onClose: () => void }) {
  const [name, setName] = useState(workflow.name);
  const field = useRef<HTMLInputElement>(null);
  const { rename } = useWorkflowCommands(tenant);
  const problem = rename.error ? asProblem(rename.error) : null;
  useEffect(() => {
    field.current?.select();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === workflow.name) onClose();
    else rename.mutate({ id: workflow.id, name: name.trim() }, { onSuccess: onClose });
  };
  return (
    <form
      className={styles.rename} onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <TextField ref={field} aria-label="Name" required maxLength={80} value={name} onChange={(event) => setName(event.currentTarget.value)} error={problem ? (problem.field("name") ?? problem.message) : undefined} />
      <Button type="submit" variant="primary" busy={rename.isPending} disabled={name.trim() === ""}>
        Save
      </Button>
      <Button onClick={onClose}>Cancel</Button>
    </form>
  );
}
