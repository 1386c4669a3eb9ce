import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { workflowQuery } from "../api/workflows";
import styles from "./Shell.module.css";

/** Inside a workflow: its name, and its views as neighbours. */
export function Breadcrumb({ tenant }: { readonly tenant: string }) {
  const { wf, run } = useParams({ strict: false });
  if (!wf) return null;
  return <WorkflowCrumbs tenant={tenant} wf={wf} run={run} />;
}

function WorkflowCrumbs({ tenant, wf, run }: { readonly tenant: string; readonly wf: string; readonly run: string | undefined }) {
  const { data: workflow } = useQuery(workflowQuery(tenant, wf));
  return (
    <>
      <nav className={styles.where} aria-label="Breadcrumb">
        <ol className={styles.crumbs}>
          <li className={styles.crumbList}>
            <span className={styles.separator} aria-hidden>
              /
            </span>
            <Link to="/t/$tenant/workflows" params={{ tenant }}>
              Workflows
            </Link>
          </li>
          <li>
            <span className={styles.separator} aria-hidden>
              /
            </span>
            {run ? (
              <Link to="/t/$tenant/w/$wf/runs" params={{ tenant, wf }}>
                {workflow?.name ?? "…"}
              </Link>
            ) : (
              <span aria-current="page">{workflow?.name ?? "…"}</span>
            )}
          </li>
          {run && (
            <li className={styles.crumbRun}>
              <span className={styles.separator} aria-hidden>
                /
              </span>
              <span aria-current="page">Run {run.slice(-8)}</span>
            </li>
          )}
        </ol>
      </nav>
      <nav className={styles.views} aria-label="Views of this workflow">
        <Link to="/t/$tenant/w/$wf/overview" params={{ tenant, wf }}>
          Overview
        </Link>
        <Link to="/t/$tenant/w/$wf/design" params={{ tenant, wf }}>
          Design
        </Link>
        <Link to="/t/$tenant/w/$wf/runs" params={{ tenant, wf }}>
          Runs
        </Link>
        <Link to="/t/$tenant/w/$wf/versions" params={{ tenant, wf }}>
          Versions
        </Link>
      </nav>
    </>
  );
}
