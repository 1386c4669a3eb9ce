import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { tagsQuery, useTagging } from "../../api/workflows";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { TagsField } from "../../ui/TagsField";

interface TagsDialogProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
  readonly onClose: () => void;
}

/** The tags of one workflow, with those of the others to choose from. */
export function TagsDialog({ tenant, workflow, onClose }: TagsDialogProps) {
  const [tags, setTags] = useState([...workflow.tags]);
  const { data: used = [] } = useQuery(tagsQuery(tenant));
  const tagging = useTagging(tenant);
  const problem = tagging.error ? asProblem(tagging.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    tagging.mutate({ id: workflow.id, tags }, { onSuccess: onClose });
  };
  return (
    <Dialog open title={`Tags of ${workflow.name}`} onClose={onClose} width={460}>
      <form onSubmit={submit}>
        <TagsField
          label="Tags"
          description="Words to find it by. Enter or a comma ends one."
          data-autofocus
          value={tags}
          data={used.map((tag) => tag.name)}
          onChange={setTags}
          maxTags={20}
          error={problem ? problem.field("tags") ?? problem.message : undefined}
        />
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={tagging.isPending}>
            Save tags
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
