import { IconHistory, IconPin } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { asProblem } from "../../api/problem";
import { actionDetailQuery, triggerDetailQuery } from "../../api/runs";
import { readDetail, valueOf, type ActionDetail } from "../../features/runs/actionDetail";
import { Button } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { EmptyState } from "../../ui/EmptyState";
import { readJson } from "../../ui/jsonTree";
import { SkeletonLines } from "../../ui/Skeletons";
import { StatusPill } from "../../ui/StatusPill";
import { ValueView } from "../../ui/ValueView";
import type { Lens } from "./lens";
import { pinnable, type PinnedResult } from "./pinning";
import styles from "./side.module.css";

interface OutputTabProps {
  readonly tenant: string;
  readonly name: string;
  readonly trigger: boolean;
  readonly lens: Lens;
  /** Null where nothing can be pinned. */
  readonly onPin: ((result: PinnedResult) => void) | null;
}

/** What the action gave in the chosen run. */
export function OutputTab(props: OutputTabProps) {
  const { lens } = props;
  if (lens.runId === null) {
    return <EmptyState icon={<IconHistory size={24} />} title="No run to look at" text={lens.runs.length === 0 ? "This workflow has not run yet. Test this action, or run the workflow: what it gives stands here." : "Choose a run above."} />;
  }
  return props.trigger ? <TriggerOutput {...props} run={lens.runId} /> : <ActionValues {...props} run={lens.runId} repetition={lens.repetition} since="panel" />;
}

function TriggerOutput({ tenant, run }: OutputTabProps & { readonly run: string }) {
  const query = useQuery({ ...triggerDetailQuery(tenant, run), select: (text) => valueOf(readJson(text), "outputs") });
  return (
    <div className={styles.result}>
      <DataView loading={query.isPending} error={query.error ? asProblem(query.error) : null} hasData={query.isSuccess} onRetry={() => void query.refetch()} skeleton={<SkeletonLines lines={6} />}>
        <ValueView value={query.data} label="Outputs" empty="The trigger brought no values." maxHeight={560} />
      </DataView>
    </div>
  );
}

interface ActionValuesProps extends Pick<OutputTabProps, "tenant" | "name" | "onPin"> {
  readonly run: string;
  readonly repetition: string;
  /** Another text: it may have changed. */
  readonly since: string;
}

/** What one action, in one turn, took and gave. */
export function ActionValues({ tenant, name, run, repetition, since, onPin }: ActionValuesProps) {
  const query = useQuery({ ...actionDetailQuery(tenant, run, name, repetition, since), select: readDetail, retry: false });
  const missing = query.error && asProblem(query.error).status === 404;
  if (missing) return <EmptyState icon={<IconHistory size={24} />} title="Not in this run" text="The action was not part of the chosen run, or has another name since." />;
  return (
    <div className={styles.result}>
      <DataView loading={query.isPending} error={query.error ? asProblem(query.error) : null} hasData={query.data !== undefined} onRetry={() => void query.refetch()} skeleton={<SkeletonLines lines={6} />}>
        {query.data && <Detail detail={query.data} onPin={onPin} />}
      </DataView>
    </div>
  );
}

/** One action's outcome, with its values. */
export function Detail({ detail, onPin }: { readonly detail: ActionDetail; readonly onPin: OutputTabProps["onPin"] }) {
  const pinned = pinnable(detail);
  return (
    <>
      <div className={styles.outcome}>
        <StatusPill status={detail.status} duration={lasted(detail)} retries={Math.max(0, detail.tries.length - 1)} />
        {onPin && "outputs" in pinned && (
          <Button size="small" icon={<IconPin size={14} />} onClick={() => onPin(pinned)}>
            Pin these outputs
          </Button>
        )}
      </div>
      {detail.error && <p className={styles.wrong}>{detail.error.message}</p>}
      <h3>Outputs</h3>
      <ValueView value={detail.outputs} label="Outputs" secured={detail.secured.includes("outputs")} empty="This action has no outputs." maxHeight={420} />
      <h3>Inputs</h3>
      <ValueView value={detail.inputs} label="Inputs" secured={detail.secured.includes("inputs")} empty="This action has no inputs." maxHeight={320} />
    </>
  );
}

function lasted(detail: ActionDetail): number | undefined {
  return detail.startedAt !== null && detail.endedAt !== null ? Date.parse(detail.endedAt) - Date.parse(detail.startedAt) : undefined;
}
