import { IconAlertCircle, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";
import styles from "./ErrorPanel.module.css";

/** What the panel shows of a problem document (RFC 9457); every part but the title may be absent. */
export interface ErrorFacts {
  readonly title: string;
  readonly detail?: string | undefined;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
}

export interface ErrorPanelProps {
  readonly error: ErrorFacts;
  readonly onRetry?: (() => void) | undefined;
  readonly children?: ReactNode;
}

export function ErrorPanel({ error, onRetry, children }: ErrorPanelProps) {
  // Without an answer there is no status, and the sentence says it all.
  const code = error.status === 0 ? "" : [error.status, error.code].filter((part) => part !== undefined && part !== "").join(" ");
  return (
    <div className={styles.panel} role="alert">
      <IconAlertCircle size={20} aria-hidden />
      <div>
        <h3>{error.title}</h3>
        {error.detail && <p className={styles.detail}>{error.detail}</p>}
        {(code || error.requestId) && (
          <div className={styles.facts}>
            {code && <code>{code}</code>}
            {error.requestId && (
              <span className={styles.request}>
                Request <code>{error.requestId}</code>
                <CopyButton value={error.requestId} label="Copy request id" />
              </span>
            )}
          </div>
        )}
        {(onRetry || children) && (
          <div className={styles.actions}>
            {onRetry && (
              <Button size="small" icon={<IconRefresh size={14} />} onClick={onRetry}>
                Try again
              </Button>
            )}
            {children}
          </div>
        )}
      </div>
    </div>
  );
}
