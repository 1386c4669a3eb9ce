import { IconSitemap } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { callersQuery } from "../../api/workflows";
import { DataView } from "../../ui/DataView";
import { SkeletonLines } from "../../ui/Skeletons";
import { titleOf } from "../../workflow/draft";
import styles from "./OverviewPage.module.css";

interface CalledByProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
}

/** The workflows that call this one, each action of theirs that does so. Nothing where nobody calls it. */
export function CalledBy({ tenant, workflow }: CalledByProps) {
  const query = useQuery({ ...callersQuery(tenant, workflow.id), enabled: workflow.calledBy > 0 });
  if (workflow.calledBy === 0) return null;
  return (
    <section className={styles.card} aria-labelledby="overview-callers">
      <h2 id="overview-callers">Called by</h2>
      <DataView loading={query.isPending} error={query.error ? asProblem(query.error) : null} hasData={query.data !== undefined} onRetry={() => void query.refetch()} skeleton={<SkeletonLines lines={workflow.calledBy} />}>
        <ul className={styles.uses} aria-label="Workflows that call it">
          {query.data?.items.map((caller) => (
            <li key={caller.id} className={styles.use}>
              <IconSitemap size={20} aria-hidden />
              <div className={styles.useName}>
                <Link to="/t/$tenant/w/$wf/overview" params={{ tenant, wf: caller.id }} className={styles.caller}>
                  {caller.name}
                </Link>
                <span>
                  {caller.actions.map((action, index) => (
                    <Fragment key={action}>
                      {index > 0 && ", "}
                      {/* What only the published version does cannot be shown in the draft. */}
                      {caller.publishedOnly ? titleOf(action) : (
                        <Link to="/t/$tenant/w/$wf/design" params={{ tenant, wf: caller.id }} search={{ node: action }} className={styles.step}>
                          {titleOf(action)}
                        </Link>
                      )}
                    </Fragment>
                  ))}
                  {caller.draftOnly && ", only in its draft"}
                  {caller.publishedOnly && ", in its published version, not in its draft"}
                  {caller.state === "off" && ", which is off"}
                </span>
              </div>
            </li>
          ))}
        </ul>
      </DataView>
      {query.data && workflow.calledBy > query.data.items.length && <p className={styles.small}>{`These are the first ${String(query.data.items.length)} of ${String(workflow.calledBy)}.`}</p>}
    </section>
  );
}
