import { IconAlertCircle, IconHourglass } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useEffectEvent, useMemo, useState } from "react";
import { given } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { useRunCommands } from "../../api/runs";
import { workflowQuery } from "../../api/workflows";
import type { RunDetail } from "../../api/types";
import type { ActionTab } from "../../features/runs/ActionPanel";
import { actionTitle, formatTurns, loopsAround, parseTurns } from "../../features/runs/nesting";
import { RunHeader } from "../../features/runs/RunHeader";
import { codeWords, firstFailure } from "../../features/runs/runState";
import { useRun } from "../../features/runs/useRun";
import { useTurnStatuses } from "../../features/runs/useTurnStatuses";
import { Button, LinkButton } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Failure } from "../../ui/Failure";
import { SegmentedControl } from "../../ui/SegmentedControl";
import { later } from "../../ui/later";
import { Skeleton, SkeletonRows } from "../../ui/Skeletons";
import { toast } from "../../ui/toasts";
import { isInLayer, isTyping } from "../../ui/typing";
import { useSearchChange, useStillHere } from "../../ui/useSearchChange";
import { type Document, parse } from "../../workflow/document";
import { find, type Graph, readGraph } from "../../workflow/graph";
import { RunCanvas } from "./RunCanvas";
import styles from "./RunPage.module.css";

const ActionPanel = later(() => import("../../features/runs/ActionPanel").then((module) => module.ActionPanel), () => <SkeletonRows rows={6} label="Loading the action" />);
const RunOutline = later(() => import("../../features/runs/RunOutline").then((module) => module.RunOutline), () => <SkeletonRows rows={8} label="Loading the outline" />);
const TriggerPanel = later(() => import("../../features/runs/TriggerPanel").then((module) => module.TriggerPanel), () => <SkeletonRows rows={6} label="Loading the trigger" />);
const RunTimeline = later(() => import("../../features/runs/RunTimeline").then((module) => module.default), () => <SkeletonRows rows={8} label="Loading the timeline" />);

const MissingRun = later(() => import("../../features/runs/MissingRun").then((module) => module.default));
const ResubmitDialog = later(() => import("../../features/runs/ResubmitDialog").then((module) => module.default));

const route = getRouteApi("/t/$tenant/w/$wf/runs/$run");

export function RunPage() {
  // A failed run opens on an action: its panel comes beside the run itself.
  useEffect(() => {
    ActionPanel.preload();
  }, []);
  const { tenant, wf, run: id } = route.useParams();
  const query = useRun(tenant, id);
  if (query.data) return <LoadedRun key={id} tenant={tenant} run={query.data} />;
  return (
    <>
      <title>Run · Millrace</title>
      <h1 className="mr-visually-hidden">Run</h1>
      {query.error ? (
        <div className={styles.message}>
          {asProblem(query.error).status === 404 ? (
            <MissingRun tenant={tenant} workflow={wf} id={id} />
          ) : (
            <Failure
              error={asProblem(query.error)}
              onRetry={() => void query.refetch()}
              wayOut={
                <LinkButton size="small" to="/t/$tenant/w/$wf/runs" params={{ tenant, wf }} search={{}}>
                  All runs of this workflow
                </LinkButton>
              }
            />
          )}
        </div>
      ) : (
        <RunSkeleton />
      )}
    </>
  );
}

/** The shape of the page while the run is on its way: header, cards. */
function RunSkeleton() {
  return (
    <div className={styles.page} role="status" aria-label="Loading the run">
      <div className={styles.waitingHeader}>
        <Skeleton width={84} height={20} />
        <Skeleton width={220} />
      </div>
      <div className={styles.waitingCards}>
        {[0, 1, 2, 3].map((card) => (
          <Skeleton key={card} width={240} height={72} />
        ))}
      </div>
    </div>
  );
}

interface LoadedRunProps {
  readonly tenant: string;
  readonly run: RunDetail;
}

