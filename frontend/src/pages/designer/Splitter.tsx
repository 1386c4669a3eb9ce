import { useState } from "react";
import styles from "./designer.module.css";

export function useStoredSize(key: string, initial: number, least: number, most: number): [number, (value: number) => void] {
  const [value, setValue] = useState(() => {
    const stored = Number(localStorage.getItem(key));
    return stored >= least && stored <= most ? stored : initial;
  });
  return [value, (next) => {
    const kept = Math.round(Math.max(least, Math.min(most, next)));
    setValue(kept);
    localStorage.setItem(key, String(kept));
  }];
}

interface SplitterProps {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
  /** 1: what is left of it grows to the right; -1: what is right of it grows to the left. */
  readonly sign: 1 | -1;
  /** Between what is above and what is below it. */
  readonly across?: boolean | undefined;
}

/** The line between two columns, or two rows: drag it, or arrow keys. */
export function Splitter({ label, value, onChange, sign, across = false }: SplitterProps) {
  return (
    <div
      className={styles.splitter}
      role="separator"
      aria-orientation={across ? "horizontal" : "vertical"}
      aria-label={label}
      aria-valuenow={value}
      tabIndex={0}
      onPointerDown={(event) => {
        const element = event.currentTarget;
        const at = (one: { clientX: number; clientY: number }): number => (across ? one.clientY : one.clientX);
        const start = at(event);
        element.setPointerCapture(event.pointerId);
        element.onpointermove = (moved) => onChange(value + (at(moved) - start) * sign);
        element.onpointerup = () => {
          element.onpointermove = null;
        };
      }}
      onKeyDown={(event) => {
        const step = event.key === (across ? "ArrowDown" : "ArrowRight") ? 16 : event.key === (across ? "ArrowUp" : "ArrowLeft") ? -16 : 0;
        if (step !== 0) onChange(value + step * sign);
      }}
    />
  );
}
