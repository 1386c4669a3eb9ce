import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { connectionsQuery, connectorsQuery } from "../../api/connections";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import type { ConnectionItem } from "../../api/types";
import { EditConnectionDialog, NewConnectionDialog } from "../../features/connections/ConnectionDialog";
import { ConnectionTable } from "../../features/connections/ConnectionTable";
import { Button } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { EmptyState } from "../../ui/EmptyState";
import { Page } from "../../ui/Page";
import { useSearchChange } from "../../ui/useSearchChange";

const route = getRouteApi("/t/$tenant/connections");

export function ConnectionsPage() {
  const { tenant } = route.useParams();
  const search = route.useSearch();
  const setSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const query = useQuery(connectionsQuery(tenant));
  const { data: connectors = [] } = useQuery(connectorsQuery(tenant));
  const mayWrite = usePermission(tenant, "connection.write");
  const [editing, setEditing] = useState<ConnectionItem | null>(null);
  const rows = query.data?.items ?? [];
  const create = (connector: string | undefined) => setSearch(() => (connector === undefined ? {} : { new: connector }));
  const newButton = mayWrite && (
    <Button variant="primary" icon={<IconPlus size={16} />} onClick={() => create("choose")}>
      New connection
    </Button>
  );
  const editingConnector = connectors.find((each) => each.id === editing?.connector);
  return (
    <Page title="Connections" lead="Services that workflows may use. Secrets are sealed and never shown again." actions={rows.length > 0 && newButton}>
      <DataView
        loading={query.isPending}
        error={query.error ? asProblem(query.error) : null}
        hasData={query.data !== undefined}
        onRetry={() => void query.refetch()}
      >
        {rows.length === 0 ? (
          <EmptyState
            icon={<IconPlugConnected size={24} />}
            title="No connections yet"
            text="A connection holds the address and the sign-in of a service, such as a mail server. Workflows use it by its name."
            primary={newButton}
          />
        ) : (
          <ConnectionTable tenant={tenant} connections={rows} connectors={connectors} mayWrite={mayWrite} onEdit={setEditing} />
        )}
      </DataView>
      {search.new !== undefined && mayWrite && connectors.length > 0 && (
        <NewConnectionDialog
          tenant={tenant}
          connectors={connectors}
          connector={search.new}
          names={rows.map((row) => row.name)}
          onClose={() => create(undefined)}
        />
      )}
      {editing && editingConnector && (
        <EditConnectionDialog tenant={tenant} connection={editing} connector={editingConnector} onClose={() => setEditing(null)} />
      )}
    </Page>
  );
}
