import { IconArrowNarrowDown, IconTrash } from "@tabler/icons-react";
import { Button } from "../../ui/Button";
import { Checkbox } from "../../ui/Checkbox";
import { Popover } from "../../ui/Popover";
import { titleOf, type Draft } from "../../workflow/draft";
import { find, RUN_AFTER_STATUSES, type RunAfterStatus } from "../../workflow/graph";
import type { Link } from "../../workflow/wiring";
import { runAfterWords, STATUS_WORDS } from "../../workflow/words";
import type { Point } from "./useCardDrag";
import styles from "./canvas.module.css";

export interface LinkEditorProps {
  readonly draft: Draft;
  readonly from: string;
  readonly to: string;
  /** Where it was clicked, in the window. */
  readonly at: Point;
  readonly onLinks: (action: string, links: readonly Link[]) => void;
  readonly onClose: () => void;
}

/** When one action runs after another: in words and as four boxes, beside the line that was clicked. */
export function LinkEditor({ draft, from, to, at, onLinks, onClose }: LinkEditorProps) {
  const action = find(draft.graph, to)?.action;
  const link = action?.runAfter.find((one) => one.name.toLowerCase() === from.toLowerCase());
  if (!action || !link) return null;
  const write = (statuses: readonly RunAfterStatus[]): void => onLinks(action.name, action.runAfter.map((one) => (one === link ? { name: one.name, statuses } : one)));
  const others = action.runAfter.filter((one) => one !== link).map((one) => titleOf(one.name));
  const all = link.statuses.length === RUN_AFTER_STATUSES.length;
  return (
    <Popover opened trapFocus width={300} position="right" onChange={(opened) => !opened && onClose()} target={<div className={styles.anchor} style={{ left: at.x, top: at.y }} />}>
      <div className={styles.linkEditor} role="group" aria-label={`When ${titleOf(to)} runs after ${titleOf(from)}`}>
        <div className={styles.linkEnds}>
          <span>{titleOf(from)}</span>
          <IconArrowNarrowDown size={14} aria-hidden />
          <span>{titleOf(to)}</span>
        </div>
        <p className={styles.linkSentence} aria-live="polite">
          {runAfterWords(action)}.
        </p>
        {RUN_AFTER_STATUSES.map((status) => (
          <Checkbox
            key={status}
            label={`${titleOf(from)} ${STATUS_WORDS[status]}`}
            checked={link.statuses.includes(status)}
            disabled={link.statuses.length === 1 && link.statuses[0] === status}
            onChange={(event) => write(RUN_AFTER_STATUSES.filter((one) => (one === status ? event.currentTarget.checked : link.statuses.includes(one))))}
          />
        ))}
        {others.length > 0 && <p className={styles.linkSentence}>It also waits for {others.join(", ")}.</p>}
        <div className={styles.linkButtons}>
          <Button size="small" onClick={() => write(all ? ["Succeeded"] : RUN_AFTER_STATUSES)}>
            {all ? "Only after success" : "In any case"}
          </Button>
          <Button
            size="small"
            variant="quiet"
            icon={<IconTrash size={14} />}
            title={others.length > 0 ? undefined : `Without it ${titleOf(to)} starts together with the branch`}
            onClick={() => {
              onLinks(action.name, action.runAfter.filter((one) => one !== link));
              onClose();
            }}
          >
            Remove
          </Button>
        </div>
      </div>
    </Popover>
  );
}
