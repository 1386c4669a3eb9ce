import { IconDownload, IconPlayerPause, IconPlayerPlay, IconTags, IconTrash, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { downloadDefinitions, useManyWorkflows, WORKFLOWS_AT_ONCE } from "../../api/workflows";
import { Button } from "../../ui/Button";
import { IconButton } from "../../ui/IconButton";
import { toast } from "../../ui/toasts";
import { counted, eligible, type ManyCommand } from "./chosen";
import styles from "./ChosenWorkflows.module.css";
import { ManyDialog } from "./ManyDialog";
import { ManyTagsDialog } from "./ManyTagsDialog";

interface ChosenWorkflowsProps {
  readonly tenant: string;
  readonly workflows: readonly WorkflowItem[];
  readonly may: { readonly edit: boolean; readonly enable: boolean; readonly remove: boolean };
  readonly onClear: () => void;
}

/** What can be done with the workflows that are ticked. It floats above the list's end, so that no row moves when it comes. */
export function ChosenWorkflows({ tenant, workflows, may, onClear }: ChosenWorkflowsProps) {
  // Those that were asked about: what is told of them outlives them in the list.
  const [asked, setAsked] = useState<{ readonly command: ManyCommand | "tag"; readonly workflows: readonly WorkflowItem[] } | null>(null);
  const [saving, setSaving] = useState(false);
  const many = useManyWorkflows(tenant);
  const able = (command: ManyCommand) => eligible(command, workflows).able.length;
  const ask = (command: ManyCommand | "tag") => setAsked({ command, workflows });
  const close = () => {
    if (asked?.command === "delete" && many.data) onClear();
    setAsked(null);
    many.reset();
  };
  const save = () => {
    setSaving(true);
    downloadDefinitions(tenant, workflows.map(({ id }) => id))
      .catch((error: unknown) => toast.error(asProblem(error).message, { title: asProblem(error).title }))
      .finally(() => setSaving(false));
  };
  return (
    <>
      {workflows.length > 0 && (
        <div className={styles.bar} role="toolbar" aria-label="Selected workflows">
          <span role="status" className={styles.count}>{`${counted(workflows.length)} selected`}</span>
          {may.enable && (
            <>
              <Button size="small" icon={<IconPlayerPlay size={15} />} disabled={able("enable") === 0} onClick={() => ask("enable")}>
                Turn on ({able("enable")})
              </Button>
              <Button size="small" icon={<IconPlayerPause size={15} />} disabled={able("disable") === 0} onClick={() => ask("disable")}>
                Turn off ({able("disable")})
              </Button>
            </>
          )}
          {may.edit && (
            <Button size="small" icon={<IconTags size={15} />} onClick={() => ask("tag")}>
              Tags…
            </Button>
          )}
          <Button size="small" icon={<IconDownload size={15} />} busy={saving} disabled={workflows.length > WORKFLOWS_AT_ONCE} onClick={save}>
            Export
          </Button>
          {may.remove && (
            <Button size="small" icon={<IconTrash size={15} />} onClick={() => ask("delete")}>
              Delete…
            </Button>
          )}
          <IconButton size="small" label="Clear the selection" keys="Esc" icon={<IconX size={16} />} onClick={onClear} />
        </div>
      )}
      {asked?.command === "tag" && <ManyTagsDialog tenant={tenant} workflows={asked.workflows} many={many} onClose={close} />}
      {asked && asked.command !== "tag" && <ManyDialog command={asked.command} workflows={asked.workflows} many={many} onClose={close} />}
    </>
  );
}
