import type { RepetitionCounts, RunActionState, RunDetail, RunError } from "../../api/types";

/** What the run's topic tells: status changes only, never values. */
export interface RunChange {
  readonly actions?: readonly ActionChange[];
  readonly run?: Partial<Pick<RunDetail, "status" | "endedAt" | "code" | "error" | "firstFailedAction" | "durationMs" | "waitsFor" | "ahead">>;
  readonly loops?: Readonly<Record<string, RepetitionCounts>>;
  /** All of them, by `Name` or `Name@3-0`: why what could go on does not yet. No fact of the run, so it has no number of its own. */
  readonly waits?: RunDetail["waits"];
}

export interface ActionChange extends Partial<Omit<RunActionState, "repetitions">> {
  readonly action: string;
  readonly repetition?: string | readonly number[] | null;
  readonly error?: RunError | null;
}

const fresh: RunActionState = { status: "Waiting", code: null, startedAt: null, endedAt: null, tries: 0 };

/** The snapshot after one change; changes of single repetitions touch only the loop counts that come with them. */
export function applyChange(run: RunDetail, change: RunChange, seq: number): RunDetail {
  const actions = { ...run.actions };
  for (const { action, repetition, ...state } of change.actions ?? []) {
    if (repetition && repetition.length > 0) continue;
    actions[action] = { ...(actions[action] ?? fresh), ...state };
  }
  for (const [name, repetitions] of Object.entries(change.loops ?? {})) {
    actions[name] = { ...(actions[name] ?? { ...fresh, status: "Running" }), repetitions };
  }
  // What has rows of its own has begun, also where that was told before anybody followed.
  const begun = run.status === "Waiting" && seq > run.seq ? ({ status: "Running", waitsFor: null, ahead: null } as const) : {};
  return { ...run, ...begun, ...change.run, actions, waits: change.waits ?? run.waits, seq: Math.max(seq, run.seq) };
}

/** Whether it says something new: what waits has no number of its own. */
export function isNews(run: RunDetail, change: RunChange, seq: number): boolean {
  return seq > run.seq || change.waits !== undefined || (run.status === "Waiting" && change.run !== undefined);
}

export function readChange(data: unknown): RunChange {
  return typeof data === "object" && data !== null ? (data as RunChange) : {};
}

/** What the trigger's card says: it fired in no time, unless a limit holds what it brought, or did until that was cancelled. */
export function triggerState(run: RunDetail): Pick<RunActionState, "status" | "startedAt" | "endedAt"> {
  if (run.waitsFor === null) return { status: "Succeeded", startedAt: run.startedAt, endedAt: run.startedAt };
  return { status: run.status, startedAt: run.startedAt, endedAt: run.endedAt };
}

/** Where to look first: the action the server names, else the earliest that failed by itself. */
export function firstFailure(run: Pick<RunDetail, "firstFailedAction" | "actions">): string | null {
  if (run.firstFailedAction) return run.firstFailedAction;
  const failed = Object.entries(run.actions)
    .filter(([, state]) => state.status === "Failed" || state.status === "TimedOut")
    .sort(([, one], [, other]) => (one.endedAt ?? "").localeCompare(other.endedAt ?? ""));
  return failed[0]?.[0] ?? null;
}

/** `[done, all]` of the actions that will not change any more. */
export function progress(run: Pick<RunDetail, "actions">, count: number): readonly [number, number] {
  const done = Object.values(run.actions).filter((state) => state.endedAt !== null).length;
  return [Math.min(done, count), count];
}

export function durationOf(state: { status?: string; startedAt?: string | null; endedAt?: string | null }): number | undefined {
  if (state.status === "Skipped" || !state.startedAt || !state.endedAt) return undefined;
  return Math.max(0, Date.parse(state.endedAt) - Date.parse(state.startedAt));
}

const ANSWERS: Readonly<Record<string, string>> = {
  BadRequest: "400, bad request",
  Unauthorized: "401, not signed in",
  Forbidden: "403, not allowed",
  NotFound: "404, not found",
  Conflict: "409, conflict",
  UnprocessableEntity: "422, cannot be processed",
  TooManyRequests: "429, too many requests",
  InternalServerError: "500, an error of its own",
  BadGateway: "502, bad gateway",
  ServiceUnavailable: "503, not available",
  GatewayTimeout: "504, too late",
};

/** What a service's answer was, where the code is one of HTTP's. */
export function codeWords(code: string): string | undefined {
  const answer = ANSWERS[code];
  return answer === undefined ? undefined : `The service answered ${answer}.`;
}
