import { useQuery } from "@tanstack/react-query";
import type { WorkflowItem } from "../../api/types";
import { callersQuery } from "../../api/workflows";
import { Banner } from "../../ui/Banner";

const NAMED = 3;

interface CalledWarningProps {
  readonly tenant: string;
  readonly workflow: WorkflowItem;
}

/** Before a workflow goes that others call: which, and what becomes of their calls. Nothing where nobody calls it. */
export function CalledWarning({ tenant, workflow }: CalledWarningProps) {
  const { data } = useQuery({ ...callersQuery(tenant, workflow.id), enabled: workflow.calledBy > 0 });
  if (workflow.calledBy === 0) return null;
  const names = data?.items.slice(0, NAMED).map(({ name }) => name) ?? [];
  const others = workflow.calledBy - names.length;
  const who = names.length === 0 ? "" : `: ${names.join(", ")}${others > 0 ? ` and ${String(others)} more` : ""}`;
  return (
    <div style={{ marginBottom: 12 }}>
      <Banner tone="warning">
        {workflow.calledBy === 1 ? "Another workflow calls it" : `${String(workflow.calledBy)} other workflows call it`}
        {who}. {workflow.calledBy === 1 ? "Its action that does" : "Their actions that do"} so will fail.
      </Banner>
    </div>
  );
}
