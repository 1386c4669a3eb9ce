import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { useSocketState, useTopic } from "../../api/live";
import { asProblem } from "../../api/problem";
import { runQuery } from "../../api/runs";
import { isFinal } from "../../ui/statuses";
import { begun, NO_EVENTS, recorded, snapshotChange, type EventLog, type LoggedRun } from "./eventLog";
import { readChange, type RunChange } from "./runState";

/** The events of these runs from their beginning, at most one repaint per frame. `hear` is drawn once for each run. */
export function useEventLog(runs: readonly LoggedRun[]): { readonly log: EventLog; readonly hear: (run: string, change: RunChange) => void } {
  const [log, setLog] = useState<EventLog>(NO_EVENTS);
  const [known, setKnown] = useState<readonly LoggedRun[]>([]);
  if (known !== runs) {
    setKnown(runs);
    setLog(runs.reduce(begun, runs.length === 0 ? NO_EVENTS : log));
  }
  const waiting = useRef<{ readonly run: string; readonly change: RunChange }[]>([]);
  const frame = useRef<number | undefined>(undefined);
  useEffect(
    () => () => {
      if (frame.current !== undefined) cancelAnimationFrame(frame.current);
      frame.current = undefined;
    },
    [],
  );
  const hear = useCallback((run: string, change: RunChange) => {
    waiting.current.push({ run, change });
    frame.current ??= requestAnimationFrame(() => {
      frame.current = undefined;
      const heard = waiting.current;
      waiting.current = [];
      setLog((before) => heard.reduce((now, one) => recorded(now, one.run, one.change), before));
    });
  }, []);
  return { log, hear };
}

interface RunEarProps {
  readonly tenant: string;
  readonly run: string;
  readonly onChange: (run: string, change: RunChange) => void;
  /** Why nothing can be heard; null: it can. */
  readonly onProblem: (run: string, problem: string | null) => void;
}

/**
 * Follows one run until it ends: every change from the first on. Where there are too many of them to be told again, or no
 * socket, the run is asked for as a whole: then a loop is one row.
 */
export function RunEar({ tenant, run, onChange, onProblem }: RunEarProps) {
  const socket = useSocketState(tenant);
  const [ended, setEnded] = useState(false);
  const [behind, setBehind] = useState(false);
  useTopic(tenant, ended ? null : `run:${run}`, 0, (message) => {
    if (message.type === "resync") setBehind(true);
    if (message.type === "refused") onProblem(run, message.detail);
    if (message.type !== "event") return;
    const change = readChange(message.data);
    onChange(run, change);
    onProblem(run, null);
    if (change.run?.status && isFinal(change.run.status)) setEnded(true);
  });
  const whole = useQuery({ ...runQuery(tenant, run), enabled: behind || (!ended && socket === "closed"), refetchInterval: ended || socket === "open" ? false : 5000 });
  const told = useEffectEvent(() => {
    if (whole.data) onChange(run, snapshotChange(whole.data));
    onProblem(run, whole.error ? asProblem(whole.error).message : null);
  });
  useEffect(() => {
    if (whole.data || whole.error) told();
  }, [whole.data, whole.error]);
  return null;
}
