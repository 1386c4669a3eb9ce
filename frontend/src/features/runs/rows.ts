/** A workflow as lines in the order of its flow: what the outline of a run and the grid of many show. */
import type { Action, Branch, Graph } from "../../workflow/graph";
import { topological } from "../../workflow/order";
import { actionTitle } from "./nesting";

export interface Row {
  /** Null on the line of a branch: "True", "Case 1". */
  readonly action: Action | null;
  readonly title: string;
  /** From 1. */
  readonly level: number;
}

export function rowsOf(graph: Graph): Row[] {
  const rows: Row[] = graph.triggers.map((action) => ({ action, title: actionTitle(action.name), level: 1 }));
  const walk = (branch: Branch, level: number) => {
    for (const action of topological(branch.actions)) {
      rows.push({ action, title: actionTitle(action.name), level });
      for (const inner of action.branches) {
        if (inner.title) rows.push({ action: null, title: inner.title, level: level + 1 });
        walk(inner, level + (inner.title ? 2 : 1));
      }
    }
  };
  walk(graph.root, 1);
  return rows;
}
