import { IconFilterOff, IconInbox } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { given } from "../../api/client";
import { inboxKeys, inboxQuery } from "../../api/inbox";
import { useRefreshOn } from "../../api/live";
import { asProblem } from "../../api/problem";
import { ArrivalDialog } from "../../features/inbox/ArrivalDialog";
import { ArrivalTable } from "../../features/inbox/ArrivalTable";
import { outcomeFilters } from "../../features/inbox/outcomes";
import { Button, LinkButton } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { EmptyState } from "../../ui/EmptyState";
import { FilterBar, filterSelectClass } from "../../ui/FilterBar";
import { Page } from "../../ui/Page";
import { Select } from "../../ui/Select";
import { useSearchChange } from "../../ui/useSearchChange";

const route = getRouteApi("/t/$tenant/inbox");
// Arrivals that wait for a slot ring no bell, so the list also asks by itself.
const askEvery = 30_000;

export function InboxPage() {
  const { tenant } = route.useParams();
  const { outcome, arrival } = route.useSearch();
  const setSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const show = (change: { outcome?: string | undefined; arrival?: string | undefined }) => setSearch((before) => given({ ...before, ...change }));
  const query = useInfiniteQuery({
    ...inboxQuery(tenant, outcome),
    placeholderData: (before) => before,
    refetchInterval: askEvery,
  });
  useRefreshOn(tenant, "tenant:inbox", [inboxKeys.lists(tenant)]);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const none = query.isSuccess && rows.length === 0;
  return (
    <Page title="Inbox" lead="What reached a trigger, newest first, and what became of it.">
      <FilterBar>
        <Select
          aria-label="Outcome"
          className={filterSelectClass}
          data={[{ value: "", label: "All outcomes" }, ...outcomeFilters]}
          value={outcome ?? ""}
          onChange={(value) => show({ outcome: value || undefined })}
        />
      </FilterBar>
      <DataView
        loading={query.isPending}
        error={query.error ? asProblem(query.error) : null}
        hasData={query.data !== undefined}
        onRetry={() => void query.refetch()}
      >
        {none && outcome !== undefined && (
          <EmptyState
            icon={<IconFilterOff size={24} />}
            title="Nothing matches"
            text="No arrival ended that way."
            primary={<Button onClick={() => show({ outcome: undefined })}>Clear filters</Button>}
          />
        )}
        {none && outcome === undefined && (
          <EmptyState
            icon={<IconInbox size={24} />}
            title="Nothing has arrived yet"
            text="Calls of callback URLs, schedule ticks and polls appear here as soon as a published workflow gets one, also those that start no run."
            primary={
              <LinkButton to="/t/$tenant/workflows" params={{ tenant }}>
                Go to workflows
              </LinkButton>
            }
          />
        )}
        {rows.length > 0 && (
          <ArrivalTable
            arrivals={rows}
            onOpen={(row) => show({ arrival: row.id })}
            more={query.hasNextPage ? { onMore: () => void query.fetchNextPage(), busy: query.isFetchingNextPage } : undefined}
          />
        )}
      </DataView>
      {arrival && <ArrivalDialog tenant={tenant} id={arrival} onClose={() => show({ arrival: undefined })} />}
    </Page>
  );
}
