import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { attentionQuery, type Attention as Found } from "../../api/attention";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Time } from "../../ui/Time";
import styles from "./Attention.module.css";

const SHOWN = 3;

/** What fails at the moment, above the list: each line leads to its run or connection. Nothing where all is well. */
export function Attention({ tenant }: { readonly tenant: string }) {
  const { data } = useQuery(attentionQuery(tenant));
  const [all, setAll] = useState(false);
  if (!data) return null;
  const lines = [...data.workflows.map((each) => workflowLine(tenant, each)), ...data.connections.map((each) => connectionLine(tenant, each))];
  if (lines.length === 0) return null;
  const more = lines.length - SHOWN;
  return (
    <section aria-label="Needs attention" className={styles.attention}>
      <Banner tone="warning">
        <strong>{lines.length === 1 ? "1 thing needs attention" : `${String(lines.length)} things need attention`}</strong>
        <ul className={styles.items}>{all ? lines : lines.slice(0, SHOWN)}</ul>
        {more > 0 && (
          <Button size="small" variant="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Show fewer" : `Show ${String(more)} more`}
          </Button>
        )}
      </Banner>
    </section>
  );
}

function workflowLine(tenant: string, { workflowId, runId, name, at, ...failure }: Found["workflows"][number]): ReactNode {
  return (
    <li key={workflowId}>
      <Link to="/t/$tenant/w/$wf/runs/$run" params={{ tenant, wf: workflowId, run: runId }}>
        {name}
      </Link>{" "}
      {failureWords(failure)} <Time iso={at} />
    </li>
  );
}

function connectionLine(tenant: string, { name, message }: Found["connections"][number]): ReactNode {
  return (
    <li key={`connection ${name}`}>
      The connection{" "}
      <Link to="/t/$tenant/connections" params={{ tenant }}>
        {name}
      </Link>{" "}
      failed its last test{message ? `: ${message}` : ""}
    </li>
  );
}

/** What stands before the time: "failed at “Get order”, in 3 of the last 12 runs, last". */
export function failureWords({ action, failed, ended, last }: Pick<Found["workflows"][number], "action" | "failed" | "ended" | "last">): string {
  const where = action ? ` at “${action.replaceAll("_", " ")}”` : "";
  if (ended === 1) return `failed${where}`;
  return `${last ? "failed" : "fails now and then"}${where}, in ${String(failed)} of the last ${String(ended)} runs, last`;
}
