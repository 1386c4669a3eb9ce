import { useQuery } from "@tanstack/react-query";
import { connectionsQuery, connectorsQuery } from "../../api/connections";
import { NewConnectionDialog } from "../../features/connections/ConnectionDialog";

/** A new connection without leaving the designer. */
export function ConnectionDoor({ tenant, connector, name, onClose }: { readonly tenant: string; readonly connector: string; readonly name?: string | undefined; readonly onClose: () => void }) {
  const connectors = useQuery(connectorsQuery(tenant));
  const connections = useQuery(connectionsQuery(tenant));
  if (!connectors.data) return null;
  return <NewConnectionDialog tenant={tenant} connectors={connectors.data} connector={connector} name={name} names={(connections.data?.items ?? []).map((one) => one.name)} onClose={onClose} />;
}
