import { IconChevronDown, IconChevronRight, IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { useRefreshOn } from "../../api/live";
import { asProblem } from "../../api/problem";
import { looksInside, runColumnsQuery, runKeys, runQuery } from "../../api/runs";
import type { RunCell, RunColumn } from "../../api/types";
import { Button } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { formatDuration } from "../../ui/durations";
import { Select } from "../../ui/Select";
import { statusLook } from "../../ui/statuses";
import { Time } from "../../ui/Time";
import { parse } from "../../workflow/document";
import { readGraph } from "../../workflow/graph";
import { arranged, type GridRow, gridRows, type GridSort, SLOWER } from "./gridRows";
import { LookedNote, NoneMatch, together } from "./LookedNote";
import styles from "./RunGrid.module.css";
import { isNarrowed, NO_FILTERS, type RunSearch } from "./runSearch";

const ROW = 28;
const SORTS: readonly { readonly value: GridSort; readonly label: string }[] = [
  { value: "flow", label: "In the order of the flow" }, { value: "slower", label: "Getting slower first" }, { value: "slowest", label: "Slowest first" }, { value: "failing", label: "Failing most first" },
];

interface RunGridProps {
  readonly tenant: string;
  readonly workflow: string;
  readonly filters: RunSearch;
  readonly onFilters: (change: RunSearch) => void;
  readonly poll: number | false;
  readonly empty: ReactNode;
}

/** Actions down, runs across, the newest at the right: where it fails and what is getting slower, at a glance. */
export function RunGrid({ tenant, workflow, filters, onFilters, poll, empty }: RunGridProps) {
  const inside = looksInside(filters);
  const query = useInfiniteQuery({ ...runColumnsQuery(tenant, { ...filters, workflow }), placeholderData: (before) => before, refetchInterval: inside ? false : poll });
  useRefreshOn(tenant, inside ? null : `workflow:${workflow}:runs`, [runKeys.lists(tenant)]);
  const columns = useMemo(() => (query.data?.pages.flatMap((page) => page.items) ?? []).reverse(), [query.data]);
  const older = query.hasNextPage ? { onMore: () => void query.fetchNextPage(), busy: query.isFetchingNextPage } : null;
  const looked = together(query.data?.pages ?? []);
  const newest = columns[columns.length - 1];
  const detail = useQuery({ ...runQuery(tenant, newest?.id ?? ""), enabled: newest !== undefined, placeholderData: (before) => before });
  const text = detail.data?.text;
  const graph = useMemo(() => (text ? readGraph(parse(text)) : null), [text]);
  return (
    <DataView loading={query.isPending || (newest !== undefined && detail.isPending)} error={query.error ? asProblem(query.error) : detail.error ? asProblem(detail.error) : null} hasData={query.data !== undefined && (newest === undefined || graph !== null)} onRetry={() => void query.refetch()}>
      {columns.length === 0 && (isNarrowed(filters) ? <NoneMatch more={older ?? undefined} looked={looked} onClear={() => onFilters(NO_FILTERS)} /> : empty)}
      {columns.length > 0 && graph && (
        <Grid tenant={tenant} workflow={workflow} columns={columns} rows={gridRows(graph, columns)} older={older} />
      )}
      {looked && <LookedNote looked={looked} busy={query.isFetching} onMore={() => void query.fetchNextPage()} onAgain={() => void query.refetch()} />}
    </DataView>
  );
}

interface GridProps {
  readonly tenant: string;
  readonly workflow: string;
  readonly columns: readonly RunColumn[];
  readonly rows: readonly GridRow[];
  readonly older: { readonly onMore: () => void; readonly busy: boolean } | null;
}

interface Place {
  readonly row: number;
  readonly run: string;
}

function Grid({ tenant, workflow, columns, rows, older }: GridProps) {
  const navigate = useNavigate();
  const [sort, setSort] = useState<GridSort>("flow");
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [place, setPlace] = useState<Place | null>(null);
  const scroll = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => arranged(rows, sort, folded), [rows, sort, folded]);
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroll.current, estimateSize: () => ROW, overscan: 12, scrollPaddingStart: 56 });
  const newest = columns[columns.length - 1]?.id ?? "";
  // The newest run is what one came for; who scrolled back to older ones is left there.
  useEffect(() => {
    scroll.current?.scrollTo({ left: scroll.current.scrollWidth });
  }, [newest]);
  const at: Place = place !== null && columns.some((column) => column.id === place.run) ? { ...place, row: Math.min(place.row, shown.length - 1) } : { row: 0, run: newest };
  const column = columns.findIndex((one) => one.id === at.run);
  const open = (run: string, node: string | null): void => void navigate({ to: "/t/$tenant/w/$wf/runs/$run", params: { tenant, wf: workflow, run }, search: node === null ? {} : { node } });
  const fold = (name: string): void => setFolded((before) => new Set(before.has(name) ? [...before].filter((one) => one !== name) : [...before, name]));
  const go = (row: number, to: number): void => {
    const run = columns[Math.max(0, Math.min(columns.length - 1, to))];
    const next = Math.max(0, Math.min(shown.length - 1, row));
    if (!run) return;
    setPlace({ row: next, run: run.id });
    virtual.scrollToIndex(next);
    scroll.current?.querySelector(`[data-run="${run.id}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const failedAfter = (): void => {
    for (let step = 1; step <= shown.length * columns.length; step += 1) {
      const index = (at.row * columns.length + column + step) % (shown.length * columns.length);
      const row = Math.floor(index / columns.length);
      const name = shown[row]?.name;
      const status = name ? columns[index % columns.length]?.actions[name]?.status : undefined;
      if (status === "Failed" || status === "TimedOut") return go(row, index % columns.length);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const name = shown[at.row]?.name ?? null;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => go(at.row + 1, column), ArrowUp: () => go(at.row - 1, column), ArrowLeft: () => go(at.row, column - 1), ArrowRight: () => go(at.row, column + 1),
      Home: () => go(at.row, 0), End: () => go(at.row, columns.length - 1), PageDown: () => go(at.row + 12, column), PageUp: () => go(at.row - 12, column),
      Enter: () => open(at.run, name), o: () => open(at.run, null), n: failedAfter, " ": () => name !== null && shown[at.row]?.holds === true && fold(name),
    };
    const move = moves[event.key];
    if (!move || event.target !== event.currentTarget) return;
    event.preventDefault();
    move();
  };
  const pointed = (event: MouseEvent): { readonly place: Place; readonly row: GridRow | undefined } | null => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-run]") : null;
    if (!cell) return null;
    const row = Number(cell.dataset["row"] ?? "-1");
    return { place: { row, run: cell.dataset["run"] ?? "" }, row: shown[row] };
  };
  const click = (event: MouseEvent): void => {
    const found = pointed(event);
    if (found) open(found.place.run, found.row?.name ?? null);
  };
  const hover = (event: MouseEvent): void => {
    const found = pointed(event);
    if (found && found.place.row >= 0 && (found.place.row !== at.row || found.place.run !== at.run)) setPlace(found.place);
  };
  const slowest = Math.max(1, ...columns.map((one) => one.durationMs ?? 0));
  return (
    <section className={styles.frame}>
      <div className={styles.bar}>
        <Select aria-label="Order of the actions" className={styles.sort ?? ""} data={[...SORTS]} value={sort} onChange={(value) => setSort(SORTS.find((one) => one.value === value)?.value ?? "flow")} />
        <span className={styles.count}>{`${String(columns.length)} ${columns.length === 1 ? "run" : "runs"}`}</span>
        {older && (
          <Button size="small" variant="quiet" icon={<IconHistory size={15} />} busy={older.busy} onClick={older.onMore}>
            Load older runs
          </Button>
        )}
      </div>
      <div
        ref={scroll}
        className={styles.scroll}
        role="grid"
        aria-label="Actions by run"
        aria-rowcount={shown.length + 1}
        aria-colcount={columns.length + 1}
        tabIndex={0}
        aria-activedescendant={`grid-${String(at.row)}-${String(column)}`}
        onKeyDown={onKeyDown}
        onClick={click}
        onMouseOver={hover}
      >
        <div className={styles.sized} style={{ height: virtual.getTotalSize() + 56 }} role="presentation">
          <div className={styles.heads} role="row" aria-rowindex={1}>
            <div className={styles.corner} role="columnheader">
              <span>Action</span>
              <span className={styles.median}>Median</span>
              <span className={styles.line}>Trend</span>
            </div>
            {columns.map((one, index) => (
              <ColumnHead key={one.id} column={one} before={columns[index - 1]} slowest={slowest} />
            ))}
          </div>
          {virtual.getVirtualItems().map((item) => {
            const row = shown[item.index];
            return (
              row && (
                <div key={item.key} className={styles.row} role="row" aria-rowindex={item.index + 2} style={{ transform: `translateY(${String(item.start)}px)` }}>
                  <RowHead row={row} folded={row.name !== null && folded.has(row.name)} onFold={fold} />
                  {columns.map((one, index) => (
                    <Cell key={one.id} id={`grid-${String(item.index)}-${String(index)}`} row={row} index={item.index} column={one} active={item.index === at.row && one.id === at.run} />
                  ))}
                </div>
              )
            );
          })}
        </div>
      </div>
      <Detail row={shown[at.row]} column={columns[column]} />
    </section>
  );
}

const runWords = (column: RunColumn): string => `${statusLook(column.status).word}${column.durationMs === null ? "" : `, ${formatDuration(column.durationMs)}`}, ${column.version === null ? "draft" : `version ${String(column.version)}`}`;

function ColumnHead({ column, before, slowest }: { readonly column: RunColumn; readonly before: RunColumn | undefined; readonly slowest: number }) {
  const tall = 4 + Math.round((32 * (column.durationMs ?? slowest)) / slowest);
  const changed = before !== undefined && before.version !== column.version;
  return (
    <div className={styles.head} role="columnheader" data-run={column.id} data-changed={changed || undefined} aria-label={`Run of ${new Date(column.startedAt).toLocaleString("en")}: ${runWords(column)}`}>
      {changed && column.version !== null && <span className={styles.version}>{`v${String(column.version)}`}</span>}
      <span className={styles.tower} data-tone={statusLook(column.status).tone} style={{ height: tall }} />
    </div>
  );
}

function RowHead({ row, folded, onFold }: { readonly row: GridRow; readonly folded: boolean; readonly onFold: (name: string) => void }) {
  const { name, facts } = row;
  const slower = facts.trend !== null && facts.trend >= SLOWER;
  return (
    <div className={styles.rowHead} role="rowheader" style={{ paddingLeft: 8 + (row.level - 1) * 14 }}>
      {name !== null && row.holds ? (
        <button type="button" tabIndex={-1} className={styles.fold} aria-label={folded ? `Unfold ${row.title}` : `Fold ${row.title}`} onClick={() => onFold(name)}>
          {folded ? <IconChevronRight size={14} /> : <IconChevronDown size={14} />}
        </button>
      ) : (
        <span className={styles.noFold} />
      )}
      <span className={name === null ? styles.branch : styles.name} title={row.title}>
        {row.title}
      </span>
      {facts.failing !== null && facts.failing > 0 && <span className={styles.failing}>{`${String(Math.max(1, Math.round(facts.failing * 100)))} % fail`}</span>}
      {slower && <span className={styles.slower}>{`${(facts.trend ?? 1).toFixed(1)}× slower`}</span>}
      <span className={styles.median}>{facts.median === null ? "" : formatDuration(facts.median)}</span>
      <TrendLine durations={facts.durations} slower={slower} />
    </div>
  );
}

const WIDE = 56;
const HIGH = 16;

function TrendLine({ durations, slower }: { readonly durations: readonly number[]; readonly slower: boolean }) {
  if (durations.length < 2) return <span className={styles.line} />;
  const most = Math.max(1, ...durations);
  const points = durations.map((value, index) => `${((index * WIDE) / (durations.length - 1)).toFixed(1)},${(HIGH - 1 - (value / most) * (HIGH - 3)).toFixed(1)}`).join(" ");
  return (
    <svg className={styles.line} data-slower={slower || undefined} width={WIDE} height={HIGH} aria-hidden>
      <polyline points={points} />
    </svg>
  );
}

const MARKS: Readonly<Record<string, string>> = { failed: "×", timedout: "!", cancelled: "■", running: "…", waiting: "…", skipped: "–" };

function Cell({ id, row, index, column, active }: { readonly id: string; readonly row: GridRow; readonly index: number; readonly column: RunColumn; readonly active: boolean }) {
  const cell = row.name === null ? undefined : column.actions[row.name];
  return (
    <div id={id} className={styles.cell} role="gridcell" data-run={column.id} data-row={index} data-active={active || undefined} aria-label={row.name === null ? undefined : cellWords(row, cell)}>
      {cell && (
        <span className={styles.mark} data-tone={statusLook(cell.status).tone} style={share(cell)}>
          {MARKS[statusLook(cell.status).tone]}
        </span>
      )}
    </div>
  );
}

/** A loop's cell is filled as far as its turns failed, and never so little that it is overlooked. */
function share({ repetitions }: RunCell): React.CSSProperties | undefined {
  if (!repetitions || repetitions.total === 0 || repetitions.failed === 0) return undefined;
  const part = Math.max(35, Math.round((100 * repetitions.failed) / repetitions.total));
  return { background: `linear-gradient(to top, var(--mr-chart-failed) ${String(part)}%, var(--mr-chart-ok) ${String(part)}%)` };
}

function cellWords(row: GridRow, cell: RunCell | undefined): string {
  if (!cell) return `${row.title}: did not begin`;
  const turns = cell.repetitions ? `, ${cell.repetitions.total.toLocaleString("en")} turns${cell.repetitions.failed > 0 ? `, ${cell.repetitions.failed.toLocaleString("en")} failed` : ""}` : "";
  return `${row.title}: ${statusLook(cell.status).word}${cell.code && cell.code !== "OK" && cell.code !== "NotSpecified" ? ` (${cell.code})` : ""}${cell.durationMs === null ? "" : `, ${formatDuration(cell.durationMs)}`}${turns}`;
}

/** What stands under the pointer or the keyboard's place, in words. */
function Detail({ row, column }: { readonly row: GridRow | undefined; readonly column: RunColumn | undefined }) {
  if (!row || !column) return null;
  return (
    <div className={styles.detail}>
      <strong>{row.name === null ? row.title : cellWords(row, column.actions[row.name])}</strong>
      <span>
        Run <Time iso={column.startedAt} />: {runWords(column)}
      </span>
      <span className={styles.keys}>Arrows move · Enter opens · N next failure</span>
    </div>
  );
}
