import type { ReactNode } from "react";
import styles from "./Page.module.css";

export interface PageProps {
  readonly title: string;
  /** Goes before " · Millrace" in the tab's title; the page title unless given. */
  readonly documentTitle?: string | undefined;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly narrow?: boolean | undefined;
  readonly children: ReactNode;
}

/** Heading, actions at its right, content below: the frame of every page that scrolls. */
export function Page({ title, documentTitle = title, lead, actions, narrow, children }: PageProps) {
  return (
    <div className={styles.page} data-width={narrow ? "narrow" : undefined}>
      <title>{`${documentTitle} · Millrace`}</title>
      <div className={styles.head}>
        <div className={styles.title}>
          <h1>{title}</h1>
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions}
      </div>
      {children}
    </div>
  );
}
