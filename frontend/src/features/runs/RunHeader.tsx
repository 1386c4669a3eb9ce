import { IconPencil, IconPlayerStop, IconRotateClockwise } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { RunDetail } from "../../api/types";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { TickingDuration } from "../../ui/Duration";
import { IconButton } from "../../ui/IconButton";
import { isFinal } from "../../ui/statuses";
import { StatusPill } from "../../ui/StatusPill";
import { Time } from "../../ui/Time";
import { ZoneSwitch } from "../../ui/ZoneSwitch";
import styles from "./RunHeader.module.css";
import { progress } from "./runState";

export interface RunHeaderProps {
  readonly run: RunDetail;
  readonly actionCount: number;
  readonly mayCancel: boolean;
  readonly mayResubmit: boolean;
  readonly cancelling: boolean;
  readonly resubmitting: boolean;
  readonly onCancel: () => void;
  readonly onResubmit: () => void;
  /** Starts a new run with other data; absent where that is not possible. */
  readonly onChangeData?: (() => void) | undefined;
  /** A way to what changed since, where a newer version is published. */
  readonly newer?: ReactNode;
  /** The run that this one repeats. */
  readonly source?: ReactNode;
  /** The run that called this one. */
  readonly caller?: ReactNode;
  /** The view switch. */
  readonly children: ReactNode;
}

export function RunHeader(props: RunHeaderProps) {
  const { run } = props;
  const over = isFinal(run.status);
  const [done, all] = progress(run, props.actionCount);
  return (
    <header className={styles.header}>
      <h1 className="mr-visually-hidden">Run of {run.workflow.name}</h1>
      <StatusPill status={run.status} />
      <span className={styles.fact}>
        <strong>
          <TickingDuration since={run.startedAt} until={over ? run.endedAt ?? run.startedAt : undefined} />
        </strong>
      </span>
      <span className={styles.fact}>
        <Time iso={run.startedAt} />
        <ZoneSwitch />
      </span>
      <span className={styles.fact}>
        {done} of {all} actions
      </span>
      <span className={styles.fact}>{run.version === null ? "Draft" : `Version ${run.version}`}</span>
      {props.newer && <span className={styles.fact}>{props.newer}</span>}
      {props.source}
      {props.caller}
      <span className={styles.fact}>
        Run id
        <CopyButton value={run.id} label="Copy run id" />
      </span>
      <div className={styles.actions}>
        {props.children}
        {!over && (
          <Button
            icon={<IconPlayerStop size={16} />}
            disabled={!props.mayCancel}
            busy={props.cancelling}
            onClick={props.onCancel}
          >
            Cancel
          </Button>
        )}
        <Button
          icon={<IconRotateClockwise size={16} />}
          disabled={!props.mayResubmit}
          busy={props.resubmitting}
          onClick={props.onResubmit}
          title="Starts a new run with the same trigger data"
        >
          Resubmit
        </Button>
        {props.onChangeData && <IconButton label="Change the data and run again" icon={<IconPencil size={18} />} onClick={props.onChangeData} />}
      </div>
    </header>
  );
}
