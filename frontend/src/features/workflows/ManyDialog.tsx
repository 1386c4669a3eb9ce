import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { type useManyWorkflows, WORKFLOWS_AT_ONCE } from "../../api/workflows";
import { Banner } from "../../ui/Banner";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toasts";
import { calledWords, counted, eligible, leftWords, type ManyCommand } from "./chosen";
import styles from "./ChosenWorkflows.module.css";
import { Outcomes, refusedOf } from "./Outcomes";

interface ManyDialogProps {
  readonly command: ManyCommand;
  readonly workflows: readonly WorkflowItem[];
  readonly many: ReturnType<typeof useManyWorkflows>;
  readonly onClose: () => void;
}

const words: Readonly<Record<ManyCommand, { readonly verb: string; readonly done: string; readonly what: string }>> = {
  enable: { verb: "Turn on", done: "turned on", what: "Their triggers start runs again, and schedules count from now." },
  disable: { verb: "Turn off", done: "turned off", what: "Nothing starts them until they are turned on again. Runs that are under way go on to their end." },
  delete: { verb: "Delete", done: "deleted", what: "Their drafts, all their versions and their callback URLs go with them. Runs that are under way go on to their end. This cannot be undone." },
};

/** Who is meant and who is not, before anything happens; what became of each, after. */
export function ManyDialog({ command, workflows, many, onClose }: ManyDialogProps) {
  const { verb, done, what } = words[command];
  const { able: all, left } = eligible(command, workflows);
  const able = all.slice(0, WORKFLOWS_AT_ONCE);
  const refused = refusedOf(many.data, workflows);
  if (many.data && refused.length > 0) {
    return <Outcomes title={`${counted(many.data.items.length - refused.length)} ${done}, ${String(refused.length)} not`} refused={refused} onClose={onClose} />;
  }
  const phrase = `${verb.toLowerCase()} ${counted(able.length)}`;
  return (
    <ConfirmDialog
      open
      title={`${verb} ${counted(able.length)}?`}
      confirmLabel={`${verb} ${counted(able.length)}`}
      danger={command === "delete"}
      typeToConfirm={command === "delete" ? phrase : undefined}
      busy={many.isPending}
      onClose={onClose}
      onConfirm={() =>
        many.mutate(
          { kind: command, ids: able.map(({ id }) => id) },
          {
            onSuccess: (told) => {
              if (refusedOf(told, workflows).length > 0) return;
              toast.success(`${counted(told.items.length)} ${told.items.length === 1 ? "was" : "were"} ${done}.`);
              onClose();
            },
          },
        )
      }
    >
      {many.error && (
        <div style={{ marginBottom: 12 }}>
          <Banner tone="error" live>
            {asProblem(many.error).message}
          </Banner>
        </div>
      )}
      {what}
      <ul className={styles.names} aria-label="Workflows" tabIndex={0}>
        {able.map(({ id, name }) => (
          <li key={id}>{name}</li>
        ))}
      </ul>
      {command !== "enable" && calledWords(able) !== "" && <p className={styles.note}>{calledWords(able)}</p>}
      {left.length > 0 && <p className={styles.note}>{leftWords(left)}</p>}
      {all.length > able.length && <p className={styles.note}>{`Of those selected, the first ${String(WORKFLOWS_AT_ONCE)} are taken.`}</p>}
    </ConfirmDialog>
  );
}
