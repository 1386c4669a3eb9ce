import type { ReactNode } from "react";
import styles from "./EmptyState.module.css";

export interface EmptyStateProps {
  /** A 24 px icon. */
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: ReactNode;
  readonly primary?: ReactNode;
  readonly secondary?: ReactNode;
}

/** What this place is, why nothing is in it, and the one thing to do. */
export function EmptyState({ icon, title, text, primary, secondary }: EmptyStateProps) {
  return (
    <div className={styles.root}>
      <span className={styles.icon} aria-hidden>
        {icon}
      </span>
      <h2>{title}</h2>
      <div className={styles.text}>{text}</div>
      {(primary || secondary) && (
        <div className={styles.actions}>
          {primary}
          {secondary}
        </div>
      )}
    </div>
  );
}
