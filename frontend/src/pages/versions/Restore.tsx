import { IconArrowBackUp } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { restorePast } from "../../api/drafts";
import { asProblem } from "../../api/problem";
import { restoreVersion, workflowKeys } from "../../api/workflows";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toasts";
import { revisionOf } from "./moments";

interface RestoreProps {
  readonly tenant: string;
  readonly wf: string;
  /** A version or a past draft, and its name within a sentence. */
  readonly id: string;
  readonly name: string;
  readonly disabled: boolean;
}

/** Makes the draft what it was, after a question. */
export function RestoreButton({ tenant, wf, id, name, disabled }: RestoreProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const restore = useMutation({
    mutationFn: () => {
      const revision = revisionOf(id);
      return revision === null ? restoreVersion(tenant, wf, Number(id)) : restorePast(tenant, wf, revision);
    },
    onSuccess: () => {
      for (const key of [workflowKeys.lists(tenant), workflowKeys.one(tenant, wf), ["draft", tenant, wf]]) void queries.invalidateQueries({ queryKey: key });
      setAsking(false);
      toast.success(`The draft is now ${name}. Publish it to bring it into use.`);
      void navigate({ to: "/t/$tenant/w/$wf/design", params: { tenant, wf } });
    },
    onError: (error) => toast.error(asProblem(error).message, { title: asProblem(error).title }),
  });
  return (
    <>
      <Button size="small" icon={<IconArrowBackUp size={16} />} disabled={disabled} onClick={() => setAsking(true)}>
        Restore as draft
      </Button>
      <ConfirmDialog
        open={asking}
        title={`Restore ${name}?`}
        confirmLabel="Restore as draft"
        busy={restore.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() => restore.mutate()}
      >
        The draft becomes the text of {name}. What the draft says now stays in its history. What is published does not change until you
        publish.
      </ConfirmDialog>
    </>
  );
}
