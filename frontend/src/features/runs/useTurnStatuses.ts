import { useQueries } from "@tanstack/react-query";
import { actionDetailQuery } from "../../api/runs";
import type { RunActionState, RunDetail } from "../../api/types";
import { everyAction, type Graph } from "../../workflow/graph";
import { readDetail } from "./actionDetail";
import { loopsAround, turnsFor } from "./nesting";

const mostActions = 40;

/**
 * The states to draw: of the run as a whole, and, once a turn of a loop is chosen, of the actions inside in that turn. Only the
 * chosen loop's own actions are asked for (40 at most): the whole run's states are already here.
 */
export function useTurnStatuses(
  tenant: string,
  run: RunDetail,
  graph: Graph | undefined,
  turns: readonly number[],
): Readonly<Record<string, RunActionState>> {
  const wanted =
    graph === undefined || turns.length === 0
      ? []
      : everyAction(graph)
          .map((action) => ({ name: action.name, depth: loopsAround(graph, action.name).length, turns: turnsFor(graph, action.name, turns) }))
          .filter((each) => each.depth > 0 && each.turns !== null && run.actions[each.name] !== undefined)
          .slice(0, mostActions);
  const answers = useQueries({
    queries: wanted.map(({ name, turns: repetition }) => {
      const state = run.actions[name];
      return {
        ...actionDetailQuery(tenant, run.id, name, repetition ?? "", `${state?.status}:${state?.endedAt}:${state?.tries}:${run.status}`),
        retry: false,
        select: readDetail,
      };
    }),
  });
  const statuses: Record<string, RunActionState> = { ...run.actions };
  for (const [index, { name }] of wanted.entries()) {
    const detail = answers[index]?.data;
    const whole = run.actions[name];
    if (!detail || !whole) continue;
    statuses[name] = {
      status: detail.status as RunActionState["status"],
      code: detail.code,
      startedAt: detail.startedAt,
      endedAt: detail.endedAt,
      tries: detail.tries.length,
      error: detail.error,
      ...(whole.repetitions ? { repetitions: whole.repetitions } : {}),
    };
  }
  return statuses;
}
