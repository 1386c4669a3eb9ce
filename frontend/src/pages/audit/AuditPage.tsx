import { IconFilterOff, IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { type AuditFilters, type AuditItem, auditQuery } from "../../api/audit";
import { given } from "../../api/client";
import { asProblem } from "../../api/problem";
import { actionWords, changeWords, kindWords } from "../../features/audit/words";
import { Button } from "../../ui/Button";
import { type Column, DataTable } from "../../ui/DataTable";
import { DataView } from "../../ui/DataView";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { FilterBar, filterSelectClass, SearchField } from "../../ui/FilterBar";
import { readJson } from "../../ui/jsonTree";
import { Page } from "../../ui/Page";
import { Select } from "../../ui/Select";
import { Time } from "../../ui/Time";
import { useSearchChange } from "../../ui/useSearchChange";
import { KeyValues, ValueView } from "../../ui/ValueView";
import styles from "./AuditPage.module.css";

const route = getRouteApi("/t/$tenant/audit");

/** Every change of the organisation and who made it. For its owners and administrators. */
export function AuditPage() {
  const { tenant } = route.useParams();
  const filters = route.useSearch();
  const setSearch = useSearchChange<typeof filters>();
  const [open, setOpen] = useState<AuditItem | null>(null);
  const show = (change: AuditFilters) => setSearch((before) => given({ ...before, ...change }));
  const query = useInfiniteQuery({ ...auditQuery(tenant, filters), placeholderData: (before) => before });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const kinds = query.data?.pages[0]?.kinds ?? [];
  const filtered = Object.keys(filters).length > 0;
  const none = query.isSuccess && rows.length === 0;
  return (
    <Page title="Audit trail" lead="Who changed what, newest first. Secrets and data of runs are not in it.">
      <FilterBar>
        <SearchField label="Person" value={filters.person ?? ""} onChange={(person) => show({ person: person || undefined })} />
        <Select
          aria-label="Kind"
          className={filterSelectClass}
          data={[{ value: "", label: "Everything" }, ...kinds.map((kind) => ({ value: kind, label: kindWords(kind) }))]}
          value={filters.kind ?? ""}
          onChange={(kind) => show({ kind: kind || undefined })}
        />
        {filters.object && <Button size="small" onClick={() => show({ object: undefined })}>All objects</Button>}
      </FilterBar>
      <DataView loading={query.isPending} error={query.error ? asProblem(query.error) : null} hasData={query.data !== undefined} onRetry={() => void query.refetch()}>
        {none && filtered && (
          <EmptyState
            icon={<IconFilterOff size={24} />}
            title="Nothing matches"
            text="No change fits these filters."
            primary={<Button onClick={() => show({ kind: undefined, person: undefined, object: undefined })}>Clear filters</Button>}
          />
        )}
        {none && !filtered && <EmptyState icon={<IconHistory size={24} />} title="Nothing has been changed yet" text="Every change of workflows, connections, members and settings is written down here." />}
        {rows.length > 0 && (
          <DataTable
            label="Changes"
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            onOpen={setOpen}
            more={query.hasNextPage ? { onMore: () => void query.fetchNextPage(), busy: query.isFetchingNextPage } : undefined}
          />
        )}
      </DataView>
      {open && (
        <Entry
          entry={open}
          onClose={() => setOpen(null)}
          onObject={() => {
            setOpen(null);
            show({ object: open.objectId });
          }}
        />
      )}
    </Page>
  );
}

const columns: Column<AuditItem>[] = [
  { id: "at", header: "When", width: "140px", cell: (entry) => <Time iso={entry.at} /> },
  { id: "actor", header: "Who", width: "minmax(150px, 1fr)", cell: (entry) => entry.actor },
  { id: "action", header: "Did what", width: "minmax(190px, 1.2fr)", rowHeader: true, cell: (entry) => actionWords(entry.action) },
  { id: "object", header: "To what", width: "minmax(150px, 1.2fr)", cell: (entry) => entry.objectName || <span className={styles.muted}>{entry.objectId.slice(-8)}</span> },
  {
    id: "change",
    header: "Change",
    width: "minmax(200px, 2fr)",
    cell: (entry) => {
      const change = changeWords(entry.before, entry.after);
      return (
        <span className={styles.change} title={change}>
          {change === "" ? "–" : change}
        </span>
      );
    },
  },
];

function Entry({ entry, onObject, onClose }: { readonly entry: AuditItem; readonly onObject: () => void; readonly onClose: () => void }) {
  return (
    <Dialog open title={actionWords(entry.action)} width={660} onClose={onClose}>
      <KeyValues
        items={[
          ["When", <Time key="t" iso={entry.at} absolute />],
          ["Who", entry.actor],
          ["To what", entry.objectName || "–"],
          ["Kind", entry.kind],
          ["Id", entry.objectId],
          ["Request id", entry.requestId || "–"],
        ]}
      />
      <Facts title="Before" facts={entry.before} />
      <Facts title="After" facts={entry.after} />
      <DialogFooter start={<Button variant="quiet" onClick={onObject}>Everything done to it</Button>}>
        <Button onClick={onClose}>Close</Button>
      </DialogFooter>
    </Dialog>
  );
}

function Facts({ title, facts }: { readonly title: string; readonly facts: unknown }) {
  if (facts === null || facts === undefined) return null;
  return (
    <div className={styles.facts}>
      <h3>{title}</h3>
      <ValueView value={readJson(JSON.stringify(facts))} label={title} maxHeight={240} />
    </div>
  );
}
