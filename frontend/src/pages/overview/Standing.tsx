import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { useWorkflowCommands, versionQuery } from "../../api/workflows";
import { TurnOffDialog } from "../../features/workflows/TurnOffDialog";
import { Skeleton } from "../../ui/Skeletons";
import { Sparkline } from "../../ui/Sparkline";
import { Switch } from "../../ui/Switch";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/toasts";
import { figuresOf } from "./facts";
import styles from "./OverviewPage.module.css";

interface StandingProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
}

/** On or off, what is published, whether the draft is ahead of it, and the last day in figures. */
export function Standing({ tenant, workflow }: StandingProps) {
  return (
    <dl className={styles.strip}>
      <div>
        <dt>State</dt>
        <dd>
          <State tenant={tenant} workflow={workflow} />
        </dd>
      </div>
      <div>
        <dt>Published</dt>
        <dd>{workflow.publishedVersion === null ? <strong>Not yet</strong> : <Published tenant={tenant} workflow={workflow} number={workflow.publishedVersion} />}</dd>
      </div>
      <div>
        <dt>Draft</dt>
        <dd>
          <DraftState tenant={tenant} workflow={workflow} />
        </dd>
      </div>
      <div>
        <dt>Last 24 hours</dt>
        <dd>
          <LastDay workflow={workflow} />
        </dd>
      </div>
    </dl>
  );
}

function State({ tenant, workflow }: StandingProps) {
  const mayEnable = usePermission(tenant, "workflow.enable");
  const { setEnabled } = useWorkflowCommands(tenant);
  const [asking, setAsking] = useState(false);
  if (workflow.state === "draft") return <span className={styles.muted}>Draft only: publish it to switch it on.</span>;
  // The switch turns at once; a refusal turns it back.
  const enabled = setEnabled.isPending ? setEnabled.variables.enabled : workflow.enabled;
  const switchTo = (wanted: boolean) =>
    setEnabled.mutate({ id: workflow.id, enabled: wanted }, { onError: (error) => toast.error(asProblem(error).message, { title: asProblem(error).title }) });
  return (
    <>
      <Switch
        aria-label={`${enabled ? "On" : "Off"}: ${workflow.name}`} label={enabled ? "On" : "Off"} checked={enabled} disabled={!mayEnable}
        onChange={({ currentTarget }) => (!currentTarget.checked && workflow.calledBy > 0 ? setAsking(true) : switchTo(currentTarget.checked))}
      />
      {asking && <TurnOffDialog tenant={tenant} workflow={workflow} onConfirm={() => switchTo(false)} onClose={() => setAsking(false)} />}
    </>
  );
}

function Published({ tenant, workflow, number }: StandingProps & { readonly number: number }) {
  // Fetched for its text as well; who published it and when is part of it.
  const { data: version, isPending } = useQuery(versionQuery(tenant, workflow.id, number));
  return (
    <>
      <strong>Version {number}</strong>
      {isPending && <Skeleton width="60%" height={20} />}
      {version && (
        <div className={styles.small}>
          <Time iso={version.createdAt} /> by {version.author ?? "a former member"}
          {version.comment !== "" && <div>{version.comment}</div>}
        </div>
      )}
    </>
  );
}

function DraftState({ tenant, workflow }: StandingProps) {
  const params = { tenant, wf: workflow.id };
  if (workflow.publishedVersion === null) return <span className={styles.muted}>Never published. Run now runs the draft.</span>;
  if (!workflow.hasUnpublishedChanges) return <strong>As published</strong>;
  return (
    <>
      <strong>Has unpublished changes</strong>
      <div className={styles.small}>
        <Link to="/t/$tenant/w/$wf/versions" params={params} search={{}}>
          See what differs
        </Link>
      </div>
    </>
  );
}

function LastDay({ workflow }: { readonly workflow: WorkflowItem }) {
  const { runs, succeeded, failed, running } = figuresOf(workflow.health);
  return (
    <>
      <span className={styles.figures}>
        <strong>{runs === 0 ? "No runs" : runs === 1 ? "1 run" : `${runs.toLocaleString("en")} runs`}</strong>
        <Sparkline bars={workflow.health} />
      </span>
      {runs > 0 && (
        <div className={styles.small}>
          {succeeded.toLocaleString("en")} succeeded, {failed.toLocaleString("en")} failed{running > 0 && `, ${running.toLocaleString("en")} under way`}
        </div>
      )}
    </>
  );
}
