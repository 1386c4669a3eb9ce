import { IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { given } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { callbacksQuery, workflowQuery } from "../../api/workflows";
import { usePollingFallback } from "../../features/live/polling";
import { RunGrid } from "../../features/runs/RunGrid";
import { NoRuns, RunFilterBar, RunList } from "../../features/runs/RunList";
import { runSearch, type RunSearch } from "../../features/runs/runSearch";
import { Button, LinkButton } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { Page } from "../../ui/Page";
import { SegmentedControl } from "../../ui/SegmentedControl";
import { useSearchChange } from "../../ui/useSearchChange";
import { useRunNow } from "./useRunNow";

const route = getRouteApi("/t/$tenant/w/$wf/runs");

export function WorkflowRunsPage() {
  const { tenant, wf } = route.useParams();
  const { view, ...asked } = route.useSearch();
  const filters = runSearch(asked, true);
  const setSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const { data: workflow } = useQuery(workflowQuery(tenant, wf));
  const published = workflow?.publishedVersion ?? 0;
  // Numbers have no gaps; of a workflow with hundreds, the address reaches the others.
  const versions = Array.from({ length: Math.min(published, 50) }, (_, at) => published - at);
  const mayRun = usePermission(tenant, "run.start");
  const { runNow, busy } = useRunNow(tenant, wf, workflow);
  const runButton = (
    <Button icon={<IconPlayerPlay size={16} />} disabled={!mayRun} busy={busy} onClick={runNow}>
      Run now
    </Button>
  );
  const onFilters = (change: RunSearch) => setSearch((before) => given({ ...before, ...change }));
  const poll = usePollingFallback(tenant);
  const empty = <FirstRun tenant={tenant} wf={wf} published={workflow?.publishedVersion !== null} starts={workflow?.triggerType !== null} />;
  return (
    <Page title="Runs" documentTitle={`Runs of ${workflow?.name ?? "…"}`} actions={runButton}>
      <RunFilterBar filters={filters} onFilters={onFilters} versions={versions}>
        <SegmentedControl
          aria-label="View"
          value={view ?? "list"}
          data={[{ value: "list", label: "List" }, { value: "grid", label: "Grid" }]}
          onChange={(next) => setSearch((before) => given({ ...before, view: next === "grid" ? ("grid" as const) : undefined }))}
        />
      </RunFilterBar>
      {view === "grid" ? (
        <RunGrid tenant={tenant} workflow={wf} filters={filters} onFilters={onFilters} poll={poll} empty={empty} />
      ) : (
        <RunList tenant={tenant} workflow={wf} filters={filters} onFilters={onFilters} poll={poll} empty={empty} />
      )}
    </Page>
  );
}

function FirstRun({ tenant, wf, published, starts }: { readonly tenant: string; readonly wf: string; readonly published: boolean; readonly starts: boolean }) {
  const mayRead = usePermission(tenant, "callback.read");
  const { data: callbacks } = useQuery({ ...callbacksQuery(tenant, wf), enabled: published && mayRead });
  const curl = callbacks?.[0]?.curl;
  if (!published && !starts) {
    return (
      <NoRuns text="The workflow has no trigger yet, so nothing can start it.">
        <LinkButton variant="primary" to="/t/$tenant/w/$wf/design" params={{ tenant, wf }} search={{}}>
          Open the designer
        </LinkButton>
      </NoRuns>
    );
  }
  return (
    <NoRuns text={curl ? "Call its URL, or press Run now; the run appears here at once." : "Press Run now, or publish it and let its trigger fire."}>
      {curl && <CopyButton value={curl} label="Copy a curl line" text />}
    </NoRuns>
  );
}
