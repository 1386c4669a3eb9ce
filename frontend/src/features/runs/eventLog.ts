import type { RunDetail } from "../../api/types";
import { actionTitle } from "./nesting";
import { codeWords, type ActionChange, type RunChange } from "./runState";

/** A run whose events are listed: when it was started, and what it is in words. */
export interface LoggedRun {
  readonly id: string;
  readonly at: string;
  readonly words: string;
}

/** One turn of one action, or (`action` null) the run itself, as it stands now. */
export interface EventRow {
  readonly key: string;
  readonly run: string;
  readonly action: string | null;
  /** `3-0`, outermost first; "" outside of loops. */
  readonly repetition: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly summary: string;
}

export interface EventLog {
  /** In the order in which they began. */
  readonly rows: ReadonlyMap<string, EventRow>;
  /** How many old rows made room. */
  readonly dropped: number;
  /** How many changes were heard: what came during a pause is counted by it. */
  readonly heard: number;
}

export const NO_EVENTS: EventLog = { rows: new Map(), dropped: 0, heard: 0 };
export const MOST_ROWS = 2_000;

const keyOf = (run: string, action: string | null, repetition: string): string => JSON.stringify([run, action, repetition]);

/** The row of a run, before anything of it is known. */
export function begun(log: EventLog, run: LoggedRun): EventLog {
  const key = keyOf(run.id, null, "");
  if (log.rows.has(key)) return log;
  return bounded(log, [{ key, run: run.id, action: null, repetition: "", status: "Waiting", startedAt: run.at, endedAt: null, summary: run.words }], 0);
}

/** After one message of the run's topic. Said again it changes nothing. */
export function recorded(log: EventLog, run: string, change: RunChange, most = MOST_ROWS): EventLog {
  const rows = [...(change.actions ?? [])].map((one) => actionRow(log, run, one)).sort((one, other) => (one.startedAt ?? "~").localeCompare(other.startedAt ?? "~"));
  const own = runRow(log, run, change.run ?? {}, rows[0]?.startedAt ?? null);
  return bounded(log, own ? [own, ...rows] : rows, 1, most);
}

/** A snapshot as a change: what is listed where events could not be heard one by one. */
export function snapshotChange(run: RunDetail): RunChange {
  return { run, actions: Object.entries(run.actions).map(([action, { status, code, startedAt, endedAt, tries, error }]) => ({ action, repetition: null, status, code, startedAt, endedAt, tries, error: error ?? null })) };
}

function actionRow(log: EventLog, run: string, { action, repetition, ...state }: ActionChange): EventRow {
  const turns = (String(repetition ?? "").match(/\d+/g) ?? []).join("-");
  const key = keyOf(run, action, turns);
  const before = log.rows.get(key);
  const startedAt = state.startedAt ?? before?.startedAt ?? null;
  return { key, run, action, repetition: turns, status: state.status ?? before?.status ?? "Waiting", startedAt, endedAt: state.endedAt ?? null, summary: summaryOf(state) };
}

function runRow(log: EventLog, run: string, change: NonNullable<RunChange["run"]>, first: string | null): EventRow | undefined {
  const before = log.rows.get(keyOf(run, null, ""));
  if (!before) return undefined;
  const [words = ""] = before.summary.split(" · ");
  const why = change.waitsFor ?? change.error?.message ?? "";
  // The server's clock where it says so; ours, of when the run was asked for, until then.
  const began = change.endedAt && change.durationMs != null ? new Date(Date.parse(change.endedAt) - change.durationMs).toISOString() : (first ?? before.startedAt);
  const startedAt = before.startedAt !== null && began !== null && before.startedAt < began ? before.startedAt : began;
  const said = why === "" ? words : `${words} · ${why}`;
  return { ...before, status: change.status ?? before.status, startedAt, endedAt: change.endedAt ?? before.endedAt, summary: change.status === undefined ? before.summary : said };
}

function summaryOf({ error, code, status, tries }: Partial<ActionChange>): string {
  const said = error?.message ?? (code && code !== status && code !== "OK" && code !== "NotSpecified" ? (codeWords(code) ?? code) : "");
  return [said, (tries ?? 0) > 1 ? `${String(tries)} tries` : ""].filter((one) => one !== "").join(" · ");
}

function bounded(log: EventLog, fresh: readonly EventRow[], heard: number, most = MOST_ROWS): EventLog {
  if (fresh.length === 0) return log;
  const rows = new Map(log.rows);
  const turned = new Set([...log.rows.values(), ...fresh].flatMap((row) => (row.repetition === "" || row.action === null ? [] : keyOf(row.run, row.action, ""))));
  for (const row of fresh) rows.set(row.key, row);
  // All turns of an action together are no event once each turn is one.
  for (const key of turned) rows.delete(key);
  let { dropped } = log;
  for (const key of rows.keys()) {
    if (rows.size <= most) break;
    rows.delete(key);
    dropped += 1;
  }
  return { rows, dropped, heard: log.heard + heard };
}

export interface EventFilters {
  readonly action: string | null;
  readonly status: string | null;
  readonly text: string;
}

export const NO_FILTERS: EventFilters = { action: null, status: null, text: "" };

/** The rows that fit; runs stand above those of theirs that do. */
export function filtered(log: EventLog, { action, status, text }: EventFilters): EventRow[] {
  const all = [...log.rows.values()];
  if (action === null && status === null && text.trim() === "") return all;
  const wanted = text.trim().toLowerCase();
  const fits = (row: EventRow): boolean =>
    row.action !== null && (action === null || row.action === action) && (status === null || row.status === status) &&
    (wanted === "" || `${actionTitle(row.action)} ${row.action} ${row.status} ${row.summary}`.toLowerCase().includes(wanted));
  const found = all.filter(fits);
  const runs = new Set(found.map((row) => row.run));
  return all.filter((row) => (row.action === null ? runs.has(row.run) : fits(row)));
}

/** "turn 4 · 1": the turns of the loops around it, counted from one. */
export const turnWords = (repetition: string): string => (repetition === "" ? "" : `turn ${repetition.split("-").map((one) => String(Number(one) + 1)).join(" · ")}`);
