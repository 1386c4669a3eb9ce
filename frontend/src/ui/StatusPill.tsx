import { IconRepeat } from "@tabler/icons-react";
import { Duration } from "./Duration";
import styles from "./StatusPill.module.css";
import { statusLook } from "./statuses";

export interface StatusPillProps {
  readonly status: string;
  /** Milliseconds; shown after the word. */
  readonly duration?: number | undefined;
  /** More than zero adds the retry mark and says how many. */
  readonly retries?: number | undefined;
  /** Icon only; the word stays for screen readers. */
  readonly compact?: boolean | undefined;
}

/** A status as icon, word and colour: never colour alone. */
export function StatusPill({ status, duration, retries = 0, compact }: StatusPillProps) {
  const look = statusLook(status);
  const Icon = look.icon;
  const retried = retries > 0 ? `, ${retries} ${retries === 1 ? "retry" : "retries"}` : "";
  return (
    <span
      className={`${styles.pill} ${styles[look.tone]}`}
      data-status={status}
      data-compact={compact || undefined}
      title={compact || retried ? `${look.word}${retried}` : undefined}
    >
      <Icon size={14} stroke={2} {...(look.tone === "running" ? { className: styles.spin ?? "" } : {})} aria-hidden />
      {compact ? <span className="mr-visually-hidden">{look.word}</span> : look.word}
      {!compact && duration !== undefined && (
        <span className={styles.duration}>
          <Duration ms={duration} />
        </span>
      )}
      {retries > 0 && <IconRepeat size={13} aria-hidden />}
      {retried && <span className="mr-visually-hidden">{retried}</span>}
    </span>
  );
}
