import { IconPlayerTrackNext, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { actionDetailQuery } from "../../api/runs";
import type { RunActionState, RunDetail } from "../../api/types";
import { at, type Document, sourceOf } from "../../workflow/document";
import { find, type Graph } from "../../workflow/graph";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { DataView } from "../../ui/DataView";
import { IconButton } from "../../ui/IconButton";
import { printJson } from "../../ui/jsonTree";
import { later } from "../../ui/later";
import { isFinal } from "../../ui/statuses";
import { SkeletonLines } from "../../ui/Skeletons";
import { StatusPill } from "../../ui/StatusPill";
import { Tabs } from "../../ui/Tabs";
import { holdsReference, ValueView } from "../../ui/ValueView";
import { type ActionDetail, readDetail } from "./actionDetail";
import { ActionOverview, ErrorBox } from "./ActionOverview";
import styles from "./ActionPanel.module.css";
import { actionTitle, formatTurns, isLoop, loopsAround, turnsFor } from "./nesting";
import { Repetitions } from "./Repetitions";
import { durationOf } from "./runState";
import { Tries } from "./Tries";

const RerunDialog = later(() => import("./RerunDialog").then((module) => module.default));

export type ActionTab = "overview" | "inputs" | "outputs" | "tries" | "code";

export interface ActionPanelProps {
  readonly tenant: string;
  readonly run: RunDetail;
  readonly document: Document;
  readonly graph: Graph;
  readonly name: string;
  readonly turns: readonly number[];
  readonly onTurns: (turns: readonly number[]) => void;
  readonly tab: ActionTab;
  readonly onTab: (tab: ActionTab) => void;
  /** Given where this person may repeat runs; called with the run that was started. */
  readonly onRerun?: ((run: string) => void) | undefined;
  readonly onClose: () => void;
}

/** What one action of a run did: in words, its values on demand, its tries, its definition. */
export function ActionPanel(props: ActionPanelProps) {
  const { tenant, run, graph, document, name, turns, tab, onTab, onClose } = props;
  const entry = find(graph, name);
  const state = run.actions[name];
  const repetition = turnsFor(graph, name, turns);
  const since = `${state?.status}:${state?.endedAt}:${state?.tries}:${run.status}`;
  const query = useQuery({
    ...actionDetailQuery(tenant, run.id, name, repetition ?? "", since),
    enabled: repetition !== null && state !== undefined,
    select: readDetail,
  });
  const detail = query.data;
  const waits = run.waits[repetition ? `${name}@${repetition}` : name];
  const shown = repetition ? detail : { ...state, ...detail };
  return (
    <section className={styles.panel} aria-label={actionTitle(name)}>
      <header className={styles.head}>
        <div className={styles.title}>
          <h2>{actionTitle(name)}</h2>
          <div className={styles.sub}>
            {shown?.status && <StatusPill status={shown.status} duration={durationOf(shown)} retries={retriesOf(detail, state)} />}
            {entry?.action.type}
            {detail?.childRun && (
              <Link to="/t/$tenant/w/$wf/runs/$run" params={{ tenant, wf: detail.childRun.workflow.id, run: detail.childRun.id }} search={{}}>
                Open the run of {detail.childRun.workflow.name}
              </Link>
            )}
          </div>
          {shown?.status === "Running" && waits && (
            <div className={styles.sub} role="status">
              {waits.reason}
            </div>
          )}
        </div>
        <IconButton label="Close" keys="Esc" icon={<IconX size={18} />} onClick={onClose} />
      </header>
      <RerunBar {...props} detail={detail} />
      <TurnPickers {...props} />
      <Tabs
        label="Parts of the action"
        value={tab}
        onChange={onTab}
        items={[
          { id: "overview", label: "Overview" },
          { id: "inputs", label: "Inputs" },
          { id: "outputs", label: "Outputs" },
          { id: "tries", label: "Tries", count: detail && detail.tries.length > 1 ? detail.tries.length : undefined },
          { id: "code", label: "Code" },
        ]}
        className={styles.tabs}
        panelClassName={styles.body}
      >
        {tab === "code" ? (
          <Code document={document} pointer={entry?.pointer} />
        ) : state === undefined ? (
          <p>This action has not started.</p>
        ) : repetition === null ? (
          <p>This action runs once per turn. Choose a turn above.</p>
        ) : (
          <DataView
            loading={query.isPending}
            error={query.error ? asProblem(query.error) : null}
            hasData={detail !== undefined}
            onRetry={() => void query.refetch()}
            skeleton={<SkeletonLines lines={6} />}
          >
            {detail && tabContent(tab, detail, state, run)}
          </DataView>
        )}
      </Tabs>
    </section>
  );
}

/** Types whose inputs are sent somewhere: those can be given by hand. */
const SENT = new Set(["http", "httpwebhook", "serviceprovider", "apiconnection", "apiconnectionwebhook", "workflow", "function"]);

/** Run again from this action: offered once the run is over, for actions that ran; inside a loop in the turn that is chosen. */
function RerunBar({ tenant, run, graph, name, turns, onRerun, detail }: ActionPanelProps & { readonly detail: ActionDetail | undefined }) {
  const [open, setOpen] = useState(false);
  const mayCorrect = usePermission(tenant, "workflow.edit");
  const state = run.actions[name];
  const entry = find(graph, name);
  const repetition = turnsFor(graph, name, turns);
  if (!onRerun || !entry || !state || !isFinal(run.status) || repetition === null) return null;
  if ((repetition === "" ? state : detail)?.status === "Skipped") return null;
  const { inputs, why } = mayCorrect ? given(entry.action.type, detail) : { inputs: null, why: "Its inputs are worked out again. Editors can correct them." };
  return (
    <div className={styles.rerun}>
      <Button size="small" icon={<IconPlayerTrackNext size={15} />} disabled={detail === undefined} onClick={() => setOpen(true)}>
        {repetition === "" ? "Run again from here" : "Run this turn again from here"}
      </Button>
      {open && (
        <RerunDialog tenant={tenant} run={run} action={name} repetition={repetition} inputs={inputs} why={why} onStarted={onRerun} onClose={() => setOpen(false)} />
      )}
    </div>
  );
}

function given(type: string, detail: ActionDetail | undefined): { readonly inputs: string | null; readonly why: string } {
  if (!SENT.has(type.toLowerCase())) return { inputs: null, why: "Its inputs follow from the steps before and are worked out again." };
  if (detail?.secured.includes("inputs")) return { inputs: null, why: "Its inputs are secured: they are sent as they were." };
  if (!detail?.inputs || holdsReference(detail.inputs)) return { inputs: null, why: "Its inputs are too big to be corrected here; they are worked out again." };
  return { inputs: printJson(detail.inputs), why: "" };
}

function tabContent(tab: ActionTab, detail: ActionDetail, state: RunActionState, run: RunDetail): ReactNode {
  switch (tab) {
    case "inputs":
      return <ValueView value={detail.inputs} label="Inputs" secured={detail.secured.includes("inputs")} empty="This action has no inputs." maxHeight={640} />;
    case "outputs":
      return (
        <>
          {detail.error && <ErrorBox error={detail.error} />}
          <ValueView
            value={detail.outputs}
            label="Outputs"
            secured={detail.secured.includes("outputs")}
            empty={detail.endedAt ? "This action has no outputs." : "The outputs will be here when the action has ended."}
            maxHeight={640}
          />
        </>
      );
    case "tries":
      return <Tries tries={detail.tries} />;
    default:
      return <ActionOverview detail={detail} state={state} run={run} />;
  }
}

function TurnPickers({ tenant, run, graph, name, turns, onTurns }: ActionPanelProps) {
  const entry = find(graph, name);
  const around = loopsAround(graph, name).map((loop) => loop.action.name);
  const loops = entry && isLoop(entry.action) ? [...around, name] : around;
  if (loops.length === 0) return null;
  return (
    <div className={styles.turns}>
      {loops.slice(0, turns.length + 1).map((loop, level) => {
        // The innermost loop of an action shows how that action ended in each turn, the others how the turn as a whole ended.
        const subject = level === loops.length - 1 ? name : loop;
        return (
          <Repetitions
            key={loop}
            tenant={tenant}
            run={run.id}
            loop={loop}
            subject={subject}
            parent={formatTurns(turns.slice(0, level))}
            counts={level === 0 ? run.actions[subject]?.repetitions : undefined}
            selected={turns[level] ?? null}
            errorFirst={level < around.length && isFinal(run.status)}
            innermost={level === Math.min(loops.length - 1, turns.length)}
            onSelect={(turn) => onTurns([...turns.slice(0, level), turn])}
          />
        );
      })}
    </div>
  );
}

function Code({ document, pointer }: { readonly document: Document; readonly pointer: string | undefined }) {
  const node = pointer === undefined ? undefined : at(document, pointer);
  if (!node) return <p>The definition of this run does not name this action.</p>;
  const text = sourceOf(document, node);
  return (
    <div>
      <div style={{ display: "flex", justifyContent: "flex-end", marginBottom: 8 }}>
        <CopyButton value={text} label="Copy definition" text />
      </div>
      <pre className={styles.code} tabIndex={0} aria-label="Definition of the action">
        {text}
      </pre>
    </div>
  );
}

function retriesOf(detail: ActionDetail | undefined, state: RunActionState | undefined): number {
  return Math.max(0, (detail?.tries.length ?? state?.tries ?? 0) - 1);
}
