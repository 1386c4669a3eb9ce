import { getRouteApi } from "@tanstack/react-router";
import { given } from "../../api/client";
import { usePollingFallback } from "../../features/live/polling";
import { NoRuns, RunFilterBar, RunList } from "../../features/runs/RunList";
import { runSearch, type RunSearch } from "../../features/runs/runSearch";
import { LinkButton } from "../../ui/Button";
import { Page } from "../../ui/Page";
import { useSearchChange } from "../../ui/useSearchChange";

const route = getRouteApi("/t/$tenant/runs");

export function RunsPage() {
  const { tenant } = route.useParams();
  const filters = runSearch(route.useSearch(), false);
  const setSearch = useSearchChange<RunSearch>();
  const onFilters = (change: RunSearch) => setSearch((before) => given({ ...before, ...change }));
  return (
    <Page title="Runs" lead="Every run of this organisation's workflows, newest first.">
      <RunFilterBar filters={filters} onFilters={onFilters} />
      <RunList
        tenant={tenant}
        filters={filters}
        onFilters={onFilters}
        poll={usePollingFallback(tenant)}
        empty={
          <NoRuns text="A run appears here as soon as a workflow's trigger fires.">
            <LinkButton to="/t/$tenant/workflows" params={{ tenant }}>
              Go to workflows
            </LinkButton>
          </NoRuns>
        }
      />
    </Page>
  );
}
