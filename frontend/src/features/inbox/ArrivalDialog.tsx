import { IconRotateClockwise } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type ArrivalState, arrivalQuery, useRedrive } from "../../api/inbox";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { type JsonNode, member, readJson, textOf } from "../../ui/jsonTree";
import { later } from "../../ui/later";
import { SkeletonLines } from "../../ui/Skeletons";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/toasts";
import { KeyValues, ValueView } from "../../ui/ValueView";
import styles from "./Inbox.module.css";
import { kindWord, outcomeLook } from "./outcomes";

const CorrectionDialog = later(() => import("./CorrectionDialog").then((module) => module.default));

interface ArrivalDialogProps {
  readonly tenant: string;
  readonly id: string;
  readonly onClose: () => void;
}

/** One arrival in full: what became of it and why, what it brought, and sending it through again. */
export function ArrivalDialog({ tenant, id, onClose }: ArrivalDialogProps) {
  const query = useQuery({ ...arrivalQuery(tenant, id), select: (text) => readJson(text) });
  const may = usePermission(tenant, "run.resubmit");
  const redrive = useRedrive(tenant);
  const navigate = useNavigate();
  const workflow = query.data && textOf(member(member(query.data, "workflow"), "id"));
  const mayCorrect = usePermission(tenant, "workflow.edit") && may;
  const [correcting, setCorrecting] = useState(false);
  const sent = (run: string) => {
    const show = () => void navigate({ to: "/t/$tenant/w/$wf/runs/$run", params: { tenant, wf: workflow ?? "", run } });
    toast.success("It was sent through again.", { action: { label: "Show the run", onClick: show } });
    onClose();
  };
  const again = () =>
    redrive.mutate({ id, body: null }, {
      onSuccess: ({ runId }) => sent(runId),
      onError: (error) => toast.error(asProblem(error).message, { title: asProblem(error).title }),
    });
  if (correcting && query.data !== undefined)
    return <CorrectionDialog tenant={tenant} id={id} arrival={query.data} onStarted={sent} onClose={() => setCorrecting(false)} />;
  return (
    <Dialog open title="Arrival" onClose={onClose} width={760}>
      <div className={styles.body}>
        <DataView
          loading={query.isPending}
          error={query.error ? asProblem(query.error) : null}
          hasData={query.data !== undefined}
          onRetry={() => void query.refetch()}
          skeleton={<SkeletonLines lines={6} />}
        >
          {query.data && <Facts tenant={tenant} arrival={query.data} />}
        </DataView>
      </div>
      <DialogFooter>
        <Button onClick={onClose}>Close</Button>
        <Button disabled={!mayCorrect || query.data === undefined} onClick={() => setCorrecting(true)}>
          With another body…
        </Button>
        <Button
          variant="primary"
          icon={<IconRotateClockwise size={16} />}
          disabled={!may || query.data === undefined}
          busy={redrive.isPending}
          onClick={again}
        >
          Send it through again
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function Facts({ tenant, arrival }: { readonly tenant: string; readonly arrival: JsonNode }) {
  const said = (name: string) => textOf(member(arrival, name));
  const workflow = member(arrival, "workflow");
  const runs = member(arrival, "runIds");
  const ids = runs?.kind === "array" ? runs.items.map((each) => textOf(each) ?? "") : [];
  const outputs = member(arrival, "outputs");
  const secured = member(arrival, "secured");
  const first = said("duplicateOf");
  return (
    <>
      <KeyValues
        items={[
          ["Workflow", textOf(member(workflow, "name")) ?? ""],
          ["Arrived", <Time key="t" iso={said("receivedAt") ?? ""} absolute />],
          ["From", `${kindWord(said("kind") ?? "")}, trigger ${said("trigger") ?? ""}`],
          ["Outcome", outcomeLook((said("outcome") ?? "new") as ArrivalState).word],
          ["Why", said("detail") ?? "–"],
          ...(first === undefined ? [] : ([["First seen as", <Link key="f" to="/t/$tenant/w/$wf/runs/$run" params={{ tenant, wf: textOf(member(workflow, "id")) ?? "", run: first }}>Run {first.slice(-8)}</Link>]] as const)),
          ["Tracking id", said("clientTrackingId") ?? "–"],
          ["Request id", said("requestId") ?? "–"],
        ]}
      />
      {ids.length > 0 && (
        <div className={styles.section}>
          <h3>{ids.length === 1 ? "Its run" : "Its runs"}</h3>
          <div className={styles.runs}>
            {ids.map((run) => (
              <Link key={run} to="/t/$tenant/w/$wf/runs/$run" params={{ tenant, wf: textOf(member(workflow, "id")) ?? "", run }}>
                Run {run.slice(-8)}
              </Link>
            ))}
          </div>
        </div>
      )}
      <div className={styles.section}>
        <h3>What it brought</h3>
        <ValueView
          value={outputs?.kind === "null" ? undefined : outputs}
          secured={secured?.kind === "boolean" && secured.value}
          label="What arrived"
          empty="Nothing, or it is no longer kept."
          maxHeight={360}
        />
      </div>
    </>
  );
}
