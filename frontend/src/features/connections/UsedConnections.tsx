import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { connectionsQuery, connectorsQuery } from "../../api/connections";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { Select } from "../../ui/Select";
import { Tile } from "../../ui/Tile";
import type { Catalogue } from "../../workflow/catalogue";
import { connectionChoices, connectionUses, connectorFor, stateOf, type ConnectionUse } from "../../workflow/connections";
import { titleOf, type Edit } from "../../workflow/edits";
import type { Graph } from "../../workflow/graph";
import { lookOfType } from "../../workflow/looks";
import { serviceTitle } from "../../workflow/services";
import { ConnectionState } from "./ConnectionState";
import { ConnectorIcon } from "./ConnectorIcon";
import styles from "./connections.module.css";

interface UsedConnectionsProps {
  readonly tenant: string;
  readonly graph: Graph;
  readonly catalogue: Catalogue | null;
  readonly readOnly: boolean;
  readonly mayWrite: boolean;
  readonly edit: (edit: Edit) => boolean;
  readonly onUndo: () => void;
  readonly onGoTo: (action: string) => void;
  /** A new connection of a connector for these actions, under the name that they use already ("" where they use none). */
  readonly onNew: (connector: string, name: string, actions: readonly string[]) => void;
  readonly onClose: () => void;
}

/** The connections a workflow uses: how they are, who uses them, and another one for all of these at once. */
export function UsedConnections({ tenant, graph, catalogue, readOnly, mayWrite, edit, onUndo, onGoTo, onNew, onClose }: UsedConnectionsProps) {
  const connections = useQuery(connectionsQuery(tenant));
  const connectors = useQuery(connectorsQuery(tenant));
  const uses = useMemo(() => connectionUses(graph, (action) => catalogue?.of(action)?.needsConnection ?? false), [graph, catalogue]);
  const [said, setSaid] = useState("");
  const known = connections.data?.items ?? [];
  const installed = connectors.data ?? [];
  const ids = installed.map((one) => one.id);
  const failed = connections.error ?? connectors.error;
  const reassign = (use: ConnectionUse, connection: string): void => {
    if (edit({ name: "setConnection", arguments: { names: use.actions, connection } })) setSaid(`${use.actions.length === 1 ? `${titleOf(use.actions[0] ?? "")} uses` : `${String(use.actions.length)} actions use`} “${connection}” now.`);
  };
  return (
    <Dialog open title="Connections of this workflow" width={640} onClose={onClose}>
      <p className={styles.lead}>A connection holds the address and the sign-in of a service. Choose another one here, and all actions that use it follow.</p>
      <DataView loading={connections.isPending || connectors.isPending} error={failed ? asProblem(failed) : null} hasData={connections.data !== undefined && connectors.data !== undefined} onRetry={() => void Promise.all([connections.refetch(), connectors.refetch()])}>
        {uses.length === 0 && <p className={styles.lead}>No action of this workflow uses a connection.</p>}
        <ul className={styles.uses}>
          {uses.map((use) => {
            const connector = installed.find((one) => one.id === connectorFor(use.service, ids));
            const state = stateOf(use, known, ids);
            const wanting = state === "missing" || state === "none";
            const others = connectionChoices(use, known, uses).filter((name) => name.toLowerCase() !== use.name.toLowerCase());
            return (
              <li key={use.id} className={styles.use}>
                <div className={styles.useHead}>
                  {connector ? <ConnectorIcon icon={connector.icon} color={connector.color} size={28} /> : <Tile {...lookOfType("ApiConnection")} size={28} />}
                  <span className={styles.useName}>
                    <strong>{use.name === "" ? "No connection yet" : use.name}</strong>
                    <span className={styles.muted}>{services(use, connector?.title)}</span>
                  </span>
                  <ConnectionState state={state} />
                </div>
                <div className={styles.useActions}>
                  <span className={styles.muted}>{use.actions.length === 1 ? "Used by" : `Used by ${String(use.actions.length)} actions:`}</span>
                  {use.actions.map((name) => (
                    <Button key={name} size="small" onClick={() => onGoTo(name)}>
                      {titleOf(name)}
                    </Button>
                  ))}
                </div>
                {!readOnly && (connector ?? others[0]) !== undefined && (
                  <div className={styles.useChange}>
                    {/* The only one that fits is chosen already. */}
                    <Select
                      aria-label={use.name === "" ? `Connection for ${use.actions.map(titleOf).join(", ")}` : `Instead of ${use.name}, use`} value={wanting && others.length === 1 ? (others[0] ?? null) : null} disabled={others.length === 0} data={others}
                      placeholder={others.length === 0 ? "There is no other one" : use.actions.length === 1 ? "Use another one" : `Reassign all ${String(use.actions.length)} actions to…`}
                      onChange={(next) => next !== null && reassign(use, next)}
                    />
                    {wanting && others.length === 1 && <Button variant="primary" onClick={() => reassign(use, others[0] ?? "")}>Use it</Button>}
                    {connector && mayWrite && connector.connectionForm !== null && (
                      <Button icon={<IconPlus size={16} />} onClick={() => onNew(connector.id, state === "missing" ? use.name : "", use.actions)}>
                        {state === "missing" ? "Create it" : "New"}
                      </Button>
                    )}
                  </div>
                )}
              </li>
            );
          })}
        </ul>
      </DataView>
      <DialogFooter
        start={
          <span className={styles.said} role="status">
            {said}
            {said !== "" && (
              <Button
                size="small"
                onClick={() => {
                  onUndo();
                  setSaid("");
                }}
              >
                Undo
              </Button>
            )}
          </span>
        }
      >
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

/** The service, and whose connection does its work here where that is another one. */
function services(use: ConnectionUse, connector: string | undefined): string {
  const service = use.service === "" ? "Unknown service" : serviceTitle(use.service);
  if (connector === undefined) return `${service}: kept and exported as it is; its actions fail when they run`;
  return connector.toLowerCase() === service.toLowerCase() || !use.managed ? connector : `${service}, by ${connector}`;
}
