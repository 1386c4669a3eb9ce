import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../ui/Button";
import { Drawer } from "../../ui/Drawer";
import { titleOf } from "../../workflow/draft";
import { groupedProblems, type ListedProblem } from "./grouping";
import styles from "./problems.module.css";

export interface ProblemsDrawerProps {
  readonly head: ReactNode;
  readonly problems: readonly ListedProblem[];
  /** The draft has changes the server has not looked at yet. */
  readonly checking: boolean;
  readonly current: ListedProblem | null;
  /** What mends all of these at once, where something does. */
  readonly remedyOf: (problems: readonly ListedProblem[]) => Remedy | null;
  readonly onGo: (problem: ListedProblem) => void;
  readonly onClose: () => void;
}

export interface Remedy {
  readonly label: string;
  readonly onClick: () => void;
}

const ICONS = { error: IconCircleX, warning: IconAlertTriangle, info: IconInfoCircle };

/** What the server finds wrong, worst first; a click leads to the field. */
export function ProblemsDrawer({ head, problems, checking, current, remedyOf, onGo, onClose }: ProblemsDrawerProps) {
  return (
    <Drawer label="Problems" head={head} said={checking ? "Checking…" : summary(problems)} keys="Ctrl+J" onClose={onClose}>
      {problems.length === 0 ? (
        <div className={styles.none}>
          <IconCircleCheck size={18} aria-hidden /> Nothing stands in the way of publishing.
        </div>
      ) : (
        <ul className={styles.list}>
          {groupedProblems(problems).map((group) => (
            <Group key={group[0].pointer + group[0].code + group[0].message} group={group} current={current} remedy={remedyOf(group)} onGo={onGo} />
          ))}
        </ul>
      )}
    </Drawer>
  );
}

interface GroupProps {
  /** Problems that differ only in the action they stand at. */
  readonly group: readonly [ListedProblem, ...ListedProblem[]];
  readonly current: ListedProblem | null;
  readonly remedy: Remedy | null;
  readonly onGo: (problem: ListedProblem) => void;
}

const SHOWN = 4;

function Group({ group, current, remedy, onGo }: GroupProps) {
  const [open, setOpen] = useState(false);
  const [first, ...others] = group;
  const Icon = ICONS[first.severity];
  const hidden = others.length - SHOWN;
  return (
    <li>
      <button type="button" className={styles.row} aria-current={first === current || undefined} onClick={() => onGo(first)}>
        <Icon size={16} data-severity={first.severity} aria-label={first.severity} />
        <span className={styles.message}>{first.message}</span>
        {first.action !== null && <span className={styles.action}>{titleOf(first.action)}</span>}
      </button>
      {remedy && (
        <div className={styles.remedy}>
          <Button size="small" onClick={remedy.onClick}>
            {remedy.label}
          </Button>
        </div>
      )}
      {others.length > 0 && (
        <div className={styles.others}>
          <span>The same at</span>
          {(open || hidden <= 1 ? others : others.slice(0, SHOWN)).map((problem) => (
            <button key={problem.pointer} type="button" aria-current={problem === current || undefined} onClick={() => onGo(problem)}>
              {titleOf(problem.action ?? problem.pointer)}
            </button>
          ))}
          {!open && hidden > 1 && (
            <button type="button" onClick={() => setOpen(true)}>
              {`and ${String(hidden)} more…`}
            </button>
          )}
        </div>
      )}
    </li>
  );
}

function summary(problems: readonly ListedProblem[]): string {
  const errors = problems.filter((one) => one.severity === "error").length;
  const warnings = problems.filter((one) => one.severity === "warning").length;
  const parts = [errors > 0 ? `${String(errors)} ${errors === 1 ? "error" : "errors"}` : "", warnings > 0 ? `${String(warnings)} ${warnings === 1 ? "warning" : "warnings"}` : ""];
  return parts.filter((part) => part !== "").join(", ");
}
