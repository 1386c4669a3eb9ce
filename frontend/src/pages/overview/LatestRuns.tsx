import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { runQuery, runsQuery } from "../../api/runs";
import type { WorkflowItem } from "../../api/types";
import { NoRuns } from "../../features/runs/RunList";
import { runIdIn } from "../../features/runs/runId";
import { RunTable } from "../../features/runs/RunTable";
import { Button, LinkButton } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { SkeletonRows } from "../../ui/Skeletons";
import { TextField } from "../../ui/TextField";
import { useStillHere } from "../../ui/useSearchChange";
import styles from "./OverviewPage.module.css";

const NEWEST = 5;

interface LatestRunsProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
  readonly poll: number | false;
  /** A run began or ended: the figures of the day are others now. */
  readonly onNews: () => void;
}

/** The newest runs, and the way to any other. */
export function LatestRuns({ tenant, workflow, poll, onNews }: LatestRunsProps) {
  const query = useInfiniteQuery({ ...runsQuery(tenant, { workflow: workflow.id }), refetchInterval: poll });
  const may = { cancel: usePermission(tenant, "run.cancel"), resubmit: usePermission(tenant, "run.resubmit") };
  const rows = (query.data?.pages[0]?.items ?? []).slice(0, NEWEST);
  const seen = query.data === undefined ? null : rows.map((run) => `${run.id} ${run.status}`).join();
  const told = useRef<string | null>(null);
  const tell = useEffectEvent(onNews);
  useEffect(() => {
    if (seen !== null && told.current !== null && told.current !== seen) tell();
    told.current = seen;
  }, [seen]);
  return (
    <section aria-labelledby="overview-runs">
      <div className={styles.runsHead}>
        <h2 id="overview-runs">Newest runs</h2>
        <RunById tenant={tenant} workflow={workflow.id} />
        <LinkButton to="/t/$tenant/w/$wf/runs" params={{ tenant, wf: workflow.id }} search={{}}>
          All runs
        </LinkButton>
      </div>
      <DataView loading={query.isPending} error={query.error ? asProblem(query.error) : null} hasData={query.data !== undefined} onRetry={() => void query.refetch()} skeleton={<SkeletonRows rows={NEWEST} label="Loading the newest runs" />}>
        {rows.length === 0 ? <NoRuns text="Press Run now, or let what starts it do so: the run appears here at once." /> : <RunTable tenant={tenant} runs={rows} showWorkflow={false} may={may} />}
      </DataView>
    </section>
  );
}

function RunById({ tenant, workflow }: { readonly tenant: string; readonly workflow: string }) {
  const [text, setText] = useState("");
  const [refused, setRefused] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const stillHere = useStillHere();
  const [busy, setBusy] = useState(false);
  // It may be a run of another workflow; one that is not there says so on its own page.
  const open = async (run: string): Promise<void> => {
    setBusy(true);
    const found = await queries.fetchQuery(runQuery(tenant, run)).catch(() => null);
    setBusy(false);
    if (stillHere()) void navigate({ to: "/t/$tenant/w/$wf/runs/$run", params: { tenant, wf: found?.workflow.id ?? workflow, run } });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const run = runIdIn(text);
    setRefused(run === null);
    if (run !== null) void open(run);
  };
  return (
    <form className={styles.byId} onSubmit={submit} noValidate>
      <TextField
        aria-label="Open a run by its id" placeholder="Id or address of a run" autoComplete="off" spellCheck={false} value={text}
        error={refused ? "No id of a run is in this: one has 36 characters." : undefined}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setRefused(false);
        }}
      />
      <Button type="submit" busy={busy} disabled={text.trim() === ""}>
        Open
      </Button>
    </form>
  );
}
