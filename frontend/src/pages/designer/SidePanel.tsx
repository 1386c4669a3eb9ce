import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, type ReactNode } from "react";
import { loadBranches, loadValues, type OperationManifest } from "../../api/drafts";
import { usePermission } from "../../api/permissions";
import { previewSchedule, timeZonesQuery } from "../../api/previews";
import { useDraftStore } from "../../document";
import { Panel, type PanelTab } from "../../features/panel/Panel";
import type { ConnectionChoice, PickWorkflowProps, TextEditorProps } from "../../features/panel/PanelContext";
import type { PanelProblem } from "../../features/panel/ParametersTab";
import { pinEdit } from "../../features/panel/pins";
import { TokenContext, type TokenSources } from "../../features/tokens/TokenContext";
import { preloadTokenEditor, TokenField } from "../../features/tokens/TokenField";
import { providerOf, type Catalogue } from "../../workflow/catalogue";
import { steady } from "../../ui/steady";
import { toast } from "../../ui/toasts";
import { titleOf, type Draft, type Edit } from "../../workflow/edits";
import { find, type Entry } from "../../workflow/graph";
import { lookOfAction } from "../../workflow/looks";
import { repetitionOver, tokenGroups } from "../../workflow/tokens";
import { down, jsonOf } from "../../workflow/tree";
import type { DesignerSearch } from "./DesignerPage";
import { LensBar as LensBarAsDrawn } from "./LensBar";
import { useLens } from "./lens";
import { OutputTab } from "./OutputTab";
import { PickWorkflow } from "./PickWorkflow";
import type { PinnedResult } from "./pinning";
import { TestTab } from "./TestTab";
import { useKeptSecrets } from "./useKeptSecrets";
import type { Intent } from "./useCommands";
import { outputsFrom, useFunctions, type Manifests } from "./useDesignerData";

export const preloadEditors = preloadTokenEditor;

const LensBar = steady(LensBarAsDrawn);

const TABS: readonly PanelTab[] = ["parameters", "settings", "run-after", "test", "output", "code", "about"];

/** The token field as the panel takes it. */
function PanelText(props: TextEditorProps) {
  return <TokenField {...props} />;
}

export interface SidePanelProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly draft: Draft;
  readonly entry: Entry;
  readonly catalogue: Catalogue | null;
  readonly manifests: Manifests;
  readonly problems: readonly PanelProblem[];
  readonly connections: readonly ConnectionChoice[];
  readonly search: DesignerSearch;
  readonly readOnly: boolean;
  readonly intent: Intent | null;
  readonly onIntentDone: () => void;
  readonly callback?: ReactNode;
  readonly onSearch: (change: DesignerSearch) => void;
  readonly edit: (edit: Edit) => boolean;
  readonly onGoTo: (action: string) => void;
  readonly onNewConnection: (connector: string, name?: string) => void;
  readonly onDelete: () => void;
  readonly onClose: () => void;
  readonly onRun: (run: string) => void;
}

