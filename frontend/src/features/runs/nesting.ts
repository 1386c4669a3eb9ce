import { type Action, containersOf, type Entry, find, type Graph } from "../../workflow/graph";

const loops = new Set(["foreach", "until"]);

export function isLoop(action: Action): boolean {
  return loops.has(action.type.toLowerCase());
}

/** The loops around an action, outermost first. */
export function loopsAround(graph: Graph, name: string): readonly Entry[] {
  return containersOf(graph, name)
    .filter((entry) => isLoop(entry.action))
    .sort((one, other) => one.depth - other.depth);
}

/** `"3-0"` to `[3, 0]`; the empty text is no turn at all. */
export function parseTurns(text: string | undefined): readonly number[] {
  if (!text) return [];
  const turns = text.split("-").map(Number);
  return turns.every((turn) => Number.isInteger(turn) && turn >= 0) ? turns : [];
}

export function formatTurns(turns: readonly number[]): string {
  return turns.join("-");
}

/** As many of the chosen turns as the action has loops around it, or null where one is not chosen yet. */
export function turnsFor(graph: Graph, name: string, chosen: readonly number[]): string | null {
  if (!find(graph, name)) return "";
  const depth = loopsAround(graph, name).length;
  return chosen.length < depth ? null : formatTurns(chosen.slice(0, depth));
}

/** `Send_confirmation` as people read it. */
export function actionTitle(name: string): string {
  return name.replaceAll("_", " ");
}
