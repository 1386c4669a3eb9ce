import { IconAdjustmentsHorizontal, IconBan, IconHistory, IconRotateClockwise } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useRefreshOn } from "../../api/live";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { looksInside, runKeys, runsQuery, type Span, useRunCommands } from "../../api/runs";
import type { RunItem, RunOutcome } from "../../api/types";
import { CopyButton } from "../../ui/CopyButton";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataView } from "../../ui/DataView";
import { EmptyState } from "../../ui/EmptyState";
import { FilterBar, filterSelectClass, SearchField } from "../../ui/FilterBar";
import { Select } from "../../ui/Select";
import { TextField } from "../../ui/TextField";
import { later } from "../../ui/later";
import { isFinal, statusLook } from "../../ui/statuses";
import { toast } from "../../ui/toasts";
import { fieldMoment, fieldText, useZone, type Zone } from "../../ui/zone";
import { ZoneSwitch } from "../../ui/ZoneSwitch";
import { LookedNote, NoneMatch, together } from "./LookedNote";
import styles from "./RunList.module.css";
import { isNarrowed, moment, NO_FILTERS, rareFilters, type RunSearch, spans, statuses } from "./runSearch";
import { RunTable } from "./RunTable";

const spanWords: Readonly<Record<Span, string>> = { hour: "Last hour", day: "Last 24 hours", week: "Last 7 days", month: "Last 30 days" };

const MoreRunFilters = later(() => import("./MoreRunFilters").then((module) => module.default));

const BETWEEN = "between";
const DAY = 86_400_000;
const MINUTE = 60_000;

interface RunFilterBarProps {
  readonly filters: RunSearch;
  readonly onFilters: (change: RunSearch) => void;
  /** The workflow whose runs these are: its versions can be chosen. */
  readonly versions?: readonly number[] | undefined;
  /** At the end of the row. */
  readonly children?: ReactNode;
}

export function RunFilterBar({ filters, onFilters, versions = [], children }: RunFilterBarProps) {
  const zone = useZone();
  const rare = rareFilters(filters);
  const [open, setOpen] = useState(rare > 0);
  const between = filters.since !== undefined || filters.until !== undefined;
  return (
    <>
    <FilterBar>
      <SearchField label="Id, tracking id, failed action or error" value={filters.search ?? ""} onChange={(search) => onFilters({ search: search === "" ? undefined : search })} />
      <Select
        aria-label="Status"
        className={filterSelectClass}
        data={[{ value: "", label: "All statuses" }, ...statuses.map((each) => ({ value: each, label: statusLook(each).word }))]}
        value={filters.status ?? ""}
        onChange={(value) => onFilters({ status: statuses.find((each) => each === value) })}
      />
      <Select
        aria-label="Time"
        className={filterSelectClass}
        data={[{ value: "", label: "Any time" }, ...spans.map((each) => ({ value: each, label: spanWords[each] })), { value: BETWEEN, label: "Between…" }]}
        value={between ? BETWEEN : (filters.span ?? "")}
        onChange={(value) => onFilters({ span: spans.find((each) => each === value), since: value === BETWEEN ? new Date(Math.floor((Date.now() - DAY) / MINUTE) * MINUTE).toISOString() : undefined, until: undefined })}
      />
      {between && (
        <>
          <Moment key={`from-${zone}`} zone={zone} label="From" value={filters.since} onChange={(since) => onFilters({ since })} />
          <Moment key={`to-${zone}`} zone={zone} label="To" value={filters.until} onChange={(until) => onFilters({ until })} />
        </>
      )}
      <Button icon={<IconAdjustmentsHorizontal size={16} />} aria-expanded={open} onClick={() => setOpen(!open)}>
        {rare > 0 ? `More filters (${String(rare)})` : "More filters"}
      </Button>
      {children}
      <ZoneSwitch />
    </FilterBar>
    {open && <MoreRunFilters filters={filters} onFilters={onFilters} versions={versions} />}
    </>
  );
}

/** A time as the clock of the chosen zone says it; the address has it as everybody's. */
function Moment({ zone, label, value, onChange }: { readonly zone: Zone; readonly label: string; readonly value: string | undefined; readonly onChange: (value: string | undefined) => void }) {
  const [typed, setTyped] = useState(value === undefined ? "" : fieldText(value, zone));
  const [shown, setShown] = useState(value);
  if (value !== shown) {
    setShown(value);
    if (moment(fieldMoment(typed, zone)) !== value) setTyped(value === undefined ? "" : fieldText(value, zone));
  }
  return (
    <TextField
      type="datetime-local" aria-label={label} title={label} value={typed}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        const next = moment(fieldMoment(currentTarget.value, zone));
        if (next !== undefined || currentTarget.value === "") onChange(next);
      }}
    />
  );
}

export interface RunListProps {
  readonly tenant: string;
  /** Only the runs of this workflow; all of the tenant without. */
  readonly workflow?: string | undefined;
  readonly filters: RunSearch;
  readonly onFilters: (change: RunSearch) => void;
  readonly poll: number | false;
  readonly empty: ReactNode;
}

