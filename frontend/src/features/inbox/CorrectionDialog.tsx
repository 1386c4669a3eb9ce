import { useRedrive } from "../../api/inbox";
import { asProblem } from "../../api/problem";
import { BodyForm, bodyOf } from "../../ui/BodyForm";
import { Dialog } from "../../ui/Dialog";
import type { JsonNode } from "../../ui/jsonTree";
import { parse } from "../../workflow/document";

export interface CorrectionDialogProps {
  readonly tenant: string;
  readonly id: string;
  readonly arrival: JsonNode;
  readonly onStarted: (run: string) => void;
  readonly onClose: () => void;
}

/** Sends an arrival through again with another body; what arrived stays as it came. */
export default function CorrectionDialog({ tenant, id, arrival, onStarted, onClose }: CorrectionDialogProps) {
  const redrive = useRedrive(tenant);
  return (
    <Dialog open title="Send it through with another body" width={660} onClose={onClose}>
      <BodyForm
        given={bodyOf(arrival)}
        help="What arrived is kept as it came. Headers and queries go through as they were, to the published version."
        parse={parse}
        word="Send this body through"
        problem={redrive.error ? asProblem(redrive.error).message : null}
        busy={redrive.isPending}
        onStart={(body) => redrive.mutate({ id, body }, { onSuccess: ({ runId }) => onStarted(runId) })}
        onClose={onClose}
      />
    </Dialog>
  );
}
