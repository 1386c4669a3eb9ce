import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import styles from "./Banner.module.css";

const icons = { info: IconInfoCircle, warning: IconAlertTriangle, error: IconCircleX, success: IconCircleCheck };

export interface BannerProps {
  readonly tone: keyof typeof icons;
  readonly children: ReactNode;
  readonly action?: ReactNode;
  /** Errors interrupt a screen reader, the others wait. */
  readonly live?: boolean | undefined;
}

/** A sentence that stays in the page, with at most one remedy. */
export function Banner({ tone, children, action, live }: BannerProps) {
  const Icon = icons[tone];
  return (
    <div className={`${styles.banner} ${styles[tone]}`} role={live ? (tone === "error" ? "alert" : "status") : undefined}>
      <Icon size={16} aria-hidden />
      <div className={styles.text}>{children}</div>
      {action}
    </div>
  );
}
