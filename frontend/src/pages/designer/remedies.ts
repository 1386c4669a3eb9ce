import type { ConnectionChoice } from "../../features/panel/PanelContext";
import type { ListedProblem } from "../../features/problems/grouping";
import type { Remedy } from "../../features/problems/ProblemsDrawer";
import { useDraftStore } from "../../document";
import { connectionChoices, referenceOf } from "../../workflow/connections";
import type { Edit } from "../../workflow/edits";
import { find } from "../../workflow/graph";
import { clearDefault, clearSecret } from "../../workflow/secrets";
import { useKeptSecrets } from "./useKeptSecrets";
import { useMovedDefaults } from "./useMovedDefaults";

type RemedyOf = (problems: readonly ListedProblem[]) => Remedy | null;

/** What mends problems with one click. */
export function useRemedies(tenant: string, workflowId: string, edit: (edit: Edit) => boolean, connections: readonly ConnectionChoice[], readOnly: boolean): RemedyOf {
  const remedies = [useKeeping(tenant, workflowId, edit), useMoving(tenant, workflowId), useOnlyConnection(edit, connections)];
  return (problems) => {
    if (readOnly) return null;
    for (const remedyOf of remedies) {
      const remedy = remedyOf(problems);
      if (remedy) return remedy;
    }
    return null;
  };
}

/** A secret in an action becomes the value of a secure parameter. */
function useKeeping(tenant: string, workflowId: string, edit: (edit: Edit) => boolean): RemedyOf {
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
    if (problems.flatMap(found).length === 0) return null;
    return { label: problems.length === 1 ? "Keep as secure parameter" : "Keep each as secure parameter", onClick: () => problems.forEach(keep) };
  };
}

/** A secret that is the default of a secure parameter becomes its value. */
function useMoving(tenant: string, workflowId: string): RemedyOf {
  const store = useDraftStore();
  const move = useMovedDefaults(tenant, workflowId);
  return (problems) => {
    const found = problems.flatMap(({ code, pointer }) => (code === "SecretInClearText" ? (clearDefault(store.state.draft, pointer) ?? []) : []));
    return found.length === 0 ? null : { label: "Move to its secret value", onClick: () => found.forEach((one) => void move(one)) };
  };
}

/** Actions without their connection take the only one that fits. */
function useOnlyConnection(edit: (edit: Edit) => boolean, connections: readonly ConnectionChoice[]): RemedyOf {
  const store = useDraftStore();
  return (problems) => {
    if (problems.some(({ code }) => code !== "ConnectionMissing" && code !== "ConnectionNotFound")) return null;
    const entries = problems.flatMap(({ action }) => (action === null ? [] : (find(store.state.draft.graph, action) ?? [])));
    const choices = new Set(entries.flatMap(({ action }) => {
      const reference = referenceOf(action);
      return reference ? connectionChoices(reference, connections, []) : [];
    }));
    const [only] = choices;
    if (only === undefined || choices.size > 1) return null;
    return { label: `Use “${only}”`, onClick: () => void edit({ name: "setConnection", arguments: { names: entries.map(({ action }) => action.name), connection: only } }) };
  };
}
