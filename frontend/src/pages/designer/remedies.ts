import type { ListedProblem } from "../../features/problems/grouping";
import type { Remedy } from "../../features/problems/ProblemsDrawer";
import { useDraftStore } from "../../document";
import type { Edit } from "../../workflow/edits";
import { find } from "../../workflow/graph";
import { clearSecret } from "../../workflow/secrets";
import { useKeptSecrets } from "./useKeptSecrets";

/** What mends problems with one click. */
export function useRemedies(tenant: string, workflowId: string, edit: (edit: Edit) => boolean, readOnly: boolean): (problems: readonly ListedProblem[]) => Remedy | null {
  const store = useDraftStore();
  const keepSecret = useKeptSecrets(tenant, workflowId, edit);
  const found = ({ code, action, pointer }: ListedProblem) => {
    const { draft } = store.state;
    const entry = code === "SecretInClearText" && action !== null ? find(draft.graph, action) : undefined;
    const secret = entry && clearSecret(draft, entry, pointer);
    return entry && secret ? [{ action: entry.action.name, ...secret }] : [];
  };
  const keep = (problem: ListedProblem): void => {
    for (const { action, name, path, secret, reads } of found(problem)) {
      const expression = keepSecret(name, secret, secret);
      if (expression === null) continue;
      store.joinNext(action);
      edit({ name: "setInput", arguments: { action, path, text: JSON.stringify(reads(expression.slice(1))), field: path.slice(path.lastIndexOf("/") + 1) } });
    }
  };
  return (problems) => {
    if (readOnly || problems.flatMap(found).length === 0) return null;
    return { label: problems.length === 1 ? "Keep as secure parameter" : "Keep each as secure parameter", onClick: () => problems.forEach(keep) };
  };
}
