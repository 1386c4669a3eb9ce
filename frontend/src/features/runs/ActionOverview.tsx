import type { RunActionState, RunDetail, RunError } from "../../api/types";
import { Duration } from "../../ui/Duration";
import { Time } from "../../ui/Time";
import { KeyValues, ValueView } from "../../ui/ValueView";
import type { ActionDetail } from "./actionDetail";
import { TrackingIds } from "./TrackingIds";
import styles from "./ActionPanel.module.css";
import { codeWords, durationOf } from "./runState";
import { serviceRequestId } from "./serviceRequestId";

export function ErrorBox({ error }: { readonly error: RunError }) {
  return (
    <div className={styles.error}>
      <code>{error.code}</code>
      <p>{error.message}</p>
    </div>
  );
}

/** An action that failed by what it answered (an HTTP status) has no error of its own. */
function unexplained(detail: ActionDetail): RunError {
  const code = detail.code ?? detail.status;
  const words = codeWords(code);
  return { code, message: detail.outputs ? `${words ?? ""} The answer below says why.`.trim() : (words ?? "Nothing more is known about it.") };
}

const skippedWords = "It was skipped: the actions before it did not end the way its run-after condition asks for, or its branch was not taken.";

export function ActionOverview({ detail, state, run }: { readonly detail: ActionDetail; readonly state: RunActionState; readonly run: RunDetail }) {
  const duration = durationOf(detail);
  const counts = state.repetitions;
  const failed = detail.status === "Failed" || detail.status === "TimedOut";
  const items: (readonly [string, React.ReactNode])[] = [];
  if (detail.startedAt) items.push(["Started", <Time key="s" iso={detail.startedAt} absolute />]);
  if (detail.endedAt) items.push(["Ended", <Time key="e" iso={detail.endedAt} absolute />]);
  if (duration !== undefined) items.push(["Duration", <Duration key="d" ms={duration} />]);
  if (detail.code) items.push(["Code", detail.code]);
  if (detail.tries.length > 0) items.push(["Tries", String(detail.tries.length)]);
  if (counts) items.push(["Turns", `${counts.total.toLocaleString("en")}, ${counts.failed.toLocaleString("en")} failed`]);
  return (
    <>
      {detail.error ? <ErrorBox error={detail.error} /> : failed && <ErrorBox error={unexplained(detail)} />}
      {detail.status === "Skipped" && !detail.error && <p>{skippedWords}</p>}
      <KeyValues items={items} />
      {failed && detail.outputs && (
        <div className={styles.section}>
          <h3>What it answered</h3>
          <ValueView value={detail.outputs} label="Outputs" secured={detail.secured.includes("outputs")} maxHeight={280} />
        </div>
      )}
      {failed && (
        <div className={styles.section}>
          <h3>What it was given</h3>
          <ValueView value={detail.inputs} label="Inputs" secured={detail.secured.includes("inputs")} empty="It has no inputs." maxHeight={280} />
        </div>
      )}
      {detail.trackedProperties && (
        <div className={styles.section}>
          <h3>Tracked properties</h3>
          <ValueView value={detail.trackedProperties} label="Tracked properties" maxHeight={200} />
        </div>
      )}
      <TrackingIds
        ids={[
          ["Client tracking id", run.clientTrackingId],
          ["Action tracking id", detail.trackingId],
          ["Service request id", serviceRequestId(detail)],
        ]}
      />
    </>
  );
}