/** The panel of the selected action with everything it draws on: tokens, values of a run, choices, tests. */
export function SidePanel(props: SidePanelProps) {
  const { tenant, workflowId, draft, entry, catalogue, manifests, search, onSearch, edit, readOnly, onGoTo, onRun } = props;
  const { graph } = draft;
  const { name } = entry.action;
  const manifest = manifests.of(entry.action);
  const functions = useFunctions(tenant);
  const mayRun = usePermission(tenant, "run.start");
  const mayRead = usePermission(tenant, "run.read");
  const mayPreview = usePermission(tenant, "workflow.edit");
  const [lens, setSample] = useLens(tenant, workflowId, graph, name, search, mayRead && mayPreview);
  const { data: zones } = useQuery(timeZonesQuery(tenant));
  const Pick = useCallback((own: PickWorkflowProps) => <PickWorkflow {...own} tenant={tenant} except={workflowId} />, [tenant, workflowId]);
  const repeat = useRepeating(edit, name);
  const sources = useMemo<TokenSources>(() => ({
    groups: tokenGroups(draft.document, graph, name, outputsFrom(manifests)),
    functions,
    lookOf: (action) => {
      const found = action === null ? undefined : find(graph, action)?.action;
      return found ? lookOfAction(found, catalogue?.of(found)) : null;
    },
    onGoTo,
    preview: lens.preview,
    repeating: readOnly ? null : { over: (list) => repetitionOver(graph, name, list), wrap: repeat },
  }), [draft.document, graph, name, manifests, functions, catalogue, onGoTo, lens.preview, readOnly, repeat]);
  const loadChoices = useCallback((field: string) => choicesOf(tenant, entry, manifest, field), [tenant, entry, manifest]);
  const browse = useCallback((field: string, folder: string, search: string) => branchesOf(tenant, entry, manifest, { field, folder, search }), [tenant, entry, manifest]);
  const forecast = useCallback((recurrence: Readonly<Record<string, unknown>>) => previewSchedule(tenant, workflowId, recurrence), [tenant, workflowId]);
  const connectors = useMemo(() => new Map((catalogue?.operations ?? []).map((one) => [one.connector, one.connectorTitle])), [catalogue]);
  const keepSecret = useKeptSecrets(tenant, workflowId, edit);
  const evaluate = useMemo(() => (lens.preview ? { key: lens.preview.key, value: lens.preview.evaluate } : null), [lens.preview]);
  const onPin = readOnly ? null : (result: PinnedResult): void => {
    edit(pinEdit(entry, result));
  };
  return (
    <TokenContext value={sources}>
      <Panel
        draft={draft} entry={entry} catalogue={catalogue} manifest={manifest as never} manifestLoading={manifests.loading} TextEditor={PanelText} evaluate={evaluate} readOnly={readOnly}
        problems={props.problems} connections={props.connections} connectors={connectors} PickWorkflow={Pick} zones={zones ?? []} tab={TABS.find((one) => one === search.tab) ?? "parameters"} intent={props.intent === "rename" ? "rename" : null} callback={props.callback}
        onTab={(tab) => onSearch({ tab: tab === "parameters" ? undefined : tab })}
        edit={edit} loadChoices={loadChoices} browse={browse} forecast={forecast} keepSecret={keepSecret} onNewConnection={props.onNewConnection} onDelete={props.onDelete} onClose={props.onClose}
        lens={mayRead && mayPreview ? <LensBar lens={lens} wanted={props.intent === "lens"} onOpened={props.onIntentDone} onLens={onSearch} onSample={setSample} /> : null}
        output={<OutputTab tenant={tenant} name={name} trigger={entry.action.trigger} lens={lens} onPin={onPin} />}
        test={(pin) => (
          <TestTab key={name} tenant={tenant} workflowId={workflowId} name={name} lens={lens} mayRun={mayRun} wanted={props.intent === "test" || props.intent === "run-up-to" ? props.intent : null} onReady={props.onIntentDone} onPin={onPin} onRun={onRun}>
            {pin}
          </TestTab>
        )}
      />
    </TokenContext>
  );
}

/** Puts the action into a loop over a list; the value inserted then belongs to the same step. */
function useRepeating(edit: (edit: Edit) => boolean, name: string): (list: string, loop: string) => boolean {
  const store = useDraftStore();
  return useCallback((list, loop) => {
    if (!edit({ name: "wrap", arguments: { names: [name], type: "Foreach", name: loop, over: `@${list}` } })) return false;
    const made = store.state.undo.at(-1)?.words;
    store.joinNext(name);
    const onClick = (): void => {
      if (store.state.undo.at(-1)?.words === made) store.undo();
      else toast.info("More was changed since. Undo that first.");
    };
    toast.info(`${titleOf(name)} runs once for each item now, inside ${titleOf(loop)}.`, { action: { label: "Undo", onClick } });
    return true;
  }, [store, edit, name]);
}

/** A part of a field's tree, asked from the connector. */
async function branchesOf(tenant: string, { action }: Entry, operation: OperationManifest | null, wanted: { field: string; folder: string; search: string }) {
  if (!operation) return { items: [], more: false };
  const connection = providerOf(action)?.connection ?? "";
  return loadBranches(tenant, operation.id, { ...wanted, ...(connection === "" ? {} : { connection }) });
}

/** The choices of a field, asked from the connector with what is filled in. */
async function choicesOf(tenant: string, { action }: Entry, operation: OperationManifest | null, field: string) {
  if (!operation) return [];
  const inputs = down(action.value, "inputs", "parameters") ?? down(action.value, "inputs");
  const connection = providerOf(action)?.connection ?? "";
  const values = await loadValues(tenant, operation.id, { field, ...(connection === "" ? {} : { connection }), inputs: inputs ? (jsonOf(inputs) as Record<string, unknown>) : {} });
  return values.items.map((one) => ({ value: String(one.value), title: one.title }));
}
