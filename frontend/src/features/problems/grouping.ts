/** The order in which problems are listed, and which of them are one. */
export interface ListedProblem {
  readonly severity: "error" | "warning" | "info";
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
  readonly action: string | null;
}

const RANK = { error: 0, warning: 1, info: 2 };

/** What the list says of a problem whichever action it stands at: fifty actions without one connection are one thing to mend. */
function gist({ severity, code, message, action }: ListedProblem): string {
  return `${severity} ${code} ${action === null ? message : message.replaceAll(`'${action}'`, "'…'")}`;
}

/** Worst first; problems that differ only in their action stand together, at the place of the first. */
export function groupedProblems(problems: readonly ListedProblem[]): readonly (readonly [ListedProblem, ...ListedProblem[]])[] {
  const groups = new Map<string, [ListedProblem, ...ListedProblem[]]>();
  for (const problem of [...problems].sort((one, other) => RANK[one.severity] - RANK[other.severity])) {
    const key = gist(problem);
    const group = groups.get(key);
    if (group) group.push(problem);
    else groups.set(key, [problem]);
  }
  return [...groups.values()];
}

/** As the list shows them: what "next problem" walks along. */
export function sortedProblems(problems: readonly ListedProblem[]): ListedProblem[] {
  return groupedProblems(problems).flat();
}
