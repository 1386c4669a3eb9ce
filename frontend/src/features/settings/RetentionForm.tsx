import { useState } from "react";
import { asProblem } from "../../api/problem";
import { type KeptRuns, type Retention, useChangeRetention } from "../../api/settings";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { toast } from "../../ui/toasts";
import { LimitField } from "./LimitField";
import styles from "./settings.module.css";

interface RetentionFormProps {
  readonly tenant: string;
  readonly workflow?: string | undefined;
  readonly retention: Retention;
  /** Who says what is inherited: "the installation", "the organisation". */
  readonly above: string;
}

const days = (count: number | null): string => (count ? `${count.toLocaleString("en")} ${count === 1 ? "day" : "days"}` : "for ever");
const runs = (count: number | null): string => (count ? `the newest ${count.toLocaleString("en")}` : "all of them");

/** How long finished runs stay, and how many of a workflow. */
export function RetentionForm({ tenant, workflow, retention, above }: RetentionFormProps) {
  const [given, setGiven] = useState<KeptRuns>(retention.own);
  const save = useChangeRetention(tenant, workflow);
  const problem = save.error ? asProblem(save.error) : null;
  const same = given.days === retention.own.days && given.runs === retention.own.runs;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(given, { onSuccess: () => toast.success("Retention is saved. It holds from the next round, within ten minutes.") });
      }}
    >
      {problem && Object.keys(problem.fieldErrors).length === 0 && <Banner tone="error" live>{problem.message}</Banner>}
      <LimitField
        label="Finished runs stay"
        value={given.days}
        onChange={(value) => setGiven({ ...given, days: value })}
        inherited={`As ${above} says: ${days(retention.inherited.days)}`}
        none="For ever"
        own="A number of days"
        unit="days after their end"
        start={retention.inherited.days || 30}
        most={36_500}
        error={problem?.field("days")}
      />
      <LimitField
        label="Of each workflow"
        value={given.runs}
        onChange={(value) => setGiven({ ...given, runs: value })}
        inherited={`As ${above} says: ${runs(retention.inherited.runs)}`}
        none="All of them"
        own="The newest ones only"
        unit="newest runs"
        start={retention.inherited.runs || 1000}
        most={100_000_000}
        error={problem?.field("runs")}
      />
      <div className={styles.actions}>
        <Button type="submit" variant="primary" disabled={same} busy={save.isPending}>{workflow === undefined ? "Save retention" : "Save for this workflow"}</Button>
      </div>
    </form>
  );
}
