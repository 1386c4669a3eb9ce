import { IconDots, IconEdit, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useConnectionCommands } from "../../api/connections";
import { asProblem } from "../../api/problem";
import type { ConnectionItem, ConnectorItem } from "../../api/types";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { type Column, DataTable } from "../../ui/DataTable";
import { IconButton } from "../../ui/IconButton";
import { Menu, MenuDivider, MenuItem } from "../../ui/Menu";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/toasts";
import { ConnectionState } from "./ConnectionState";
import { ConnectorIcon } from "./ConnectorIcon";
import styles from "./connections.module.css";

interface ConnectionTableProps {
  readonly tenant: string;
  readonly connections: readonly ConnectionItem[];
  readonly connectors: readonly ConnectorItem[];
  readonly mayWrite: boolean;
  readonly onEdit: (connection: ConnectionItem) => void;
}

export function ConnectionTable({ tenant, connections, connectors, mayWrite, onEdit }: ConnectionTableProps) {
  const commands = useConnectionCommands(tenant);
  const [deleting, setDeleting] = useState<ConnectionItem | null>(null);
  const connectorOf = (connection: ConnectionItem) => connectors.find((each) => each.id === connection.connector);
  const test = (connection: ConnectionItem) =>
    commands.test.mutate(connection.id, {
      onSuccess: (result) =>
        result.ok
          ? toast.success(result.message || "The connection works.", { title: connection.name })
          : toast.error(result.message, { title: `${connection.name} does not work` }),
      onError: (error) => toast.error(asProblem(error).message),
    });
  const testing = commands.test.isPending ? commands.test.variables : null;
  const columns: Column<ConnectionItem>[] = [
    {
      id: "name",
      header: "Name",
      width: "minmax(220px, 1.4fr)",
      rowHeader: true,
      cell: (connection) => {
        const connector = connectorOf(connection);
        return (
          <span className={styles.name}>
            <ConnectorIcon icon={connector?.icon ?? ""} color={connector?.color ?? null} />
            <span>
              <strong title={connection.name}>{connection.name}</strong>
              <span className={styles.muted}>{connector?.title ?? connection.connector}</span>
            </span>
          </span>
        );
      },
    },
    { id: "state", header: "State", width: "130px", cell: (connection) => <ConnectionState state={connection.state} busy={testing === connection.id} /> },
    {
      id: "message",
      header: "Last test",
      width: "minmax(220px, 2fr)",
      cell: (connection) => (
        <span className={styles.muted} title={connection.stateMessage}>
          {connection.lastTested ? <Time iso={connection.lastTested} /> : "Never"}
          {connection.stateMessage && `: ${connection.stateMessage}`}
        </span>
      ),
    },
    {
      id: "usedBy",
      header: "Used by",
      width: "150px",
      cell: (connection) => <span className={styles.muted}>{usedWords(connection.usedBy)}</span>,
    },
    {
      id: "menu",
      header: "Actions",
      hiddenHeader: true,
      width: "56px",
      overflow: "visible",
      cell: (connection) => (
        <Menu target={<IconButton label={`Actions for ${connection.name}`} icon={<IconDots size={18} />} tooltip={false} />}>
          <MenuItem icon={<IconRefresh size={16} />} disabled={!mayWrite} onClick={() => test(connection)}>
            Test now
          </MenuItem>
          <MenuItem icon={<IconEdit size={16} />} disabled={!mayWrite} onClick={() => onEdit(connection)}>
            Edit
          </MenuItem>
          <MenuDivider />
          <MenuItem icon={<IconTrash size={16} />} danger disabled={!mayWrite} onClick={() => setDeleting(connection)}>
            Delete
          </MenuItem>
        </Menu>
      ),
    },
  ];
  return (
    <>
      <DataTable
        label="Connections"
        columns={columns}
        rows={connections}
        rowKey={(connection) => connection.id}
        onOpen={mayWrite ? onEdit : undefined}
        onRowKey={(key, connection) => key === "t" && mayWrite && test(connection)}
      />
      <ConfirmDialog
        open={deleting !== null}
        title={`Delete ${deleting?.name ?? ""}?`}
        confirmLabel="Delete connection"
        danger
        typeToConfirm={deleting && deleting.usedBy > 0 ? deleting.name : undefined}
        busy={commands.remove.isPending}
        onClose={() => setDeleting(null)}
        onConfirm={() =>
          deleting &&
          commands.remove.mutate(deleting.id, {
            onSuccess: () => {
              toast.success(`${deleting.name} was deleted.`);
              setDeleting(null);
            },
            onError: (error) => toast.error(asProblem(error).message),
          })
        }
      >
        {deleting && deleting.usedBy > 0
          ? `It is used by ${usedWords(deleting.usedBy)}: actions that use it will fail until they get another connection.`
          : "No workflow uses it. Its secrets are erased."}
      </ConfirmDialog>
    </>
  );
}

function usedWords(count: number): string {
  return count === 0 ? "Nothing" : count === 1 ? "1 workflow" : `${count} workflows`;
}