function LoadedRun({ tenant, run }: LoadedRunProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const setSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const stillHere = useStillHere();
  const definition = useMemo(() => readDefinition(run.text), [run.text]);
  const turns = useMemo(() => parseTurns(search.iter), [search.iter]);
  const failed = firstFailure(run);
  // Error first: a failed run opens on what failed, until the reader chooses or closes something.
  const chosen = search.node === undefined && run.status !== "Succeeded" ? failed : (search.node ?? null);
  const selected = chosen === "" || chosen === "-" ? null : chosen;
  const view = search.view ?? "canvas";
  const select = (node: string | null) => setSearch((before) => given({ ...before, node: node ?? "-", tab: undefined }));
  const choose = (next: readonly number[]) => setSearch((before) => given({ ...before, iter: formatTurns(next) }));
  const { wf } = route.useParams();
  const mayRerun = usePermission(tenant, "run.resubmit");
  const openRun = (started: string): void => {
    toast.success("The run goes again from that step. The steps before were taken over.");
    if (stillHere()) void navigate({ to: "/t/$tenant/w/$wf/runs/$run", params: { tenant, wf, run: started }, search: {} });
  };
  const loop = definition && selected !== null ? loopOf(definition.graph, selected, turns.length) : undefined;
  useFailureKeys(run, select, selected, turns, choose, loop === undefined ? undefined : run.actions[loop]?.repetitions?.total);
  const statuses = useTurnStatuses(tenant, run, definition?.graph, turns);

  return (
    <div className={styles.page}>
      <title>{`${run.status} · ${run.workflow.name} · Millrace`}</title>
      <Header tenant={tenant} run={run} count={definition?.graph.count ?? 0}>
        <SegmentedControl
          aria-label="View"
          value={view}
          onChange={(next) => setSearch((before) => given({ ...before, view: next === "outline" || next === "timeline" ? next : undefined }))}
          data={[
            { value: "canvas", label: "Canvas" },
            { value: "timeline", label: "Timeline" },
            { value: "outline", label: "Outline" },
          ]}
        />
      </Header>
      {run.waitsFor && <WaitingBar run={run} waitsFor={run.waitsFor} />}
      {run.status === "Failed" && (
        <FailureBar run={run} failed={failed} selected={selected} onShow={select}>
          {failed && (
            <LinkButton size="small" to="/t/$tenant/w/$wf/design" params={{ tenant, wf }} search={given({ node: failed, lens: run.id, iter: search.iter })}>
              Fix in the designer
            </LinkButton>
          )}
        </FailureBar>
      )}
      <div className={styles.body}>
        <div className={styles.view}>
          {definition === null ? (
            <div className={styles.message}>
              <ErrorPanel error={{ title: "This run's definition cannot be drawn", detail: "Its text is not valid JSON. The runs list still shows how it ended." }} />
            </div>
          ) : view === "outline" ? (
            <RunOutline graph={definition.graph} statuses={statuses} selected={selected} onSelect={select} />
          ) : view === "timeline" ? (
            <RunTimeline tenant={tenant} run={run} graph={definition.graph} statuses={run.actions} selected={selected} onSelect={select} />
          ) : (
            <RunCanvas tenant={tenant} definition={definition} run={run} statuses={statuses} selected={selected} onSelect={select} turns={turns} onTurns={choose} />
          )}
        </div>
        {definition && selected !== null && (
          <aside className={styles.side}>
            {find(definition.graph, selected)?.action.trigger || definition.graph.triggers.some((each) => each.name === selected) ? (
              <TriggerPanel tenant={tenant} run={run} name={selected} onClose={() => select(null)} />
            ) : (
              <ActionPanel
                key={selected}
                tenant={tenant}
                run={run}
                document={definition.document}
                graph={definition.graph}
                name={selected}
                turns={turns}
                onTurns={choose}
                tab={search.tab ?? "overview"}
                onTab={(tab: ActionTab) => setSearch((before) => given({ ...before, node: selected, tab }))}
                onRerun={mayRerun ? openRun : undefined}
                onClose={() => select(null)}
              />
            )}
          </aside>
        )}
      </div>
    </div>
  );
}

