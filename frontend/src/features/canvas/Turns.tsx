import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { titleOf } from "../../workflow/draft";
import { useCanvas } from "./CanvasContext";
import styles from "./canvas.module.css";

/** Which turn of a loop the cards inside show. */
export function Turns({ name, x, y }: { readonly name: string; readonly x: number; readonly y: number }) {
  const { turns, onTurn, statuses } = useCanvas();
  const status = statuses?.[name];
  const total = status?.repetitions?.total ?? 0;
  if (total === 0) return null;
  const at = Math.min(turns[name] ?? 0, total - 1);
  const failed = status?.repetitions?.failed ?? 0;
  const go = (turn: number): void => onTurn?.(name, Math.max(0, Math.min(total - 1, turn)));
  return (
    <div className={`nopan ${styles.turns}`} role="group" aria-label={`Iterations of ${titleOf(name)}`} style={{ left: x, top: y }}>
      <button type="button" aria-label="Previous iteration" disabled={at === 0} onClick={() => go(at - 1)}>
        <IconChevronLeft size={14} />
      </button>
      <span>
        {(at + 1).toLocaleString("en")} of {total.toLocaleString("en")}
      </span>
      <button type="button" aria-label="Next iteration" disabled={at >= total - 1} onClick={() => go(at + 1)}>
        <IconChevronRight size={14} />
      </button>
      {failed > 0 && <span className={styles.failed}>{failed.toLocaleString("en")} failed</span>}
    </div>
  );
}
