import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { previewSchedule } from "../../api/previews";
import type { WorkflowItem } from "../../api/types";
import { TriggerLabel } from "../../features/workflows/triggers";
import { Skeleton } from "../../ui/Skeletons";
import { Time } from "../../ui/Time";
import { titleOf } from "../../workflow/draft";
import type { Action } from "../../workflow/graph";
import { recurrenceWords, summaryOf } from "../../workflow/words";
import { member } from "../../workflow/tree";
import { TriggerCallback } from "../designer/TriggerCallback";
import { recurrenceOf } from "./facts";
import styles from "./OverviewPage.module.css";

interface StartsProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
  readonly triggers: readonly Action[];
}

/** Each trigger in words, with the address that fires it or the times at which it fires. */
export function Starts({ tenant, workflow, triggers }: StartsProps) {
  if (triggers.length === 0) {
    return (
      <p className={styles.small}>
        It has no trigger yet, so nothing can start it.{" "}
        <Link to="/t/$tenant/w/$wf/design" params={{ tenant, wf: workflow.id }} search={{}}>
          Choose one in the designer
        </Link>
      </p>
    );
  }
  return (
    <ul className={styles.triggers}>
      {triggers.map((trigger) => {
        const recurrence = recurrenceOf(trigger);
        return (
          <li key={trigger.name} className={styles.trigger}>
            <div className={styles.triggerHead}>
              <strong>{titleOf(trigger.name)}</strong>
              <TriggerLabel type={trigger.type} />
            </div>
            <p className={styles.small}>{wordsOf(trigger)}</p>
            {trigger.type === "Request" && <TriggerCallback tenant={tenant} workflowId={workflow.id} trigger={trigger.name} published={workflow.publishedVersion !== null} />}
            {recurrence && <NextTimes tenant={tenant} workflow={workflow} looks={trigger.type !== "Recurrence" && trigger.type !== "SlidingWindow"} recurrence={recurrence} />}
          </li>
        );
      })}
    </ul>
  );
}

function wordsOf(trigger: Action): string {
  const recurrence = member(trigger.value, "recurrence");
  const said = summaryOf(trigger);
  if (trigger.type === "Request") return `Starts a run when its address is called with ${said.replace(/^Any/, "any")}.`;
  return recurrence && trigger.type !== "Recurrence" && trigger.type !== "SlidingWindow" ? [said, `Looks ${recurrenceWords(recurrence).toLowerCase()}`].filter((part) => part !== "").join(". ") : said;
}

interface NextTimesProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
  /** It only looks whether there is something to start for. */
  readonly looks: boolean;
  readonly recurrence: Readonly<Record<string, unknown>>;
}

function NextTimes({ tenant, workflow, looks, recurrence }: NextTimesProps) {
  const text = JSON.stringify(recurrence);
  const { data, error } = useQuery({
    queryKey: ["forecast", tenant, workflow.id, text],
    queryFn: () => previewSchedule(tenant, workflow.id, recurrence),
    staleTime: 30_000, refetchInterval: 60_000, retry: false,
  });
  const title = looks ? "Next times it looks" : "Next runs";
  if (workflow.state === "off") return <p className={styles.small}>It is switched off: nothing comes round until it is switched on.</p>;
  if (error) return null;
  if (!data) return <Skeleton width="60%" />;
  if (data.error !== "") return <p className={styles.small}>{data.error}</p>;
  if (data.times.length === 0) return <p className={styles.small}>It does not come round any more.</p>;
  // Counted from a moment that the text does not have: times would be guessed.
  if (data.counted) return <p className={styles.small}>Counted from the moment it is published or switched on.</p>;
  return (
    <>
      <h3>{workflow.state === "draft" ? `${title}, once it is published` : title}</h3>
      <ol className={styles.times} aria-label={title}>
        {data.times.slice(0, 5).map((time) => (
          <li key={time}>
            <Time iso={time} absolute />
          </li>
        ))}
      </ol>
    </>
  );
}
