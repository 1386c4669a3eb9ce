import { IconChevronDown, IconChevronRight, IconPlayerPause, IconPlayerPlay, IconTerminal2, IconTrash } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { useSocketState } from "../../api/live";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { FilterBar, filterSelectClass, SearchField } from "../../ui/FilterBar";
import { IconButton } from "../../ui/IconButton";
import { Select } from "../../ui/Select";
import { StatusPill } from "../../ui/StatusPill";
import { statusLook } from "../../ui/statuses";
import { clockText, useZone } from "../../ui/zone";
import { filtered, MOST_ROWS, NO_FILTERS, turnWords, type EventFilters, type EventLog, type EventRow, type LoggedRun } from "./eventLog";
import { actionTitle } from "./nesting";
import { durationOf } from "./runState";
import { RunEar, useEventLog } from "./useEventLog";
import styles from "./RunEvents.module.css";

interface RunEventsProps {
  readonly tenant: string;
  readonly runs: readonly LoggedRun[];
  /** Starts one; absent where that may not be. */
  readonly onStart?: (() => void) | undefined;
  readonly onClear: () => void;
  /** To the card, with the values of that run; `action` null: the run as a whole. */
  readonly onGo: (row: EventRow) => void;
  /** Inputs and outputs of a row. */
  readonly Values: (props: { readonly row: EventRow }) => ReactNode;
}

/** What happens in these runs, as it happens. */
export function RunEvents({ tenant, runs, onStart, onClear, onGo, Values }: RunEventsProps) {
  const { log, hear } = useEventLog(runs);
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  const [paused, setPaused] = useState<EventLog | null>(null);
  const [filters, setFilters] = useState<EventFilters>(NO_FILTERS);
  const offline = useSocketState(tenant) === "closed";
  const shown = paused ?? log;
  const rows = useMemo(() => filtered(shown, filters), [shown, filters]);
  const said = (run: string, problem: string | null): void => {
    if ((problems.get(run) ?? null) === problem) return;
    const next = new Map(problems);
    if (problem === null) next.delete(run);
    else next.set(run, problem);
    setProblems(next);
  };
  const wrong = runs.flatMap((run) => problems.get(run.id) ?? [])[0];
  const missed = paused ? log.heard - paused.heard : 0;
  const ears = runs.map((run) => <RunEar key={run.id} tenant={tenant} run={run.id} onChange={hear} onProblem={said} />);
  if (runs.length === 0) {
    return (
      <div className={styles.empty}>
        <EmptyState
          icon={<IconTerminal2 size={24} />}
          title="Nothing was started from this tab yet"
          text="Run the draft, test an action or run up to one: what happens stands here, step by step."
          primary={onStart && <Button onClick={onStart}>Run the draft</Button>}
        />
      </div>
    );
  }
  return (
    <>
      {ears}
      <FilterBar count={countWords(rows, shown, filters)}>
        <SearchField label="Search events" value={filters.text} onChange={(text) => setFilters({ ...filters, text })} />
        <Filter label="Action" all="All actions" value={filters.action} values={valuesOf(shown, (row) => row.action)} words={actionTitle} onChange={(action) => setFilters({ ...filters, action })} />
        <Filter label="Status" all="All statuses" value={filters.status} values={valuesOf(shown, (row) => (row.action === null ? null : row.status))} words={(status) => statusLook(status).word} onChange={(status) => setFilters({ ...filters, status })} />
        <Button size="small" icon={paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />} aria-pressed={paused !== null} onClick={() => setPaused(paused ? null : log)}>
          {paused ? (missed > 0 ? `Go on (${String(missed)} new)` : "Go on") : "Pause"}
        </Button>
        <IconButton size="small" label="Clear the events" icon={<IconTrash size={16} />} onClick={onClear} />
      </FilterBar>
      {offline && <Banner tone="warning" live>No live connection: events are asked for every five seconds until it is back.</Banner>}
      {wrong !== undefined && <Banner tone="error" live>{wrong}</Banner>}
      {shown.dropped > 0 && <Banner tone="info">{`The newest ${MOST_ROWS.toLocaleString("en")} rows are kept here. The run's own page has all of them.`}</Banner>}
      {rows.length === 0 ? (
        <div className={styles.nothing}>
          No events match.
          <Button size="small" variant="quiet" onClick={() => setFilters(NO_FILTERS)}>
            Clear filters
          </Button>
        </div>
      ) : (
        <Rows rows={rows} following={paused === null} onGo={onGo} Values={Values} />
      )}
    </>
  );
}

function countWords(rows: readonly EventRow[], log: EventLog, filters: EventFilters): string {
  const count = rows.filter((row) => row.action !== null).length;
  const all = [...log.rows.values()].filter((row) => row.action !== null).length;
  return filters === NO_FILTERS || count === all ? `${String(all)} ${all === 1 ? "event" : "events"}` : `${String(count)} of ${String(all)} events`;
}

