import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { tagsQuery, type useManyWorkflows, WORKFLOWS_AT_ONCE } from "../../api/workflows";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { TagsField } from "../../ui/TagsField";
import { toast } from "../../ui/toasts";
import { counted } from "./chosen";
import styles from "./ChosenWorkflows.module.css";
import { Outcomes, refusedOf } from "./Outcomes";

interface ManyTagsDialogProps {
  readonly tenant: string;
  readonly workflows: readonly WorkflowItem[];
  readonly many: ReturnType<typeof useManyWorkflows>;
  readonly onClose: () => void;
}

/** Tags that all shall have, and such that none shall have any more; those that are not named stay. */
export function ManyTagsDialog({ tenant, workflows, many, onClose }: ManyTagsDialogProps) {
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const { data: used = [] } = useQuery(tagsQuery(tenant));
  const present = [...new Set(workflows.flatMap(({ tags }) => tags))].sort((a, b) => a.localeCompare(b));
  const refused = refusedOf(many.data, workflows);
  const problem = many.error ? asProblem(many.error) : null;
  if (many.data && refused.length > 0) {
    return <Outcomes title={`Tags of ${counted(many.data.items.length - refused.length)} changed, ${String(refused.length)} not`} refused={refused} onClose={onClose} />;
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    many.mutate(
      { kind: "tag", ids: workflows.map(({ id }) => id), add, remove },
      {
        onSuccess: (told) => {
          if (refusedOf(told, workflows).length > 0) return;
          toast.success(`Tags of ${counted(told.items.length)} were changed.`);
          onClose();
        },
      },
    );
  };
  return (
    <Dialog open title={`Tags of ${counted(workflows.length)}`} onClose={onClose} width={460}>
      <form onSubmit={submit} className={styles.fields}>
        <TagsField
          label="Add"
          description="All of them get these beside what they have. Enter or a comma ends one."
          data-autofocus
          value={add}
          data={used.map((tag) => tag.name)}
          onChange={setAdd}
          maxTags={20}
          error={problem ? problem.field("tags") ?? problem.message : undefined}
        />
        {present.length > 0 && (
          <TagsField
            label="Remove"
            description="Taken from those that have them."
            value={remove}
            data={present}
            onChange={(names) => setRemove(names.filter((name) => present.some((one) => one.toLowerCase() === name.toLowerCase())))}
          />
        )}
        {workflows.length > WORKFLOWS_AT_ONCE && <p className={styles.note}>{`Of those selected, the first ${String(WORKFLOWS_AT_ONCE)} are taken.`}</p>}
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={many.isPending} disabled={add.length + remove.length === 0}>
            Change tags
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
