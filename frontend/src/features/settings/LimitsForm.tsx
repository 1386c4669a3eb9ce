import { useState } from "react";
import { asProblem } from "../../api/problem";
import { type Settings, useChangeSettings } from "../../api/settings";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { toast } from "../../ui/toasts";
import { LimitField } from "./LimitField";
import { inWords, MB } from "./sizes";
import styles from "./settings.module.css";

export const MOST_RUNS = 10_000;

/** How much a caller may send, and how much may go on at a time. */
export function LimitsForm({ tenant, settings }: { readonly tenant: string; readonly settings: Settings }) {
  const { own, inherited } = settings.bodyLimit;
  const [limit, setLimit] = useState(own === null ? null : own / MB);
  const [runs, setRuns] = useState(settings.runsAtOnce);
  const save = useChangeSettings(tenant);
  const problem = save.error ? asProblem(save.error) : null;
  const bytes = limit === null ? null : Math.round(limit * MB);
  const same = bytes === own && runs === settings.runsAtOnce;
  const elsewhere = problem && !problem.field("bodyLimit") && !problem.field("runsAtOnce");
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        const body = { ...(bytes !== own && { bodyLimit: bytes }), ...(runs !== settings.runsAtOnce && { runsAtOnce: runs }) };
        save.mutate(body, { onSuccess: () => toast.success("The limits are saved. They hold for the next call and the next run.") });
      }}
    >
      {elsewhere && <Banner tone="error" live>{problem.message}</Banner>}
      <LimitField
        label="Runs active at once"
        value={runs}
        onChange={setRuns}
        inherited="Any number"
        own="No more than"
        unit="runs of all workflows together"
        start={100}
        most={MOST_RUNS}
        error={problem?.field("runsAtOnce")}
      />
      <p className={styles.note}>Further runs wait, the oldest first, and are shown as Waiting. A workflow that another run calls begins all the same: its caller holds the place.</p>
      <LimitField
        label="The body of a call may have"
        value={limit}
        onChange={setLimit}
        inherited={`As much as the installation allows: ${inWords(inherited)}`}
        own="Less than that"
        unit="MB"
        start={Math.min(1, inherited / MB)}
        most={inherited / MB}
        decimals
        error={problem?.field("bodyLimit")}
      />
      <p className={styles.note}>A caller who sends more is answered 413 before the rest is read.</p>
      <div className={styles.actions}>
        <Button type="submit" variant="primary" disabled={same} busy={save.isPending}>Save limits</Button>
      </div>
    </form>
  );
}
