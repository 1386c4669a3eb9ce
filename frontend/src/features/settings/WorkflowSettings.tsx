import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import { retentionQuery, workflowLimitsQuery } from "../../api/settings";
import { useWorkflowChoice } from "../../api/workflowNames";
import { DataView } from "../../ui/DataView";
import { SkeletonRows } from "../../ui/Skeletons";
import { FoundSelect } from "../../ui/FoundSelect";
import { RetentionForm } from "./RetentionForm";
import { RunsForm } from "./RunsForm";

/** What one workflow at a time does otherwise than the organisation. */
export function WorkflowSettings({ tenant }: { readonly tenant: string }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const choice = useWorkflowChoice(tenant, chosen ?? "");
  const retention = useQuery({ ...retentionQuery(tenant, chosen ?? undefined), enabled: chosen !== null });
  const limits = useQuery({ ...workflowLimitsQuery(tenant, chosen ?? ""), enabled: chosen !== null });
  const error = retention.error ?? limits.error;
  return (
    <>
      <FoundSelect
        label="Workflow"
        placeholder={choice.none ? "There is no workflow yet" : "Choose a workflow"}
        nothingFoundMessage={choice.loading ? "Looking…" : "No workflow has this in its name"}
        disabled={choice.none}
        found={choice.items.map((one) => ({ value: one.id, label: one.name }))}
        more={choice.more}
        chosen={chosen === null ? null : { value: chosen, label: choice.chosen?.name ?? choice.items.find((one) => one.id === chosen)?.name ?? "" }}
        onTyped={choice.search}
        onChange={setChosen}
      />
      {chosen !== null && (
        <DataView
          loading={retention.isPending || limits.isPending}
          error={error ? asProblem(error) : null}
          hasData={retention.data !== undefined && limits.data !== undefined}
          onRetry={() => void Promise.all([retention.refetch(), limits.refetch()])}
          skeleton={<SkeletonRows rows={2} />}
        >
          {limits.data && <RunsForm key={`${chosen} ${String(limits.data.runsAtOnce)}`} tenant={tenant} workflow={chosen} limits={limits.data} />}
          {retention.data && <RetentionForm key={`${chosen} ${JSON.stringify(retention.data.own)}`} tenant={tenant} workflow={chosen} retention={retention.data} above="the organisation" />}
        </DataView>
      )}
    </>
  );
}
