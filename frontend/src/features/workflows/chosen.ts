import type { WorkflowItem } from "../../api/types";

export type ManyCommand = "enable" | "disable" | "delete";

export interface Eligible {
  readonly able: readonly WorkflowItem[];
  /** Why the others are left out, in words that follow their number: "is on already". */
  readonly left: readonly { readonly reason: string; readonly count: number }[];
}

const reasons: Readonly<Record<ManyCommand, (workflow: WorkflowItem) => readonly [one: string, many: string] | null>> = {
  enable: ({ state }) => (state === "draft" ? ["was never published", "were never published"] : state === "on" ? ["is on already", "are on already"] : null),
  disable: ({ state }) => (state === "draft" ? ["was never published", "were never published"] : state === "off" ? ["is off already", "are off already"] : null),
  delete: () => null,
};

/** Whom a command would change, and why not the others. */
export function eligible(command: ManyCommand, workflows: readonly WorkflowItem[]): Eligible {
  const able: WorkflowItem[] = [];
  const left = new Map<readonly [string, string] | string, { words: readonly [string, string]; count: number }>();
  for (const workflow of workflows) {
    const words = reasons[command](workflow);
    if (words === null) able.push(workflow);
    else left.set(words[0], { words, count: (left.get(words[0])?.count ?? 0) + 1 });
  }
  return { able, left: [...left.values()].map(({ words, count }) => ({ reason: words[count === 1 ? 0 : 1], count })) };
}

export const counted = (count: number): string => (count === 1 ? "1 workflow" : `${count.toLocaleString("en")} workflows`);

/** "2 are left out: 1 is on already, 1 was never published." */
export function leftWords(left: Eligible["left"]): string {
  const all = left.reduce((sum, { count }) => sum + count, 0);
  if (all === 0) return "";
  return `${String(all)} of those selected ${all === 1 ? "is" : "are"} left out: ${left.map(({ reason, count }) => `${String(count)} ${reason}`).join(", ")}.`;
}

/** "Other workflows call 2 of them (Bill, Ship): those calls will fail." Callers that go along are counted as well. */
export function calledWords(workflows: readonly WorkflowItem[]): string {
  const called = workflows.filter(({ calledBy }) => calledBy > 0).map(({ name }) => name);
  if (called.length === 0) return "";
  const names = called.slice(0, 3).join(", ") + (called.length > 3 ? ", …" : "");
  return `Other workflows call ${called.length === workflows.length && called.length === 1 ? "it" : `${String(called.length)} of them (${names})`}: those calls will fail.`;
}
