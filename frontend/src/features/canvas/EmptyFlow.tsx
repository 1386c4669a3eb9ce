import { IconClipboardText, IconSearch } from "@tabler/icons-react";
import { useRef } from "react";
import { Button } from "../../ui/Button";
import { Skeleton } from "../../ui/Skeletons";
import { Tile } from "../../ui/Tile";
import type { OperationEntry } from "../../workflow/catalogue";
import { lookOfOperation } from "../../workflow/looks";
import styles from "./empty.module.css";

export interface EmptyFlowProps {
  readonly operations: readonly OperationEntry[] | null;
  readonly readOnly: boolean;
  readonly onChoose: (operation: OperationEntry) => void;
  readonly onBrowse: (element: Element) => void;
  readonly onPaste: () => void;
}

const ORDER = ["request", "recurrence", "http", "slidingwindow"];
const PLAIN: Readonly<Record<string, readonly [string, string]>> = {
  request: ["When it is called", "A web request to its own address starts the workflow"],
  recurrence: ["On a schedule", "Every few minutes, every weekday at 8, once a month"],
  http: ["When an address answers", "Asks an HTTP address again and again"],
};

/** A new workflow: what shall start it? */
export function EmptyFlow({ operations, readOnly, onChoose, onBrowse, onPaste }: EmptyFlowProps) {
  const browse = useRef<HTMLButtonElement>(null);
  const rank = (operation: OperationEntry): number => {
    const at = ORDER.indexOf(operation.wdlType.toLowerCase());
    return at < 0 ? 9 : at;
  };
  const triggers = (operations ?? []).filter((operation) => operation.kind === "trigger").sort((one, other) => rank(one) - rank(other)).slice(0, 4);
  return (
    <div className={styles.layer}>
      <section className={styles.box} aria-label="Choose a trigger">
        <h2>What starts this workflow?</h2>
        <p>Every workflow begins with a trigger. You can change it later.</p>
        {operations === null && (
          <div className={styles.tiles} role="status" aria-label="Loading the triggers">
            {[0, 1, 2, 3].map((tile) => (
              <Skeleton key={tile} height={70} />
            ))}
          </div>
        )}
        <div className={styles.tiles}>
          {triggers.map((operation) => {
            const words = PLAIN[operation.wdlType.toLowerCase()];
            return (
              <button key={operation.id} type="button" className={styles.tile} disabled={readOnly} onClick={() => onChoose(operation)}>
                <Tile {...lookOfOperation(operation)} size={36} />
                <span>
                  <strong>{words?.[0] ?? operation.title}</strong>
                  <small>{words?.[1] ?? operation.description}</small>
                </span>
              </button>
            );
          })}
        </div>
        <div className={styles.more}>
          <Button ref={browse} icon={<IconSearch size={16} />} disabled={readOnly} onClick={() => browse.current && onBrowse(browse.current)}>
            All triggers
          </Button>
          <Button variant="quiet" icon={<IconClipboardText size={16} />} disabled={readOnly} onClick={onPaste}>
            Paste a definition
          </Button>
        </div>
      </section>
    </div>
  );
}
