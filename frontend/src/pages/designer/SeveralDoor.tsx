import { useMemo } from "react";
import type { TextEditorProps } from "../../features/panel/PanelContext";
import { SeveralPanel } from "../../features/panel/SeveralPanel";
import { TokenContext, type TokenSources } from "../../features/tokens/TokenContext";
import { TokenField } from "../../features/tokens/TokenField";
import { toast } from "../../ui/toasts";
import type { Draft, Edit } from "../../workflow/edits";
import { find } from "../../workflow/graph";
import { sharedSettings } from "../../workflow/settings";
import { tokenGroups } from "../../workflow/tokens";
import { outputsFrom, useFunctions, type Manifests } from "./useDesignerData";

interface SeveralDoorProps {
  readonly tenant: string;
  readonly draft: Draft;
  readonly names: readonly string[];
  readonly manifests: Manifests;
  readonly readOnly: boolean;
  readonly edit: (edit: Edit) => boolean;
  readonly onClose: () => void;
}

function SeveralText(props: TextEditorProps) {
  return <TokenField {...props} />;
}

/** The panel of several chosen actions. */
export function SeveralDoor({ tenant, draft, names, manifests, readOnly, edit, onClose }: SeveralDoorProps) {
  const functions = useFunctions(tenant);
  const { graph } = draft;
  const entries = useMemo(() => names.flatMap((name) => find(graph, name) ?? []), [graph, names]);
  const shared = useMemo(() => sharedSettings(entries, (action) => manifests.of(action)?.settings ?? null), [entries, manifests]);
  // What every action can read, wherever it stands: no action before it and no turn of a loop.
  const sources = useMemo<TokenSources>(() => ({ groups: tokenGroups(draft.document, graph, "", outputsFrom(manifests)), functions, lookOf: () => null, onGoTo: () => undefined, preview: null, repeating: null }), [draft.document, graph, manifests, functions]);
  return (
    <TokenContext value={sources}>
      <SeveralPanel entries={entries} shared={shared} readOnly={readOnly} TextEditor={SeveralText} edit={edit} onApplied={(said) => toast.info(said)} onClose={onClose} />
    </TokenContext>
  );
}
