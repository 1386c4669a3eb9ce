import { IconSitemap } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { connectionsQuery, connectorsQuery } from "../../api/connections";
import type { WorkflowItem } from "../../api/types";
import { referencesQuery } from "../../api/workflowNames";
import { ConnectionState } from "../../features/connections/ConnectionState";
import { ConnectorIcon } from "../../features/connections/ConnectorIcon";
import { connectionUses, connectorFor, stateOf } from "../../workflow/connections";
import { titleOf } from "../../workflow/draft";
import type { Graph } from "../../workflow/graph";
import { serviceTitle } from "../../workflow/services";
import { calledNames, calledWorkflows } from "./facts";
import styles from "./OverviewPage.module.css";

interface UsesProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
  readonly graph: Graph;
}

/** So many are looked up. */
const MOST = 100;
const UNKNOWN: ReadonlyMap<string, null> = new Map();

/** The connections and the workflows that its actions name. */
export function Uses({ tenant, workflow, graph }: UsesProps) {
  const { data: connections } = useQuery(connectionsQuery(tenant));
  const { data: connectors } = useQuery(connectorsQuery(tenant));
  const names = useMemo(() => calledNames(graph).slice(0, MOST), [graph]);
  const { data: known = UNKNOWN } = useQuery(referencesQuery(tenant, names));
  const uses = connectionUses(graph, () => false);
  const called = calledWorkflows(graph, known);
  const ids = connectors?.map((one) => one.id) ?? [];
  return (
    <section className={styles.card} aria-labelledby="overview-uses">
      <h2 id="overview-uses">Uses</h2>
      {uses.length === 0 && called.length === 0 && <p className={styles.small}>No connection and no other workflow.</p>}
      {uses.length > 0 && (
        <ul className={styles.uses} aria-label="Connections">
          {uses.map((use) => {
            const connector = connectors?.find((one) => one.id === connectorFor(use.service, ids));
            return (
              <li key={use.id} className={styles.use}>
                <ConnectorIcon icon={connector?.icon ?? ""} color={connector?.color ?? null} size={28} />
                <div className={styles.useName}>
                  <strong>{use.name === "" ? "No connection yet" : use.name}</strong>
                  <span>
                    {connector?.title ?? serviceTitle(use.service)}, {use.actions.length === 1 ? titleOf(use.actions[0] ?? "") : `${String(use.actions.length)} actions`}
                  </span>
                </div>
                {connections && connectors && <ConnectionState state={stateOf(use, connections.items, ids)} />}
              </li>
            );
          })}
        </ul>
      )}
      {called.length > 0 && (
        <>
          <h3>Calls</h3>
          <ul className={styles.uses} aria-label="Workflows it calls">
            {called.map(({ reference, found, actions }) => (
              <li key={reference} className={styles.use}>
                <IconSitemap size={20} aria-hidden />
                <div className={styles.useName}>
                  {found === null ? (
                    <strong>{reference.startsWith("@") ? "Chosen while it runs" : (reference.split("/").at(-1) ?? reference)}</strong>
                  ) : found.id === workflow.id ? (
                    <strong>Itself</strong>
                  ) : (
                    <Link to="/t/$tenant/w/$wf/overview" params={{ tenant, wf: found.id }}>
                      {found.name}
                    </Link>
                  )}
                  <span>{actions.map(titleOf).join(", ")}</span>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
