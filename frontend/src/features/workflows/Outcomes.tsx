import type { WorkflowItem } from "../../api/types";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import styles from "./ChosenWorkflows.module.css";

export interface Refused {
  readonly id: string;
  readonly name: string;
  readonly problem: string;
}

interface Told {
  readonly items: readonly { readonly workflow: string; readonly problem: string | null }[];
}

/** Those of several with which nothing was done, and why. */
export function refusedOf(told: Told | undefined, workflows: readonly WorkflowItem[]): Refused[] {
  return (told?.items ?? []).flatMap(({ workflow, problem }) => (problem === null ? [] : [{ id: workflow, name: workflows.find(({ id }) => id === workflow)?.name ?? workflow, problem }]));
}

interface OutcomesProps {
  readonly title: string;
  readonly refused: readonly Refused[];
  readonly onClose: () => void;
}

/** Shown where not everything came about; the rest is done and stays done. */
export function Outcomes({ title, refused, onClose }: OutcomesProps) {
  return (
    <Dialog open title={title} onClose={onClose} width={480}>
      <p>With these nothing was done; the others are done.</p>
      <ul className={styles.names} aria-label="With these nothing was done" tabIndex={0}>
        {refused.map(({ id, name, problem }) => (
          <li key={id}>
            <strong>{name}</strong>: {problem}
          </li>
        ))}
      </ul>
      <DialogFooter>
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