/** Runs, newest first, by keyset pages; it keeps itself up to date. */
export function RunList({ tenant, workflow, filters, onFilters, poll, empty }: RunListProps) {
  const inside = looksInside(filters);
  const query = useInfiniteQuery({
    ...runsQuery(tenant, { workflow, ...filters }),
    placeholderData: (before) => before,
    refetchInterval: inside ? false : poll,
  });
  useRefreshOn(tenant, inside ? null : workflow ? `workflow:${workflow}:runs` : "tenant:runs", [runKeys.lists(tenant)]);
  const may = { cancel: usePermission(tenant, "run.cancel"), resubmit: usePermission(tenant, "run.resubmit") };
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const chosen = rows.filter((run) => selection.has(run.id));
  const none = query.isSuccess && rows.length === 0;
  const filtered = isNarrowed(filters);
  const looked = together(query.data?.pages ?? []);
  const more = query.hasNextPage ? { onMore: () => void query.fetchNextPage(), busy: query.isFetchingNextPage } : undefined;
  return (
    <>
      <DataView
        loading={query.isPending}
        error={query.error ? asProblem(query.error) : null}
        hasData={query.data !== undefined}
        onRetry={() => void query.refetch()}
      >
        {none && filtered && <NoneMatch more={more} looked={looked} onClear={() => onFilters(NO_FILTERS)} />}
        {none && !filtered && empty}
        {rows.length > 0 && (
          <>
            {chosen.length > 0 && <Chosen tenant={tenant} runs={chosen} may={may} onDone={() => setSelection(new Set())} />}
            <RunTable
              tenant={tenant}
              runs={rows}
              showWorkflow={workflow === undefined}
              may={may}
              selection={may.cancel || may.resubmit ? selection : undefined}
              onSelection={may.cancel || may.resubmit ? setSelection : undefined}
              more={looked ? undefined : more}
            />
          </>
        )}
        {looked && (
          <LookedNote looked={looked} busy={query.isFetching} onMore={() => void query.fetchNextPage()} onAgain={() => void query.refetch()} />
        )}
      </DataView>
    </>
  );
}

interface ChosenProps {
  readonly tenant: string;
  readonly runs: readonly RunItem[];
  readonly may: { readonly cancel: boolean; readonly resubmit: boolean };
  readonly onDone: () => void;
}

/** At most so many go in one request. */
const MOST = 200;
const counted = (count: number): string => `${count.toLocaleString("en")} ${count === 1 ? "run" : "runs"}`;

/** What can be done with the runs that are ticked. */
function Chosen({ tenant, runs, may, onDone }: ChosenProps) {
  const { cancelAll, resubmitAll } = useRunCommands(tenant);
  const [asking, setAsking] = useState<"cancel" | "resubmit" | null>(null);
  const running = runs.filter((run) => !isFinal(run.status));
  const told = (done: string) => ({ items }: { items: readonly RunOutcome[] }) => {
    const refused = items.filter((one) => one.problem !== null);
    setAsking(null);
    onDone();
    if (refused.length === 0) toast.success(`${counted(items.length)} ${done}.`);
    else toast.error(`${counted(items.length - refused.length)} ${done}; ${counted(refused.length)} not: ${refused[0]?.problem ?? ""}`);
  };
  const failed = (error: unknown) => toast.error(asProblem(error).message, { title: asProblem(error).title });
  const ids = (asking === "cancel" ? running : runs).slice(0, MOST).map((run) => run.id);
  const confirm = (): void => {
    if (asking === "cancel") cancelAll.mutate(ids, { onSuccess: told("asked to stop"), onError: failed });
    else resubmitAll.mutate(ids, { onSuccess: told("started again"), onError: failed });
  };
  return (
    <div className={styles.chosen} role="toolbar" aria-label="Selected runs">
      <span role="status">{`${counted(runs.length)} selected`}</span>
      <Button size="small" icon={<IconRotateClockwise size={15} />} disabled={!may.resubmit} onClick={() => setAsking("resubmit")}>
        Resubmit
      </Button>
      <Button size="small" icon={<IconBan size={15} />} disabled={!may.cancel || running.length === 0} onClick={() => setAsking("cancel")}>
        Cancel
      </Button>
      <CopyButton text label={runs.length === 1 ? "Copy id" : "Copy ids"} value={() => runs.map((run) => run.id).join("\n")} />
      <Button size="small" variant="quiet" onClick={onDone}>
        Clear selection
      </Button>
      <ConfirmDialog
        open={asking !== null}
        title={asking === "cancel" ? `Cancel ${counted(ids.length)}?` : `Resubmit ${counted(ids.length)}?`}
        confirmLabel={asking === "cancel" ? `Cancel ${counted(ids.length)}` : `Resubmit ${counted(ids.length)}`}
        danger={asking === "cancel"}
        busy={cancelAll.isPending || resubmitAll.isPending}
        onConfirm={confirm}
        onClose={() => setAsking(null)}
      >
        {asking === "cancel" ? "What is under way in them is ended; what they did outside stays done." : "Each starts again from its trigger, with the data it had then. What it did outside, it does once more."}
        {runs.length > MOST && asking === "resubmit" && ` Of those selected, the first ${String(MOST)} are taken.`}
      </ConfirmDialog>
    </div>
  );
}

export function NoRuns({ children, text }: { readonly children?: ReactNode; readonly text: string }) {
  return <EmptyState icon={<IconHistory size={24} />} title="No runs yet" text={text} primary={children} />;
}
