import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { asProblem } from "../../api/problem";
import { triggerDetailQuery } from "../../api/runs";
import type { RunDetail } from "../../api/types";
import { DataView } from "../../ui/DataView";
import { IconButton } from "../../ui/IconButton";
import { readJson } from "../../ui/jsonTree";
import { SkeletonLines } from "../../ui/Skeletons";
import { Time } from "../../ui/Time";
import { KeyValues, ValueView } from "../../ui/ValueView";
import { valueOf } from "./actionDetail";
import styles from "./ActionPanel.module.css";
import { actionTitle } from "./nesting";
import { TrackingIds } from "./TrackingIds";

interface TriggerPanelProps {
  readonly tenant: string;
  readonly run: RunDetail;
  readonly name: string;
  readonly onClose: () => void;
}

/** What started the run, with the data it came with. */
export function TriggerPanel({ tenant, run, name, onClose }: TriggerPanelProps) {
  const query = useQuery({ ...triggerDetailQuery(tenant, run.id), select: (text) => readJson(text) });
  const fired = name === run.trigger.name;
  return (
    <section className={styles.panel} aria-label={actionTitle(name)}>
      <header className={styles.head}>
        <div className={styles.title}>
          <h2>{actionTitle(name)}</h2>
          <div className={styles.sub}>Trigger</div>
        </div>
        <IconButton label="Close" keys="Esc" icon={<IconX size={18} />} onClick={onClose} />
      </header>
      <div className={styles.body}>
        {fired ? (
          <DataView
            loading={query.isPending}
            error={query.error ? asProblem(query.error) : null}
            hasData={query.data !== undefined}
            onRetry={() => void query.refetch()}
            skeleton={<SkeletonLines lines={6} />}
          >
            <KeyValues
              items={[
                ["Fired", <Time key="t" iso={run.startedAt} absolute />],
              ]}
            />
            <div className={styles.section}>
              <h3>Outputs</h3>
              <ValueView value={query.data && valueOf(query.data, "outputs")} label="Trigger outputs" empty="It brought no data." maxHeight={520} />
            </div>
            {run.response && <AnswerGiven response={run.response} />}
            {query.data && valueOf(query.data, "inputs") && (
              <div className={styles.section}>
                <h3>Inputs</h3>
                <ValueView value={valueOf(query.data, "inputs")} label="Trigger inputs" maxHeight={320} />
              </div>
            )}
            <TrackingIds ids={[["Client tracking id", run.clientTrackingId], ["Run id", run.id], ["Request id", run.requestId]]} />
          </DataView>
        ) : (
          <p>Another trigger started this run.</p>
        )}
      </div>
    </section>
  );
}

/** What the caller got. */
function AnswerGiven({ response }: { readonly response: NonNullable<RunDetail["response"]> }) {
  return (
    <div className={styles.section}>
      <h3>Answer to the caller: {response.status}</h3>
      <ValueView value={readJson(JSON.stringify({ headers: response.headers, body: response.body }))} label="Answer to the caller" maxHeight={320} />
    </div>
  );
}
