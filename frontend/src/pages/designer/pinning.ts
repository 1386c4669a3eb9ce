/** What an action gave in a run, as the result that stands for it from then on. */
import type { QueryClient } from "@tanstack/react-query";
import { asProblem } from "../../api/problem";
import { actionDetailQuery, recentRunsQuery } from "../../api/runs";
import type { DraftStore } from "../../document";
import { isPinned, pinEdit, pinPointer, switchPin } from "../../features/panel/pins";
import { readDetail, type ActionDetail } from "../../features/runs/actionDetail";
import { printJson } from "../../ui/jsonTree";
import { at } from "../../workflow/document";
import { titleOf, type Edit } from "../../workflow/edits";
import { find } from "../../workflow/graph";
import { automaticRun, loopsAround, turnsOf, type LensSearch } from "./lens";

/** A static result as it is written into the definition: JSON texts. */
export interface PinnedResult {
  readonly status: string;
  readonly outputs: string;
}

interface Refusal {
  readonly why: string;
}

const PIN_LIMIT = 200_000;

/** What of the outcome can stand for the action later: nothing that is secured, kept elsewhere, or large. */
export function pinnable(detail: ActionDetail): PinnedResult | Refusal {
  if (detail.endedAt === null) return { why: "it has not ended in that run." };
  if (detail.secured.includes("outputs")) return { why: "its outputs are secured, and a pin would show them." };
  const outputs = detail.outputs ? printJson(detail.outputs, 2) : "{}";
  return outputs.length > PIN_LIMIT || outputs.includes('"$ref"') ? { why: "its output is too large for a definition." } : { status: detail.status, outputs };
}

interface Designer {
  readonly queries: QueryClient;
  readonly tenant: string;
  readonly workflowId: string;
  readonly store: DraftStore;
  readonly search: LensSearch;
  readonly edit: (edit: Edit) => boolean;
}

const PINNED = "Runs use that and call nothing, published ones as well, until it is unpinned.";

/** Pins what the action gave in the run whose values are shown, or what was pinned to it before; unpins it where it is pinned. Says what came of it. */
export async function switchPinOf(designer: Designer, name: string): Promise<string> {
  const { store, edit } = designer;
  const title = titleOf(name);
  const before = find(store.state.draft.graph, name);
  if (before && isPinned(before)) {
    edit(switchPin(before, false));
    return `${title} is not pinned any more: runs execute it again.`;
  }
  const outcome = await outcomeOf(designer, name);
  const { graph, document } = store.state.draft;
  const entry = find(graph, name);
  if (!entry) return `${title} is not in this workflow any more.`;
  if ("outputs" in outcome) {
    edit(pinEdit(entry, outcome));
    return `${title} is pinned to what it gave in the run shown. ${PINNED}`;
  }
  if (at(document, pinPointer(graph.base, entry)) === undefined) return `${title} cannot be pinned: ${outcome.why}`;
  edit(switchPin(entry, true));
  return `${title} is pinned to the result it had before. ${PINNED}`;
}

async function outcomeOf({ queries, tenant, workflowId, store, search }: Designer, name: string): Promise<PinnedResult | Refusal> {
  if (search.lens === "none" || search.lens === "sample" || search.lens === "pins") return { why: "no run is shown. Choose one with L first." };
  const run = search.lens ?? automaticRun((await queries.fetchQuery(recentRunsQuery(tenant, workflowId))).items)?.id;
  if (run === undefined) return { why: "there is no run with an output yet. Test it with T, or run the workflow." };
  const { graph } = store.state.draft;
  const repetition = turnsOf(search.iter, loopsAround(graph, name).length).join("-");
  try {
    return pinnable(readDetail(await queries.fetchQuery(actionDetailQuery(tenant, run, name, repetition, "panel"))));
  } catch (error) {
    if (asProblem(error).status === 404) return { why: "it was not part of the run shown. Choose another one with L." };
    throw error;
  }
}
