import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useSocketState, useTopic } from "../../api/live";
import { runQuery } from "../../api/runs";
import { isFinal } from "../../ui/statuses";
import { applyChange, isNews, readChange, type RunChange } from "./runState";

/**
 * The run as it is now: one REST snapshot, then the changes of its topic, at most one repaint per frame. Without a socket it asks
 * every five seconds while the run goes on. When the run ends it is asked for once more: the answer has the response and the error.
 */
export function useRun(tenant: string, id: string) {
  const queries = useQueryClient();
  const socket = useSocketState(tenant);
  const options = runQuery(tenant, id);
  const query = useQuery({
    ...options,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (socket === "open" || (state.data && isFinal(state.data.status)) ? false : 5000),
  });
  const waiting = useRef<{ seq: number; change: RunChange }[]>([]);
  const frame = useRef<number | undefined>(undefined);
  useEffect(
    () => () => {
      if (frame.current !== undefined) cancelAnimationFrame(frame.current);
      frame.current = undefined;
    },
    [],
  );

  const flush = () => {
    frame.current = undefined;
    const changes = waiting.current;
    waiting.current = [];
    queries.setQueryData(options.queryKey, (run) =>
      run === undefined ? run : changes.reduce((state, { seq, change }) => (isNews(state, change, seq) ? applyChange(state, change, seq) : state), run),
    );
    if (changes.some(({ change }) => change.run?.status && isFinal(change.run.status))) {
      void queries.invalidateQueries({ queryKey: options.queryKey, exact: true });
    }
  };
  const seq = query.data?.seq;
  useTopic(tenant, seq === undefined ? null : `run:${id}`, seq, (message) => {
    if (message.type === "resync") void queries.invalidateQueries({ queryKey: options.queryKey, exact: true });
    if (message.type !== "event") return;
    waiting.current.push({ seq: message.seq, change: readChange(message.data) });
    frame.current ??= requestAnimationFrame(flush);
  });
  return query;
}
