import { useQuery } from "@tanstack/react-query";
import { connectionsQuery, connectorsQuery } from "../../api/connections";
import { useDraftStore } from "../../document";
import { NewConnectionDialog } from "../../features/connections/ConnectionDialog";
import { referenceOf } from "../../workflow/connections";
import type { Edit } from "../../workflow/edits";
import { find } from "../../workflow/graph";

export interface WantedConnection {
  readonly connector: string;
  /** Under which the actions know it already. */
  readonly name?: string | undefined;
  /** Those that shall use it as soon as it is there. */
  readonly actions: readonly string[];
}

interface ConnectionDoorProps extends WantedConnection {
  readonly tenant: string;
  readonly edit: (edit: Edit) => boolean;
  readonly onClose: () => void;
}

/** A new connection without leaving the designer; what it was made for uses it at once. */
export function ConnectionDoor({ tenant, connector, name, actions, edit, onClose }: ConnectionDoorProps) {
  const store = useDraftStore();
  const connectors = useQuery(connectorsQuery(tenant));
  const connections = useQuery(connectionsQuery(tenant));
  const choose = (made: string): void => {
    const { graph } = store.state.draft;
    const others = actions.filter((one) => {
      const found = find(graph, one);
      return found !== undefined && referenceOf(found.action)?.name.toLowerCase() !== made.toLowerCase();
    });
    if (others.length > 0) edit({ name: "setConnection", arguments: { names: others, connection: made } });
  };
  if (!connectors.data) return null;
  return <NewConnectionDialog tenant={tenant} connectors={connectors.data} connector={connector} name={name} names={(connections.data?.items ?? []).map((one) => one.name)} onMade={choose} onClose={onClose} />;
}
