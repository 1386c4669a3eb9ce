import { useState } from "react";
import { asProblem } from "../../api/problem";
import { useChangeWorkflowLimits, type WorkflowLimits } from "../../api/settings";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { toast } from "../../ui/toasts";
import { LimitField } from "./LimitField";
import { MOST_RUNS } from "./LimitsForm";
import styles from "./settings.module.css";

interface RunsFormProps {
  readonly tenant: string;
  readonly workflow: string;
  readonly limits: WorkflowLimits;
}

/** How many runs of one workflow may be active together. */
export function RunsForm({ tenant, workflow, limits }: RunsFormProps) {
  const [runs, setRuns] = useState(limits.runsAtOnce);
  const save = useChangeWorkflowLimits(tenant, workflow);
  const problem = save.error ? asProblem(save.error) : null;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(runs, { onSuccess: () => toast.success("The limit is saved. It holds within two seconds.") });
      }}
    >
      {problem && !problem.field("runsAtOnce") && <Banner tone="error" live>{problem.message}</Banner>}
      <LimitField
        label="Its runs active at once"
        value={runs}
        onChange={setRuns}
        inherited="Any number"
        own="No more than"
        unit="runs of this workflow"
        start={10}
        most={MOST_RUNS}
        error={problem?.field("runsAtOnce")}
      />
      <p className={styles.note}>{`Now ${limits.active.toLocaleString("en")} active and ${limits.waiting.toLocaleString("en")} waiting. A limit of the trigger in the definition holds beside this one.`}</p>
      <div className={styles.actions}>
        <Button type="submit" variant="primary" disabled={runs === limits.runsAtOnce} busy={save.isPending}>Save limit of this workflow</Button>
      </div>
    </form>
  );
}
