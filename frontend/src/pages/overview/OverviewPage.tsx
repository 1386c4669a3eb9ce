import { IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { draftQuery } from "../../api/drafts";
import { useRefreshOn } from "../../api/live";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { runKeys } from "../../api/runs";
import type { WorkflowItem } from "../../api/types";
import { versionQuery, workflowQuery } from "../../api/workflows";
import { usePollingFallback } from "../../features/live/polling";
import { Button, LinkButton } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { Page } from "../../ui/Page";
import { Skeleton, SkeletonLines, SkeletonRows } from "../../ui/Skeletons";
import { openDraft } from "../../workflow/draft";
import { useRunNow } from "../runs/useRunNow";
import { About } from "./About";
import { CalledBy } from "./CalledBy";
import { LatestRuns } from "./LatestRuns";
import styles from "./OverviewPage.module.css";
import { Standing } from "./Standing";
import { Starts } from "./Starts";
import { Uses } from "./Uses";

const route = getRouteApi("/t/$tenant/w/$wf/overview");

/** What a workflow is, how it stands, what starts it and what became of it lately. */
export function OverviewPage() {
  const { tenant, wf } = route.useParams();
  const poll = usePollingFallback(tenant);
  const query = useQuery({ ...workflowQuery(tenant, wf), refetchOnMount: "always", refetchInterval: poll });
  useRefreshOn(tenant, `workflow:${wf}:runs`, [runKeys.lists(tenant)]);
  const mayRun = usePermission(tenant, "run.start");
  const workflow = query.data;
  const { runNow, busy } = useRunNow(tenant, wf, workflow);
  return (
    <Page
      title={workflow?.name ?? "Overview"}
      documentTitle={`Overview of ${workflow?.name ?? "…"}`}
      actions={
        <Button icon={<IconPlayerPlay size={16} />} disabled={!mayRun || !workflow} busy={busy} onClick={runNow}>
          Run now
        </Button>
      }
    >
      <DataView
        loading={query.isPending}
        error={query.error ? asProblem(query.error) : null}
        hasData={workflow !== undefined}
        onRetry={() => void query.refetch()}
        wayOut={
          <LinkButton to="/t/$tenant/workflows" params={{ tenant }} search={{}}>
            All workflows
          </LinkButton>
        }
        skeleton={<OverviewSkeleton />}
      >
        {workflow && <Overview tenant={tenant} workflow={workflow} poll={poll} onNews={() => void query.refetch()} />}
      </DataView>
    </Page>
  );
}

interface OverviewProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
  readonly poll: number | false;
  readonly onNews: () => void;
}

function Overview({ tenant, workflow, poll, onNews }: OverviewProps) {
  const text = useRunningText(tenant, workflow);
  const graph = useMemo(() => (text.data === undefined ? null : openDraft(text.data).graph), [text.data]);
  return (
    <>
      <Standing tenant={tenant} workflow={workflow} />
      <div className={styles.columns}>
        <div className={styles.column}>
          <section className={styles.card} aria-labelledby="overview-starts">
            <h2 id="overview-starts">What starts it</h2>
            <DataView loading={text.isPending} error={text.error ? asProblem(text.error) : null} hasData={graph !== null} onRetry={() => void text.refetch()} skeleton={<SkeletonLines lines={5} />}>
              {graph && <Starts tenant={tenant} workflow={workflow} triggers={graph.triggers} />}
            </DataView>
          </section>
          {graph && <Uses tenant={tenant} workflow={workflow} graph={graph} />}
          <CalledBy tenant={tenant} workflow={workflow} />
        </div>
        <About tenant={tenant} workflow={workflow} />
      </div>
      <LatestRuns tenant={tenant} workflow={workflow} poll={poll} onNews={onNews} />
    </>
  );
}

/** The text that runs: of the published version; of the draft where there is none yet. */
function useRunningText(tenant: string, { id, publishedVersion }: WorkflowItem) {
  const published = useQuery({ ...versionQuery(tenant, id, publishedVersion ?? 0), enabled: publishedVersion !== null, select: (version) => version.text });
  const draft = useQuery({ ...draftQuery(tenant, id), enabled: publishedVersion === null, select: (one) => one.text });
  return publishedVersion === null ? draft : published;
}

function OverviewSkeleton() {
  return (
    <div role="status" aria-label="Loading the overview">
      <div className={styles.strip} aria-hidden>
        {[0, 1, 2, 3].map((cell) => (
          <div key={cell}>
            <Skeleton width="40%" />
            <Skeleton width="75%" height={20} />
          </div>
        ))}
      </div>
      <div className={styles.columns} aria-hidden>
        <div className={styles.card}>
          <SkeletonLines lines={8} />
        </div>
        <div className={styles.card}>
          <SkeletonLines lines={6} />
        </div>
      </div>
      <SkeletonRows rows={5} />
    </div>
  );
}
