import { find, type Graph } from "../../workflow/graph";
import type { Command } from "./keys";

type Asked = NonNullable<Command["asks"]>;

/** What decides whether a command can be used now. */
export interface Situation {
  readonly selected: readonly string[];
  readonly graph: Graph;
  readonly readOnly: boolean;
  readonly may: Readonly<Record<Asked, boolean>>;
}

const NOT_ALLOWED: Readonly<Record<Asked, string>> = {
  run: "You may not start runs here. An owner, admin, editor or operator may.",
  look: "You may not see the values of runs here. An owner, admin or editor may.",
  publish: "You may not publish here. An owner or admin can give you the right to.",
  template: "You may not save templates here. An owner or admin can give you the right to.",
};

/** Why a command cannot be used now, as a sentence; null when it can. */
export function whyNot({ needs, asks, edits }: Command, { selected, graph, readOnly, may }: Situation): string | null {
  if (asks !== undefined && !may[asks]) return NOT_ALLOWED[asks];
  if (edits && readOnly) return "You may look at this workflow, but not change it.";
  if (needs === "some") return selected.length > 0 ? null : "Select an action first.";
  if (needs === undefined) return null;
  if (selected.length !== 1) return "Select one action first.";
  return needs === "action" && find(graph, selected[0] ?? "")?.action.trigger ? "Select an action first: this is a trigger." : null;
}
