import { useQuery } from "@tanstack/react-query";
import { asProblem } from "../../api/problem";
import { triggerDetailQuery, useRunCommands } from "../../api/runs";
import type { RunDetail } from "../../api/types";
import { DataView } from "../../ui/DataView";
import { BodyForm, bodyOf, type GivenBody } from "../../ui/BodyForm";
import { Dialog } from "../../ui/Dialog";
import { readJson } from "../../ui/jsonTree";
import { SkeletonLines } from "../../ui/Skeletons";
import { parse } from "../../workflow/document";

export interface ResubmitDialogProps {
  readonly tenant: string;
  readonly run: RunDetail;
  readonly onStarted: (run: string) => void;
  readonly onClose: () => void;
}

/** Starts the workflow once more as this run was started, with another body. */
export default function ResubmitDialog(props: ResubmitDialogProps) {
  const query = useQuery({ ...triggerDetailQuery(props.tenant, props.run.id), select: (text) => bodyOf(readJson(text)) });
  const given = query.data;
  return (
    <Dialog open title="Run again with other data" width={660} onClose={props.onClose}>
      {given === undefined ? (
        <DataView
          loading={query.isPending}
          error={query.error ? asProblem(query.error) : null}
          hasData={false}
          onRetry={() => void query.refetch()}
          skeleton={<SkeletonLines lines={6} />}
        >
          {null}
        </DataView>
      ) : (
        <Form {...props} given={given} />
      )}
    </Dialog>
  );
}

function Form({ tenant, run, given, onStarted, onClose }: ResubmitDialogProps & { readonly given: GivenBody }) {
  const { resubmit } = useRunCommands(tenant);
  return (
    <BodyForm
      given={given}
      help="Headers and queries stay as they were. The published version runs."
      parse={parse}
      word="Run with this data"
      problem={resubmit.error ? asProblem(resubmit.error).message : null}
      busy={resubmit.isPending}
      onStart={(body) => resubmit.mutate({ id: run.id, body }, { onSuccess: ({ runId }) => onStarted(runId) })}
      onClose={onClose}
    />
  );
}
