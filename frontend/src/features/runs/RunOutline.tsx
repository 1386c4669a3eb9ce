import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import type { RunActionState } from "../../api/types";
import { StatusPill } from "../../ui/StatusPill";
import type { Graph } from "../../workflow/graph";
import { rowsOf } from "./rows";
import styles from "./RunOutline.module.css";
import { durationOf } from "./runState";

export interface RunOutlineProps {
  readonly graph: Graph;
  readonly statuses: Readonly<Record<string, RunActionState>>;
  readonly selected: string | null;
  readonly onSelect: (name: string) => void;
}

/** The run as a tree in the order of the flow: everything the canvas shows, for keyboard and screen reader. */
export function RunOutline({ graph, statuses, selected, onSelect }: RunOutlineProps) {
  const rows = useMemo(() => rowsOf(graph), [graph]);
  const [active, setActive] = useState(0);
  const tree = useRef<HTMLDivElement>(null);
  const at = Math.min(active, rows.length - 1);
  useEffect(() => {
    tree.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const move = (index: number, step: number) => {
    let target = Math.max(0, Math.min(rows.length - 1, index));
    while (rows[target]?.action === null && rows[target + step]) target += step;
    setActive(target);
    tree.current?.children[target]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    if (event.key === "ArrowDown") move(at + 1, 1);
    else if (event.key === "ArrowUp") move(at - 1, -1);
    else if (event.key === "Home") move(0, 1);
    else if (event.key === "End") move(rows.length - 1, -1);
    else if ((event.key === "Enter" || event.key === " ") && row?.action) onSelect(row.action.name);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={tree}
      className={styles.tree}
      role="tree"
      aria-label="Actions of this run"
      tabIndex={0}
      aria-activedescendant={`run-outline-${at}`}
      onKeyDown={onKeyDown}
    >
      {rows.map(({ action, title, level }, index) => {
        const state = action ? statuses[action.name] : undefined;
        return (
          <div
            key={index}
            id={`run-outline-${index}`}
            role="treeitem"
            className={styles.row}
            aria-level={level}
            aria-selected={action !== null && action.name === selected}
            data-active={index === at || undefined}
            style={{ paddingLeft: 8 + (level - 1) * 20 }}
            onClick={() => {
              setActive(index);
              if (action) onSelect(action.name);
            }}
          >
            <span className={action ? styles.name : styles.branch}>{title}</span>
            {state?.repetitions && (
              <span className={styles.counts}>
                {state.repetitions.total.toLocaleString("en")} turns
                {state.repetitions.failed > 0 && `, ${state.repetitions.failed.toLocaleString("en")} failed`}
              </span>
            )}
            {action &&
              !action.trigger &&
              (state ? (
                <StatusPill status={state.status} duration={durationOf(state)} retries={Math.max(0, state.tries - 1)} />
              ) : (
                <span className={styles.later}>Not started</span>
              ))}
          </div>
        );
      })}
    </div>
  );
}
