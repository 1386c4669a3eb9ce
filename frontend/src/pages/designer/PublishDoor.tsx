import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { loadEdits, publishDraft } from "../../api/drafts";
import { valuesQuery } from "../../api/values";
import { callbacksQuery, useWorkflowCommands, versionQuery } from "../../api/workflows";
import { useDraft, useDraftStore } from "../../document";
import { PublishDialog } from "../../features/publish/PublishDialog";
import { RunDialog } from "../../features/publish/RunDialog";
import type { ListedProblem } from "../../features/problems/grouping";
import { toast } from "../../ui/toasts";
import { changesByAuthor, type Authored } from "../../workflow/authors";
import { compare } from "../../workflow/changes";
import { openDraft } from "../../workflow/draft";
import type { Graph } from "../../workflow/graph";
import { sampleOf } from "../../workflow/samples";
import { down } from "../../workflow/tree";

interface PublishDoorProps {
  readonly open: boolean;
  readonly tenant: string;
  readonly workflowId: string;
  readonly published: number | null;
  readonly errors: readonly ListedProblem[];
  readonly warnings: number;
  readonly onGo: (problem: ListedProblem) => void;
  readonly onPublished: () => void;
  readonly onClose: () => void;
}

/** The publish dialog with the draft compared to what is published now. */
export function PublishDoor({ open, tenant, workflowId, published, errors, warnings, onGo, onPublished, onClose }: PublishDoorProps) {
  const store = useDraftStore();
  const draft = useDraft((state) => state.draft);
  const waiting = useDraft((state) => state.waiting);
  const queries = useQueryClient();
  const version = useQuery({ ...versionQuery(tenant, workflowId, published ?? 0), enabled: open && published !== null });
  const text = version.data?.text;
  const since = version.data?.revision ?? 0;
  const revision = useDraft((state) => state.revision);
  const log = useQuery({ queryKey: ["edits", tenant, workflowId, since, revision], queryFn: () => loadEdits(tenant, workflowId, since), enabled: open && text !== undefined });
  const values = useQuery({ ...valuesQuery(tenant, workflowId), enabled: open && published !== null });
  const changes = useMemo(() => {
    if (!open || (published !== null && text === undefined)) return null;
    if (text === undefined) return [{ author: "", changes: firstVersion(draft.graph) }];
    // Who did it comes a moment later; where it does not come, the changes are told without.
    if (log.isPending) return null;
    const found = changesByAuthor(compare(openDraft(text), draft), (log.data?.items ?? []) as unknown as readonly Authored[]);
    return values.data?.published === false ? [...found, { author: "", changes: ["Values of the workflow’s parameters"] }] : found;
  }, [open, published, text, draft, log.isPending, log.data, values.data]);
  const publish = async (comment: string): Promise<string | null> => {
    try {
      const { version: made } = await publishDraft(tenant, workflowId, { comment, revision: store.state.revision });
      toast.success(`Version ${String(made.number)} is published and answers from now on.`);
      void queries.invalidateQueries({ queryKey: valuesQuery(tenant, workflowId).queryKey });
      void queries.invalidateQueries({ queryKey: callbacksQuery(tenant, workflowId).queryKey });
      onPublished();
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : "Publishing did not work.";
    }
  };
  return (
    <PublishDialog
      open={open}
      next={(published ?? 0) + 1}
      changes={changes}
      errors={errors.map((problem) => ({ message: problem.message, go: () => onGo(problem) }))}
      warnings={warnings}
      waiting={waiting}
      onPublish={publish}
      onClose={onClose}
    />
  );
}

function firstVersion(graph: Graph): string[] {
  const count = (number: number, one: string): string => `${String(number)} ${number === 1 ? one : `${one}s`}`;
  return [`The first version: ${count(graph.triggers.length, "trigger")} and ${count(graph.count, "action")}`];
}

interface RunDoorProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly published: boolean;
  readonly onRun: (run: string, version: "draft" | "published") => void;
  readonly onClose: () => void;
}

export function RunDoor({ tenant, workflowId, published, onRun, onClose }: RunDoorProps) {
  const trigger = useDraft((state) => state.draft.graph.triggers[0]);
  const { run } = useWorkflowCommands(tenant);
  const sample = useMemo(() => sampleOf(trigger ? down(trigger.value, "inputs", "schema") : undefined), [trigger]);
  return (
    <RunDialog
      open
      sample={sample}
      published={published}
      onClose={onClose}
      onRun={async (payload, version) => {
        try {
          const answer = await run.mutateAsync({ id: workflowId, version, payload });
          onClose();
          onRun(answer.runId, version);
          return null;
        } catch (error) {
          return error instanceof Error ? error.message : "The run did not start.";
        }
      }}
    />
  );
}
