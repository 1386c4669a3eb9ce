import { IconLock, IconMapQuestion } from "@tabler/icons-react";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { asProblem } from "../api/problem";
import { AnchorButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorPanel } from "../ui/ErrorPanel";
import { SkeletonRows } from "../ui/Skeletons";
import styles from "./messages.module.css";

export function PagePending() {
  return (
    <div className={styles.page}>
      <SkeletonRows rows={6} />
    </div>
  );
}

export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const problem = asProblem(error);
  return (
    <div className={`${styles.page} ${styles.center}`}>
      <ErrorPanel
        error={problem.code === "PageError" ? { title: problem.title, detail: problem.detail } : problem}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </div>
  );
}

export function PageNotFound() {
  return <Nothing icon={<IconMapQuestion size={24} />} title="There is nothing at this address" text="The link may be old or mistyped." />;
}

/** Another tenant's address and one that never existed look the same: it must not be told whether a thing exists. */
export function NoAccess() {
  return (
    <Nothing
      icon={<IconLock size={24} />}
      title="You have no access to this organisation"
      text="Ask one of its administrators for an invitation, or choose another of your organisations."
    />
  );
}

function Nothing({ icon, title, text }: { readonly icon: ReactNode; readonly title: string; readonly text: string }) {
  return (
    <div className={`${styles.page} ${styles.center}`}>
      <title>Not found · Millrace</title>
      <EmptyState
        icon={icon}
        title={title}
        text={text}
        primary={
          <AnchorButton variant="primary" href="/">
            Go to your workflows
          </AnchorButton>
        }
      />
    </div>
  );
}
