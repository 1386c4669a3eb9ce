import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { actionDetailQuery } from "../../api/runs";
import type { RunActionState, RunActionTry, RunDetail } from "../../api/types";
import { formatDuration } from "../../ui/durations";
import { isFinal, statusLook } from "../../ui/statuses";
import type { Action, Branch, Graph } from "../../workflow/graph";
import { topological } from "../../workflow/order";
import { readDetail } from "./actionDetail";
import { actionTitle } from "./nesting";
import { durationOf } from "./runState";
import styles from "./RunTimeline.module.css";

export interface RunTimelineProps {
  readonly tenant: string;
  readonly run: RunDetail;
  readonly graph: Graph;
  readonly statuses: Readonly<Record<string, RunActionState>>;
  readonly selected: string | null;
  readonly onSelect: (name: string) => void;
}

interface Row {
  readonly action: Action;
  readonly level: number;
  readonly state: RunActionState | undefined;
}

const HEIGHT = 32;
/** Tries are asked for one action at a time: those of the first so many that needed more than one. */
const DETAILS = 24;

/** When everything happened: a bar for each action, with its tries and the waits between them. */
export default function RunTimeline({ tenant, run, graph, statuses, selected, onSelect }: RunTimelineProps) {
  const rows = useMemo(() => rowsOf(graph, statuses), [graph, statuses]);
  const now = useNow(!isFinal(run.status));
  const start = Date.parse(run.startedAt);
  const end = Math.max(start + 1, run.endedAt ? Date.parse(run.endedAt) : now);
  const tries = useTries(tenant, run.id, rows);
  const [active, setActive] = useState(0);
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroll.current, estimateSize: () => HEIGHT, overscan: 16 });
  const at = Math.min(active, rows.length - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 12, PageUp: at - 12 };
    const target = moves[event.key];
    const row = rows[at];
    if (target !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, target));
      setActive(next);
      virtual.scrollToIndex(next, { align: "auto" });
    } else if ((event.key === "Enter" || event.key === " ") && row) onSelect(row.action.name);
    else return;
    event.preventDefault();
  };
  const scale: Scale = { start, end };
  return (
    <div className={styles.frame}>
      <div className={styles.axis} aria-hidden>
        <span className={styles.axisName}>Action</span>
        <div className={styles.ticks}>
          {ticksOf(end - start).map((tick) => (
            <span key={tick} style={{ left: `${String((tick / (end - start)) * 100)}%` }}>{tick === 0 ? "0" : formatDuration(tick)}</span>
          ))}
        </div>
        <span className={styles.axisTime}>Duration</span>
      </div>
      <div ref={scroll} className={styles.rows} role="treegrid" aria-label="Timeline of this run" aria-rowcount={rows.length} tabIndex={0} aria-activedescendant={rows[at] ? `timeline-${String(at)}` : undefined} onKeyDown={onKeyDown}>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            const { action, state } = row;
            return (
              <div
                key={action.name}
                id={`timeline-${String(item.index)}`}
                role="row"
                aria-level={row.level}
                aria-rowindex={item.index + 1}
                aria-selected={action.name === selected}
                data-active={item.index === at || undefined}
                className={styles.row}
                style={{ top: item.start, height: HEIGHT }}
                onClick={() => {
                  setActive(item.index);
                  onSelect(action.name);
                }}
              >
                <span role="rowheader" className={styles.name} style={{ paddingLeft: (row.level - 1) * 14 }}>
                  <StatusIcon status={state?.status} />
                  <span title={actionTitle(action.name)}>{actionTitle(action.name)}</span>
                </span>
                <span role="gridcell" className={styles.track}>
                  <Bars state={state} tries={tries.get(action.name)} scale={scale} waits={action.type === "Wait"} now={now} />
                </span>
                <span role="gridcell" className={styles.time}>{timeOf(state, scale, now)}</span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface Scale {
  readonly start: number;
  readonly end: number;
}

function StatusIcon({ status }: { readonly status: string | undefined }) {
  if (status === undefined) return <span className={styles.noIcon} aria-label="Not started" role="img" />;
  const look = statusLook(status);
  const Icon = look.icon;
  return (
    <span className={styles.icon} style={{ color: `var(--mr-${look.tone}-fg)` }} role="img" aria-label={status}>
      <Icon size={15} />
    </span>
  );
}

/** Ended before this run began: taken over from the run that it repeats. */
const isTakenOver = (state: RunActionState, scale: Scale): boolean => state.endedAt !== null && Date.parse(state.endedAt) < scale.start;

function timeOf(state: RunActionState | undefined, scale: Scale, now: number): string {
  if (!state) return "";
  if (state.status === "Skipped") return "skipped";
  if (isTakenOver(state, scale)) return "taken over";
  const duration = durationOf(state) ?? (state.startedAt ? now - Date.parse(state.startedAt) : undefined);
  const turns = state.repetitions ? ` · ${state.repetitions.total.toLocaleString("en")} turns` : "";
  return duration === undefined ? "" : `${formatDuration(Math.max(0, duration))}${turns}`;
}

interface BarsProps {
  readonly state: RunActionState | undefined;
  readonly tries: readonly RunActionTry[] | undefined;
  readonly scale: Scale;
  readonly waits: boolean;
  readonly now: number;
}

function Bars({ state, tries, scale, waits, now }: BarsProps) {
  if (!state?.startedAt || state.status === "Skipped" || isTakenOver(state, scale)) return null;
  const whole = placed(scale, state.startedAt, state.endedAt, now);
  const waiting = waits || state.status === "Waiting" || (tries !== undefined && tries.length > 1);
  return (
    <>
      <span className={styles.bar} data-kind={waiting ? "wait" : "work"} style={{ ...whole, "--bar": colourOf(state.status) } as React.CSSProperties} />
      {tries && tries.length > 1 && tries.map((one) => one.startedAt && (
        <span
          key={one.number}
          className={styles.bar}
          data-kind="work"
          title={`Try ${String(one.number)}: ${one.status}${one.code ? `, ${one.code}` : ""}`}
          style={{ ...placed(scale, one.startedAt, one.endedAt, now), "--bar": colourOf(one.status) } as React.CSSProperties}
        />
      ))}
    </>
  );
}

const CHART: Readonly<Record<string, string>> = { succeeded: "ok", failed: "failed", running: "running" };

function colourOf(status: string): string {
  const { tone } = statusLook(status);
  return CHART[tone] === undefined ? `var(--mr-${tone}-fg)` : `var(--mr-chart-${CHART[tone]})`;
}

function placed(scale: Scale, from: string, to: string | null, now: number): { left: string; width: string } {
  const length = scale.end - scale.start;
  const left = Math.max(0, Date.parse(from) - scale.start);
  const right = Math.min(length, (to === null ? now : Date.parse(to)) - scale.start);
  return { left: `${String((left / length) * 100)}%`, width: `max(4px, ${String((Math.max(0, right - left) / length) * 100)}%)` };
}

/** The moments of the axis: at most six, on round numbers. */
function ticksOf(length: number): number[] {
  const units = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000];
  const step = units.find((unit) => length / unit <= 6) ?? length / 5;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}

function useTries(tenant: string, run: string, rows: readonly Row[]): ReadonlyMap<string, readonly RunActionTry[]> {
  const wanted = rows.filter(({ state }) => (state?.tries ?? 0) > 1 && !state?.repetitions).slice(0, DETAILS);
  return useQueries({
    queries: wanted.map(({ action, state }) => ({ ...actionDetailQuery(tenant, run, action.name, "", `${state?.status ?? ""}:${state?.endedAt ?? ""}:${String(state?.tries)}`), select: readDetail })),
    combine: (answers) => new Map(answers.flatMap((answer, index) => (answer.data && wanted[index] ? [[wanted[index].action.name, answer.data.tries] as const] : []))),
  });
}

/** The present moment, four times a second while the run goes on. */
function useNow(ticking: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticking) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}

function rowsOf(graph: Graph, statuses: Readonly<Record<string, RunActionState>>): Row[] {
  const rows: Row[] = [];
  const walk = (branch: Branch, level: number): void => {
    for (const action of topological(branch.actions)) {
      rows.push({ action, level, state: statuses[action.name] });
      for (const inner of action.branches) walk(inner, level + 1);
    }
  };
  walk(graph.root, 1);
  return rows;
}
