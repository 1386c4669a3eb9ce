/** The past of a draft as people tell it: who changed it in one sitting, and what they did. */
import { describe, type Edit } from "./edits";

export interface PastEdits {
  /** What the draft was after them. */
  readonly revision: number;
  readonly author: string | null;
  readonly at: string;
  readonly edits: readonly { readonly name: string; readonly arguments?: unknown }[];
}

/** Edits of one person with no long pause between them. */
export interface Sitting {
  readonly author: string | null;
  /** Newest first, as everywhere in a history. */
  readonly steps: readonly PastEdits[];
}

const PAUSE = 10 * 60_000;

/** Edits come newest first, as sittings do. A published version ends one. */
export function sittingsOf(steps: readonly PastEdits[], published: readonly number[]): Sitting[] {
  const ends = new Set(published);
  const sittings: { author: string | null; steps: PastEdits[] }[] = [];
  for (const step of steps) {
    const sitting = sittings.at(-1);
    const next = sitting?.steps.at(-1);
    const together = next && next.author === step.author && Date.parse(next.at) - Date.parse(step.at) < PAUSE && !ends.has(step.revision);
    if (sitting && together) sitting.steps.push(step);
    else sittings.push({ author: step.author, steps: [step] });
  }
  return sittings;
}

/** The revisions a sitting goes from and to. */
export const beforeIt = (sitting: Sitting): number => (sitting.steps.at(-1)?.revision ?? 1) - 1;
export const afterIt = (sitting: Sitting): number => sitting.steps[0]?.revision ?? 1;

/** "Changed Subject of Send mail; deleted Wait": the same said twice is said once. */
export function stepWords({ edits }: PastEdits): string {
  const words = [...new Set(edits.map(editWords))];
  const shown = words.slice(0, 3).map((each, index) => (index === 0 ? each : each.charAt(0).toLowerCase() + each.slice(1)));
  return shown.join("; ") + (words.length > shown.length ? `; and ${String(words.length - shown.length)} more` : "");
}

function editWords({ name, arguments: given }: PastEdits["edits"][number]): string {
  if (name === "restoreVersion") return "Restored a version";
  if (name === "restoreDraft") return "Went back to an earlier moment";
  try {
    return describe({ name, arguments: given } as Edit) || "Changed the definition";
  } catch {
    return "Changed the definition"; // An edit that this release does not know.
  }
}
