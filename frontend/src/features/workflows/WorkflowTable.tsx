import { IconCopy, IconDots, IconDownload, IconEdit, IconHistory, IconPlayerPlay, IconTags, IconTemplate, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { downloadDefinition, useWorkflowCommands } from "../../api/workflows";
import { type Column, DataTable } from "../../ui/DataTable";
import { IconButton } from "../../ui/IconButton";
import { later } from "../../ui/later";
import { Menu, MenuDivider, MenuItem } from "../../ui/Menu";
import { Sparkline } from "../../ui/Sparkline";
import { StatusPill } from "../../ui/StatusPill";
import { Switch } from "../../ui/Switch";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/toasts";
import { Tooltip } from "../../ui/Tooltip";
import { useStillHere } from "../../ui/useSearchChange";
import { TriggerLabel } from "./triggers";
import styles from "./WorkflowTable.module.css";

const RenameDialog = later(() => import("./RenameDialog").then((module) => module.RenameDialog));
const DeleteDialog = later(() => import("./DeleteDialog").then((module) => module.DeleteDialog));
const TurnOffDialog = later(() => import("./TurnOffDialog").then((module) => module.TurnOffDialog));
const TagsDialog = later(() => import("./TagsDialog").then((module) => module.TagsDialog));

export interface WorkflowTableProps {
  readonly tenant: string;
  readonly workflows: readonly WorkflowItem[];
  readonly sort: string;
  readonly onSort: (sort: string) => void;
  readonly selection: ReadonlySet<string>;
  readonly onSelection: (ids: ReadonlySet<string>) => void;
  readonly may: { readonly edit: boolean; readonly enable: boolean; readonly run: boolean; readonly remove: boolean; readonly create: boolean; readonly saveTemplate: boolean };
  readonly onSaveTemplate: (workflow: WorkflowItem) => void;
  readonly more?: { readonly onMore: () => void; readonly busy: boolean } | undefined;
}

/** Says a refused command in a toast; the list stays as it was. */
export function sayProblem(error: unknown) {
  const problem = asProblem(error);
  toast.error(problem.message, { title: problem.title });
}

export function WorkflowTable({ tenant, workflows, sort, onSort, selection, onSelection, may, onSaveTemplate, more }: WorkflowTableProps) {
  const navigate = useNavigate();
  const stillHere = useStillHere();
  const commands = useWorkflowCommands(tenant);
  const [deleting, setDeleting] = useState<WorkflowItem | null>(null);
  const [turningOff, setTurningOff] = useState<WorkflowItem | null>(null);
  const [renaming, setRenaming] = useState<WorkflowItem | null>(null);
  const [tagging, setTagging] = useState<WorkflowItem | null>(null);
  const open = (workflow: WorkflowItem) => void navigate({ to: "/t/$tenant/w/$wf/design", params: { tenant, wf: workflow.id } });
  const runNow = (workflow: WorkflowItem) => {
    if (!may.run) return;
    commands.run.mutate(
      { id: workflow.id, version: workflow.publishedVersion === null ? "draft" : "published" },
      {
        onSuccess: ({ runId }) => stillHere() && void navigate({ to: "/t/$tenant/w/$wf/runs/$run", params: { tenant, wf: workflow.id, run: runId } }),
        onError: sayProblem,
      },
    );
  };
  const setEnabled = (workflow: WorkflowItem, enabled: boolean) => {
    if (!enabled && workflow.calledBy > 0) setTurningOff(workflow);
    else switchTo(workflow, enabled);
  };
  const switchTo = (workflow: WorkflowItem, enabled: boolean) =>
    commands.setEnabled.mutate({ id: workflow.id, enabled }, { onError: sayProblem });

  return (
    <>
      <DataTable
        label="Workflows"
        columns={[
          nameColumn(tenant),
          stateColumn(may.enable, setEnabled, commands.setEnabled.isPending ? commands.setEnabled.variables : null),
          triggerColumn,
          healthColumn,
          lastRunColumn(tenant),
          ownerColumn,
          updatedColumn,
          {
            id: "menu",
            header: "Actions",
            hiddenHeader: true,
            width: "56px",
            overflow: "visible",
            cell: (workflow) => (
              <Menu target={<IconButton label={`Actions for ${workflow.name}`} icon={<IconDots size={18} />} tooltip={false} />}>
                <MenuItem icon={<IconEdit size={16} />} onClick={() => open(workflow)}>
                  Open
                </MenuItem>
                <MenuItem icon={<IconPlayerPlay size={16} />} keys="R" disabled={!may.run} onClick={() => runNow(workflow)}>
                  Run now
                </MenuItem>
                <MenuItem
                  icon={<IconHistory size={16} />}
                  onClick={() => void navigate({ to: "/t/$tenant/w/$wf/runs", params: { tenant, wf: workflow.id } })}
                >
                  Runs
                </MenuItem>
                <MenuDivider />
                <MenuItem icon={<IconEdit size={16} />} disabled={!may.edit} onClick={() => setRenaming(workflow)}>
                  Rename
                </MenuItem>
                <MenuItem icon={<IconTags size={16} />} disabled={!may.edit} onClick={() => setTagging(workflow)}>
                  Tags…
                </MenuItem>
                <MenuItem
                  icon={<IconCopy size={16} />}
                  disabled={!may.create}
                  onClick={() =>
                    commands.duplicate.mutate(
                      { id: workflow.id },
                      { onSuccess: (copy) => toast.success(`${copy.name} was made.`), onError: sayProblem },
                    )
                  }
                >
                  Duplicate
                </MenuItem>
                <MenuItem icon={<IconTemplate size={16} />} disabled={!may.saveTemplate} onClick={() => onSaveTemplate(workflow)}>
                  Save as template…
                </MenuItem>
                <MenuItem
                  icon={<IconDownload size={16} />}
                  onClick={() => void downloadDefinition(tenant, workflow).catch(sayProblem)}
                >
                  Export
                </MenuItem>
                <MenuDivider />
                <MenuItem icon={<IconTrash size={16} />} danger disabled={!may.remove} onClick={() => setDeleting(workflow)}>
                  Delete
                </MenuItem>
              </Menu>
            ),
          },
        ]}
        rows={workflows}
        rowKey={(workflow) => workflow.id}
        rowLabel={(workflow) => workflow.name}
        sort={sort}
        onSort={onSort}
        selection={selection}
        onSelection={onSelection}
        onOpen={open}
        onRowKey={(key, workflow) => {
          if (key === "r") runNow(workflow);
          if (key === "e" && may.enable && workflow.state !== "draft") setEnabled(workflow, !workflow.enabled);
        }}
        more={more}
      />
      {turningOff && <TurnOffDialog tenant={tenant} workflow={turningOff} onConfirm={() => switchTo(turningOff, false)} onClose={() => setTurningOff(null)} />}
      {renaming && <RenameDialog tenant={tenant} workflow={renaming} onClose={() => setRenaming(null)} />}
      {tagging && <TagsDialog tenant={tenant} workflow={tagging} onClose={() => setTagging(null)} />}
      {deleting && <DeleteDialog tenant={tenant} workflow={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

function nameColumn(tenant: string): Column<WorkflowItem> {
  return {
    id: "name",
    header: "Name",
    width: "minmax(220px, 2.4fr)",
    sortable: true,
    rowHeader: true,
    cell: (workflow) => (
      <span className={styles.nameCell}>
        <span className={styles.nameLine}>
          <Link to="/t/$tenant/w/$wf/design" params={{ tenant, wf: workflow.id }} className={styles.name} title={workflow.name} tabIndex={-1}>
            {workflow.name}
          </Link>
          {workflow.description !== "" && (
            <span className={styles.said} title={workflow.description}>
              {workflow.description}
            </span>
          )}
        </span>
        <span className={styles.sub}>
          {workflow.publishedVersion === null ? (
            "Not published"
          ) : workflow.hasUnpublishedChanges ? (
            <span className={styles.changed}>Version {workflow.publishedVersion}, unpublished changes</span>
          ) : (
            `Version ${workflow.publishedVersion}`
          )}
          {workflow.tags.length > 0 && <Tags tenant={tenant} tags={workflow.tags} />}
        </span>
      </span>
    ),
  };
}

/** Each leads to all that have it. */
function Tags({ tenant, tags }: { readonly tenant: string; readonly tags: readonly string[] }) {
  return (
    <span className={styles.tags} title={tags.join(", ")}>
      {tags.map((tag) => (
        <Link key={tag} to="/t/$tenant/workflows" params={{ tenant }} search={{ tag }} className={styles.tag} tabIndex={-1} aria-label={`Tag ${tag}`}>
          {tag}
        </Link>
      ))}
    </span>
  );
}

function stateColumn(
  mayEnable: boolean,
  setEnabled: (workflow: WorkflowItem, enabled: boolean) => void,
  pending: { readonly id: string; readonly enabled: boolean } | null,
): Column<WorkflowItem> {
  return {
    id: "state",
    header: "State",
    width: "112px",
    overflow: "visible",
    cell: (workflow) => {
      if (workflow.state === "draft") {
        return (
          <Tooltip text="Publish it to switch it on">
            <span className={styles.muted}>Draft only</span>
          </Tooltip>
        );
      }
      // The switch turns at once; a refusal turns it back.
      const enabled = pending?.id === workflow.id ? pending.enabled : workflow.enabled;
      return (
        <Switch
          aria-label={`${enabled ? "On" : "Off"}: ${workflow.name}`}
          label={enabled ? "On" : "Off"}
          checked={enabled}
          disabled={!mayEnable}
          onChange={(event) => setEnabled(workflow, event.currentTarget.checked)}
        />
      );
    },
  };
}

const triggerColumn: Column<WorkflowItem> = {
  id: "trigger",
  header: "Trigger",
  width: "minmax(120px, 0.9fr)",
  cell: (workflow) => <TriggerLabel type={workflow.triggerType} />,
};

const healthColumn: Column<WorkflowItem> = {
  id: "health",
  header: "Last 24 hours",
  width: "190px",
  cell: (workflow) => {
    const ok = workflow.health.reduce((sum, hour) => sum + hour.ok, 0);
    const failed = workflow.health.reduce((sum, hour) => sum + hour.failed, 0);
    return (
      <span style={{ display: "flex", alignItems: "center", gap: 10 }}>
        <Sparkline bars={workflow.health} />
        <span className={`${styles.muted} ${styles.numbers}`} aria-hidden>
          {ok + failed > 0 ? `${Math.round((100 * ok) / (ok + failed))} %` : "–"}
        </span>
      </span>
    );
  },
};

function lastRunColumn(tenant: string): Column<WorkflowItem> {
  return {
    id: "lastRun",
    header: "Last run",
    width: "minmax(236px, 1.1fr)",
    cell: (workflow) =>
      workflow.lastRun ? (
        <Link
          to="/t/$tenant/w/$wf/runs/$run"
          params={{ tenant, wf: workflow.id, run: workflow.lastRun.id }}
          className={styles.run}
        >
          <span className="mr-visually-hidden">Last run of {workflow.name}: </span>
          <StatusPill status={workflow.lastRun.status} />
          <Time iso={workflow.lastRun.startedAt} />
        </Link>
      ) : (
        <span className={styles.muted}>Never ran</span>
      ),
  };
}

const ownerColumn: Column<WorkflowItem> = {
  id: "owner",
  header: "Owner",
  width: "minmax(90px, 0.7fr)",
  cell: (workflow) => <span className={styles.muted}>{workflow.owner ?? "–"}</span>,
};

const updatedColumn: Column<WorkflowItem> = {
  id: "updatedAt",
  header: "Changed",
  width: "140px",
  sortable: true,
  cell: (workflow) => (
    <span className={styles.muted}>
      <Time iso={workflow.updatedAt} />
    </span>
  ),
};
