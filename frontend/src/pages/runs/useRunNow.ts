import { useNavigate } from "@tanstack/react-router";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { useWorkflowCommands } from "../../api/workflows";
import { toast } from "../../ui/toasts";
import { useStillHere } from "../../ui/useSearchChange";

/** Runs what is published, or the draft where nothing is, and goes to see it. */
export function useRunNow(tenant: string, wf: string, workflow: Pick<WorkflowItem, "publishedVersion"> | undefined) {
  const navigate = useNavigate();
  const stillHere = useStillHere();
  const { run } = useWorkflowCommands(tenant);
  const runNow = (): void =>
    run.mutate(
      { id: wf, version: workflow?.publishedVersion ? "published" : "draft" },
      {
        onSuccess: ({ runId }) => stillHere() && void navigate({ to: "/t/$tenant/w/$wf/runs/$run", params: { tenant, wf, run: runId } }),
        onError: (error) => toast.error(asProblem(error).message, { title: asProblem(error).title }),
      },
    );
  return { runNow, busy: run.isPending };
}
