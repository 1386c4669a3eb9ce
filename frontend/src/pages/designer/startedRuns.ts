import { useCallback, useSyncExternalStore } from "react";
import type { LoggedRun } from "../../features/runs/eventLog";

/** Runs started from this tab, newest last: they stay with the tab, also while another page is open in it. */
const MOST = 5;
const NONE: readonly LoggedRun[] = [];
const listeners = new Set<() => void>();
const known = new Map<string, readonly LoggedRun[]>();

const nameOf = (workflow: string): string => `millrace:started:${workflow}`;

function startedRuns(workflow: string): readonly LoggedRun[] {
  const there = known.get(workflow);
  if (there) return there;
  const kept = stored(workflow);
  known.set(workflow, kept);
  return kept;
}

function stored(workflow: string): readonly LoggedRun[] {
  try {
    return JSON.parse(sessionStorage.getItem(nameOf(workflow)) ?? "[]") as readonly LoggedRun[];
  } catch {
    return NONE;
  }
}

function keep(workflow: string, runs: readonly LoggedRun[]): void {
  known.set(workflow, runs);
  try {
    sessionStorage.setItem(nameOf(workflow), JSON.stringify(runs));
  } catch {
    // A tab that keeps nothing forgets them when it is loaded again.
  }
  for (const tell of listeners) tell();
}

export const noteStarted = (workflow: string, id: string, words: string): void => keep(workflow, [...startedRuns(workflow), { id, at: new Date().toISOString(), words }].slice(-MOST));

export const forgetStarted = (workflow: string): void => keep(workflow, NONE);

export function useStartedRuns(workflow: string): readonly LoggedRun[] {
  const subscribe = useCallback((tell: () => void) => {
    listeners.add(tell);
    return () => listeners.delete(tell);
  }, []);
  return useSyncExternalStore(subscribe, () => startedRuns(workflow));
}