function valuesOf(log: EventLog, pick: (row: EventRow) => string | null): string[] {
  return [...new Set([...log.rows.values()].flatMap((row) => pick(row) ?? []))].sort();
}

interface FilterProps {
  readonly label: string;
  readonly all: string;
  readonly value: string | null;
  readonly values: readonly string[];
  readonly words: (value: string) => string;
  readonly onChange: (value: string | null) => void;
}

function Filter({ label, all, value, values, words, onChange }: FilterProps) {
  const data = [{ value: "", label: all }, ...[...new Set([...values, ...(value === null ? [] : [value])])].map((one) => ({ value: one, label: words(one) }))];
  return <Select className={filterSelectClass} aria-label={label} searchable={values.length > 8} value={value ?? ""} data={data} onChange={(next) => onChange(next === null || next === "" ? null : next)} />;
}

const HEIGHT = 28;

interface RowsProps {
  readonly rows: readonly EventRow[];
  /** The newest row stays in view, unless somebody looks at older ones. */
  readonly following: boolean;
  readonly onGo: (row: EventRow) => void;
  readonly Values: RunEventsProps["Values"];
}

function Rows({ rows, following, onGo, Values }: RowsProps) {
  const zone = useZone();
  const frame = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [active, setActive] = useState(0);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing it returns is passed on
  const virtual = useVirtualizer({
    count: rows.length, getScrollElement: () => frame.current, estimateSize: () => HEIGHT, overscan: 12, getItemKey: (index) => rows[index]?.key ?? index,
  });
  const follow = useEffectEvent((count: number) => {
    if (following && atEnd.current && count > 0) virtual.scrollToIndex(count - 1, { align: "end" });
  });
  useEffect(() => {
    follow(rows.length);
  }, [rows.length]);
  const at = Math.min(active, rows.length - 1);
  const toggle = (row: EventRow, wanted = !open.has(row.key)): void => {
    if (row.action === null) return;
    const next = new Set(open);
    if (wanted) next.add(row.key);
    else next.delete(row.key);
    setOpen(next);
  };
  const move = (index: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setActive(next);
    virtual.scrollToIndex(next, { align: "auto" });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Inside of opened values the keys are theirs.
    if (event.target !== event.currentTarget) return;
    const row = rows[at];
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 10, PageUp: at - 10 };
    const target = moves[event.key];
    if (target !== undefined) move(target);
    else if (row && event.key === "ArrowRight") toggle(row, true);
    else if (row && event.key === "ArrowLeft") toggle(row, false);
    else if (row && event.key === " ") toggle(row);
    else if (row && event.key === "Enter") onGo(row);
    else return;
    event.preventDefault();
  };
  return (
    <div ref={frame} className={styles.rows} role="treegrid" aria-label="Events" aria-rowcount={rows.length} tabIndex={0} aria-activedescendant={rows[at] ? `event-${String(at)}` : undefined} onKeyDown={onKeyDown}
      onScroll={({ currentTarget }) => {
        atEnd.current = currentTarget.scrollTop + currentTarget.clientHeight >= currentTarget.scrollHeight - HEIGHT;
      }}
    >
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const { action } = row;
          const expanded = open.has(row.key);
          return (
            <div key={item.key} ref={virtual.measureElement} data-index={item.index} className={styles.place} role="presentation" style={{ transform: `translateY(${String(item.start)}px)` }}>
              <div
                id={`event-${String(item.index)}`}
                className={styles.row}
                role="row"
                aria-level={action === null ? 1 : 2}
                aria-rowindex={item.index + 1}
                aria-expanded={action === null ? undefined : expanded}
                data-run={action === null || undefined}
                data-active={item.index === at || undefined}
                onClick={() => {
                  setActive(item.index);
                  onGo(row);
                }}
              >
                <span role="gridcell" className={styles.twist}>
                  {action !== null && (
                    <button
                      type="button"
                      tabIndex={-1}
                      aria-label={expanded ? "Hide the values" : "Show the values"}
                      onClick={(event) => {
                        event.stopPropagation();
                        setActive(item.index);
                        toggle(row);
                      }}
                    >
                      {expanded ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />}
                    </button>
                  )}
                </span>
                <time role="gridcell" className={styles.time} dateTime={row.startedAt ?? undefined}>
                  {row.startedAt === null ? "" : clockText(new Date(row.startedAt), zone)}
                </time>
                <span role="rowheader" className={styles.name}>
                  {action === null ? "Run" : actionTitle(action)}
                  {row.repetition !== "" && <span className={styles.turn}> {turnWords(row.repetition)}</span>}
                </span>
                <span role="gridcell">
                  <StatusPill status={row.status} duration={durationOf(row)} />
                </span>
                <span role="gridcell" className={styles.summary} title={row.summary}>
                  {row.summary}
                </span>
              </div>
              {expanded && (
                <div role="row" className={styles.values}>
                  <div role="gridcell">
                    <Values row={row} />
                  </div>
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
