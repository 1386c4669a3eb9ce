import type { KeyboardEvent, PointerEvent } from "react";
import styles from "./HeatStrip.module.css";
import { statusLook } from "./statuses";

const mostCells = 200;
const worst = ["Failed", "TimedOut", "Running", "Waiting", "Cancelled", "Aborted", "Skipped", "Succeeded"];

export interface HeatStripProps {
  readonly label: string;
  readonly total: number;
  /** Undefined where it is not known (yet): drawn neutral. */
  readonly statusOf: (index: number) => string | undefined;
  readonly selected: number | null;
  readonly onSelect: (index: number) => void;
}

/** One cell per item, or per equal share of them above 200; the worst status of a share colours it. Arrows move by one. */
export function HeatStrip({ label, total, statusOf, selected, onSelect }: HeatStripProps) {
  const cells = Math.min(total, mostCells);
  const first = (cell: number) => Math.floor((cell * total) / cells);
  const pick = (cell: number) => {
    const [from, to] = [first(cell), Math.max(first(cell) + 1, first(cell + 1))];
    let best = from;
    for (let index = from; index < to; index += 1) if (rank(statusOf(index)) < rank(statusOf(best))) best = index;
    return best;
  };
  const fromPointer = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const cell = Math.floor(((event.clientX - box.left) / box.width) * cells);
    onSelect(pick(Math.max(0, Math.min(cells - 1, cell))));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const now = selected ?? -1;
    const moves: Record<string, number> = { ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, Home: 0, End: total - 1 };
    const target = moves[event.key];
    if (target === undefined) return;
    event.preventDefault();
    onSelect(Math.max(0, Math.min(total - 1, target)));
  };
  const status = selected === null ? undefined : statusOf(selected);
  return (
    <div
      className={styles.strip}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={1}
      aria-valuemax={total}
      aria-valuenow={(selected ?? 0) + 1}
      aria-valuetext={selected === null ? "None chosen" : `${selected + 1} of ${total}${status ? `, ${statusLook(status).word}` : ""}`}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        fromPointer(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && fromPointer(event)}
    >
      {Array.from({ length: cells }, (_, cell) => {
        const shown = statusOf(pick(cell));
        const current = selected !== null && selected >= first(cell) && selected < Math.max(first(cell) + 1, first(cell + 1));
        return <span key={cell} className={styles.cell} data-tone={shown && statusLook(shown).tone} data-current={current || undefined} />;
      })}
    </div>
  );
}

function rank(status: string | undefined): number {
  const at = status === undefined ? -1 : worst.indexOf(status);
  return at === -1 ? worst.length : at;
}
