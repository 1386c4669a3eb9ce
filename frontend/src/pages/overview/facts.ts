/** What a definition says of the workflow as a whole. */
import type { NamedWorkflow } from "../../api/workflowNames";
import { everyAction, type Action, type Graph } from "../../workflow/graph";
import { down, jsonOf, member, stringOf } from "../../workflow/tree";

/** The recurrence of a schedule, or of a trigger that looks for something every so often. */
export function recurrenceOf(trigger: Action): Readonly<Record<string, unknown>> | null {
  const node = member(trigger.value, "recurrence");
  return node?.kind === "object" ? (jsonOf(node) as Readonly<Record<string, unknown>>) : null;
}

export interface CalledWorkflow {
  /** What the action names it by: an id, an address of Azure's that ends in its name, or an expression. */
  readonly reference: string;
  readonly found: NamedWorkflow | null;
  /** Names of the actions that call it. */
  readonly actions: readonly string[];
}

const CALLING = new Set(["Workflow", "SendToBatch"]);

/** What actions say they call, in the order of the text: the reference, and its end, by which a workflow is known here. */
function calls(graph: Graph): { readonly reference: string; readonly last: string; readonly action: string }[] {
  return [...everyAction(graph)].flatMap((action) => {
    if (!CALLING.has(action.type)) return [];
    const host = down(action.value, "inputs", "host");
    const reference = stringOf(down(host, "workflow", "id")) ?? stringOf(member(host, "workflowReferenceName")) ?? "";
    return reference === "" ? [] : [{ reference, last: reference.startsWith("@") ? "" : (reference.split("/").at(-1) ?? ""), action: action.name }];
  });
}

/** The names and ids that have to be looked up. */
export const calledNames = (graph: Graph): string[] => [...new Set(calls(graph).flatMap(({ last }) => (last === "" ? [] : [last])))];

/** The workflows that this one calls, in the order of the text. */
export function calledWorkflows(graph: Graph, known: ReadonlyMap<string, NamedWorkflow | null>): CalledWorkflow[] {
  const called = new Map<string, CalledWorkflow>();
  for (const { reference, last, action } of calls(graph)) {
    const found = known.get(last) ?? null;
    const key = found?.id ?? reference;
    called.set(key, { reference, found, actions: [...(called.get(key)?.actions ?? []), action] });
  }
  return [...called.values()];
}

export interface Figures {
  readonly runs: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly running: number;
}

/** The hours together. */
export function figuresOf(health: readonly { readonly ok: number; readonly failed: number; readonly running: number }[]): Figures {
  const sum = (name: "ok" | "failed" | "running"): number => health.reduce((total, hour) => total + hour[name], 0);
  const [succeeded, failed, running] = [sum("ok"), sum("failed"), sum("running")];
  return { runs: succeeded + failed + running, succeeded, failed, running };
}