function Header({ tenant, run, count, children }: LoadedRunProps & { readonly count: number; readonly children: ReactNode }) {
  const { cancel, resubmit } = useRunCommands(tenant);
  const navigate = route.useNavigate();
  const stillHere = useStillHere();
  const { wf } = route.useParams();
  const [changing, setChanging] = useState(false);
  const mayStart = usePermission(tenant, "run.start");
  const mayResubmit = usePermission(tenant, "run.resubmit");
  const mayChange = mayStart && mayResubmit;
  const open = (started: string, said: string): void => {
    toast.success(said);
    setChanging(false);
    if (stillHere()) void navigate({ to: "/t/$tenant/w/$wf/runs/$run", params: { tenant, wf, run: started }, search: {} });
  };
  const refused = (error: unknown) => toast.error(asProblem(error).message, { title: asProblem(error).title });
  const { data: workflow } = useQuery(workflowQuery(tenant, wf));
  const published = workflow?.publishedVersion ?? null;
  const newer = run.version !== null && published !== null && published > run.version && (
    <Link to="/t/$tenant/w/$wf/versions" params={{ tenant, wf }} search={{ a: String(run.version), b: String(published) }}>
      Published now: {published}. What changed
    </Link>
  );
  return (
    <RunHeader
      run={run}
      source={run.sourceRun && (
        <Link to="/t/$tenant/w/$wf/runs/$run" params={{ tenant, wf, run: run.sourceRun }} search={{}}>
          {run.origin === "rerun" ? "Goes on from" : "Repeats"} run {run.sourceRun.slice(-8)}
        </Link>
      )}
      caller={run.calledBy && (
        <Link to="/t/$tenant/w/$wf/runs/$run" params={{ tenant, wf: run.calledBy.workflow.id, run: run.calledBy.id }} search={{}}>
          Called by a run of {run.calledBy.workflow.name}
        </Link>
      )}
      actionCount={count}
      newer={newer}
      mayCancel={usePermission(tenant, "run.cancel")}
      mayResubmit={mayResubmit}
      cancelling={cancel.isPending}
      resubmitting={resubmit.isPending}
      onCancel={() => cancel.mutate(run.id, { onSuccess: () => toast.info("The run is being cancelled."), onError: refused })}
      onResubmit={() =>
        resubmit.mutate({ id: run.id, body: null }, {
          onSuccess: ({ runId }) => open(runId, "A new run was started with the same trigger data."),
          onError: refused,
        })
      }
      onChangeData={mayChange && !run.waitsFor ? () => setChanging(true) : undefined}
    >
      {children}
      {changing && (
        <ResubmitDialog
          tenant={tenant}
          run={run}
          onClose={() => setChanging(false)}
          onStarted={(runId) => open(runId, "A new run was started with the data as you changed it.")}
        />
      )}
    </RunHeader>
  );
}

/** Which limit holds a run that has not begun. */
function WaitingBar({ run, waitsFor }: { readonly run: RunDetail; readonly waitsFor: string }) {
  const ahead = run.ahead === 0 ? "It is next." : `${(run.ahead ?? 0).toLocaleString("en")} ${run.ahead === 1 ? "waits" : "wait"} before it.`;
  return (
    <div className={styles.waiting} role="status">
      <IconHourglass size={18} aria-hidden />
      <div>
        {waitsFor} {run.status === "Waiting" && run.ahead !== null && ahead}
      </div>
    </div>
  );
}

interface FailureBarProps {
  readonly run: RunDetail;
  readonly failed: string | null;
  readonly selected: string | null;
  readonly onShow: (name: string) => void;
  readonly children: ReactNode;
}

/** The reason of a failed run in one sentence, above everything else. */
function FailureBar({ run, failed, selected, onShow, children }: FailureBarProps) {
  const state = failed ? run.actions[failed] : undefined;
  const message = state?.error?.message ?? (state?.code ? codeWords(state.code) : undefined) ?? run.error?.message ?? "";
  return (
    <div className={styles.error} role="status">
      <IconAlertCircle size={18} aria-hidden />
      <div>
        <strong>{failed ? `${actionTitle(failed)} failed.` : "The run failed."}</strong> {message}
      </div>
      {failed && failed !== selected && (
        <Button size="small" onClick={() => onShow(failed)}>
          Show it
        </Button>
      )}
      {children}
    </div>
  );
}

/** The loop whose turn the last of the chosen numbers is. */
function loopOf(graph: Graph, name: string, depth: number): string | undefined {
  const around = loopsAround(graph, name).map((entry) => entry.action.name);
  return [...around, name][depth - 1];
}

function readDefinition(text: string): { readonly document: Document; readonly graph: Graph } | null {
  try {
    const document = parse(text);
    return { document, graph: readGraph(document) };
  } catch {
    return null;
  }
}

/** `[` and `]` walk the failed actions, `,` and `.` the turns of the innermost chosen loop, Esc closes the panel. */
function useFailureKeys(
  run: RunDetail,
  select: (name: string | null) => void,
  selected: string | null,
  turns: readonly number[],
  choose: (turns: readonly number[]) => void,
  most: number | undefined,
) {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isInLayer(event.target)) return;
    if (event.key === "[" || event.key === "]") {
      const failed = Object.keys(run.actions).filter((name) => ["Failed", "TimedOut"].includes(run.actions[name]?.status ?? ""));
      if (failed.length === 0) return;
      const step = event.key === "]" ? 1 : -1;
      select(failed[(failed.indexOf(selected ?? "") + step + failed.length) % failed.length] ?? null);
    } else if ((event.key === "," || event.key === ".") && turns.length > 0) {
      const last = turns.at(-1) ?? 0;
      choose([...turns.slice(0, -1), Math.max(0, Math.min(last + (event.key === "." ? 1 : -1), (most ?? Number.POSITIVE_INFINITY) - 1))]);
    } else if (event.key === "Escape") select(null);
  });
  useEffect(() => {
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
