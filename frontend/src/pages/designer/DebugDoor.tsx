import { useCallback, type ReactNode } from "react";
import { RunEvents } from "../../features/runs/RunEvents";
import type { EventRow } from "../../features/runs/eventLog";
import { Drawer } from "../../ui/Drawer";
import { ActionValues } from "./OutputTab";
import { forgetStarted, useStartedRuns } from "./startedRuns";
import styles from "./side.module.css";

interface DebugDoorProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly head: ReactNode;
  readonly mayRun: boolean;
  readonly onStart: () => void;
  /** To the card, with the values of that run and turn. */
  readonly onGo: (action: string, run: string, repetition: string) => void;
  readonly onRun: (run: string) => void;
  readonly onClose: () => void;
}

/** What happens in the runs that were started from this tab. */
export function DebugDoor({ tenant, workflowId, head, mayRun, onStart, onGo, onRun, onClose }: DebugDoorProps) {
  const runs = useStartedRuns(workflowId);
  const Values = useCallback(({ row }: { readonly row: EventRow }) => <EventValues tenant={tenant} row={row} />, [tenant]);
  return (
    <Drawer label="Debug" head={head} keys="Ctrl+E" onClose={onClose}>
      <div className={styles.debug}>
        <RunEvents tenant={tenant} runs={runs} onStart={mayRun ? onStart : undefined} onClear={() => forgetStarted(workflowId)} onGo={(row) => (row.action === null ? onRun(row.run) : onGo(row.action, row.run, row.repetition))} Values={Values} />
      </div>
    </Drawer>
  );
}

function EventValues({ tenant, row }: { readonly tenant: string; readonly row: EventRow }) {
  return row.action === null ? null : <ActionValues tenant={tenant} run={row.run} name={row.action} repetition={row.repetition} since={`${row.status}:${String(row.endedAt)}`} onPin={null} />;
}
