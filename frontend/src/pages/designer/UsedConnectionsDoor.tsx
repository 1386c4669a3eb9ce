import { usePermission } from "../../api/permissions";
import { useDraft, useDraftStore } from "../../document";
import { UsedConnections } from "../../features/connections/UsedConnections";
import type { Catalogue } from "../../workflow/catalogue";
import type { Edit } from "../../workflow/edits";

interface UsedConnectionsDoorProps {
  readonly tenant: string;
  readonly catalogue: Catalogue | null;
  readonly readOnly: boolean;
  readonly edit: (edit: Edit) => boolean;
  readonly onGoTo: (action: string) => void;
  readonly onNew: (connector: string, name: string, actions: readonly string[]) => void;
  readonly onClose: () => void;
}

/** The connections of the draft as it is now, whoever changes it. */
export function UsedConnectionsDoor(props: UsedConnectionsDoorProps) {
  const store = useDraftStore();
  const graph = useDraft((state) => state.draft.graph);
  const mayWrite = usePermission(props.tenant, "connection.write");
  return <UsedConnections {...props} graph={graph} mayWrite={mayWrite} onUndo={() => void store.undo()} />;
}
