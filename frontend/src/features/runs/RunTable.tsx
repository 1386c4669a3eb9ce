import { IconBan, IconCopy, IconDots, IconExternalLink, IconRotateClockwise } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { asProblem } from "../../api/problem";
import { useRunCommands } from "../../api/runs";
import type { RunItem } from "../../api/types";
import { copyText } from "../../ui/CopyButton";
import { type Column, DataTable } from "../../ui/DataTable";
import { Duration, TickingDuration } from "../../ui/Duration";
import { IconButton } from "../../ui/IconButton";
import { Menu, MenuItem } from "../../ui/Menu";
import { isFinal, statusLook } from "../../ui/statuses";
import { StatusPill } from "../../ui/StatusPill";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/toasts";
import { actionTitle } from "./nesting";
import styles from "./RunTable.module.css";

export interface RunTableProps {
  readonly tenant: string;
  readonly runs: readonly RunItem[];
  /** Off inside one workflow. */
  readonly showWorkflow: boolean;
  readonly may: { readonly cancel: boolean; readonly resubmit: boolean };
  /** Ticked rows, by id; none can be ticked without. */
  readonly selection?: ReadonlySet<string> | undefined;
  readonly onSelection?: ((ids: ReadonlySet<string>) => void) | undefined;
  readonly more?: { readonly onMore: () => void; readonly busy: boolean } | undefined;
}

/** A run that was started from another one. */
function Repeated({ words }: { readonly words: string }) {
  return (
    <span className={styles.muted} title={words}>
      <IconRotateClockwise size={14} aria-hidden />
      <span className="mr-visually-hidden">{words}</span>
    </span>
  );
}

export function RunTable({ tenant, runs, showWorkflow, may, selection, onSelection, more }: RunTableProps) {
  const navigate = useNavigate();
  const commands = useRunCommands(tenant);
  const refused = (error: unknown) => toast.error(asProblem(error).message, { title: asProblem(error).title });
  const path = (run: RunItem, id = run.id) => ({
    to: "/t/$tenant/w/$wf/runs/$run" as const,
    params: { tenant, wf: run.workflow.id, run: id },
  });
  const resubmit = (run: RunItem) =>
    commands.resubmit.mutate({ id: run.id, body: null }, {
      onSuccess: ({ runId }) =>
        toast.success("The run was started again.", { action: { label: "Show it", onClick: () => void navigate(path(run, runId)) } }),
      onError: refused,
    });
  const columns: Column<RunItem>[] = [
    {
      id: "status",
      header: "Status",
      width: "140px",
      rowHeader: !showWorkflow,
      cell: (run) => (
        <Link {...path(run)} tabIndex={-1} style={{ display: "flex" }}>
          <span className="mr-visually-hidden">Run of {run.workflow.name}: </span>
          <StatusPill status={run.status} />
        </Link>
      ),
    },
    ...(showWorkflow ? [workflowColumn] : []),
    {
      id: "startedAt",
      header: "Started",
      width: "140px",
      cell: (run) => (
        <span className={styles.started}>
          <Time iso={run.startedAt} />
          {run.sourceRun && <Repeated words={run.origin === "rerun" ? "Goes on from an earlier run" : "Repeats an earlier run"} />}
        </span>
      ),
    },
    {
      id: "duration",
      header: "Duration",
      width: "104px",
      align: "end",
      cell: (run) => (
        <span className={styles.right}>
          {run.durationMs !== null ? (
            <Duration ms={run.durationMs} />
          ) : isFinal(run.status) && !run.endedAt ? (
            "–"
          ) : (
            <TickingDuration since={run.startedAt} until={run.endedAt} />
          )}
        </span>
      ),
    },
    {
      id: "reason",
      header: "Reason",
      width: "minmax(220px, 2fr)",
      cell: (run) =>
        run.firstFailedAction || run.error ? (
          <span className={styles.error} title={run.error?.message}>
            {run.firstFailedAction ? actionTitle(run.firstFailedAction) : run.error?.message}
            {run.firstFailedAction && run.error?.code && <span className={styles.muted}> {run.error.code}</span>}
          </span>
        ) : (
          <span className={styles.muted} title={run.waitsFor ?? undefined}>{run.waitsFor ?? "–"}</span>
        ),
    },
    {
      id: "tracking",
      header: "Tracking id",
      width: "minmax(130px, 1fr)",
      cell: (run) => <span className={styles.muted}>{run.clientTrackingId ?? "–"}</span>,
    },
    {
      id: "version",
      header: "Version",
      width: "84px",
      cell: (run) => <span className={styles.muted}>{run.version === null ? "Draft" : run.version}</span>,
    },
    {
      id: "menu",
      header: "Actions",
      hiddenHeader: true,
      width: "56px",
      overflow: "visible",
      cell: (run) => (
        <Menu target={<IconButton label="Actions for this run" icon={<IconDots size={18} />} tooltip={false} />}>
          <MenuItem icon={<IconExternalLink size={16} />} onClick={() => void navigate(path(run))}>
            Open
          </MenuItem>
          <MenuItem icon={<IconCopy size={16} />} onClick={() => void copyText(run.id).then((done) => done && toast.info("The id of the run was copied."))}>
            Copy id
          </MenuItem>
          <MenuItem icon={<IconRotateClockwise size={16} />} keys="R" disabled={!may.resubmit} onClick={() => resubmit(run)}>
            Resubmit
          </MenuItem>
          <MenuItem
            icon={<IconBan size={16} />}
            disabled={!may.cancel || isFinal(run.status)}
            onClick={() => commands.cancel.mutate(run.id, { onError: refused })}
          >
            Cancel
          </MenuItem>
        </Menu>
      ),
    },
  ];
  return (
    <DataTable
      label="Runs"
      columns={columns}
      rows={runs}
      rowKey={(run) => run.id}
      rowLabel={(run) => `the run of ${run.workflow.name}, ${statusLook(run.status).word}`}
      selection={selection}
      onSelection={onSelection}
      onOpen={(run) => void navigate(path(run))}
      onRowKey={(key, run) => key === "r" && may.resubmit && resubmit(run)}
      more={more}
    />
  );
}

const workflowColumn: Column<RunItem> = {
  id: "workflow",
  header: "Workflow",
  width: "minmax(180px, 1.6fr)",
  rowHeader: true,
  cell: (run) => <span className={styles.name}>{run.workflow.name}</span>,
};
