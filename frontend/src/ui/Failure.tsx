import { IconLock, IconMapQuestion } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { EmptyState } from "./EmptyState";
import { type ErrorFacts, ErrorPanel } from "./ErrorPanel";

export interface FailureProps {
  readonly error: ErrorFacts;
  readonly onRetry: () => void;
  /** Where to go instead when this cannot be had: a link. */
  readonly wayOut?: ReactNode;
}

/** Nothing could be shown, and why: forbidden, gone, or an error that may pass when it is tried again. */
export function Failure({ error, onRetry, wayOut }: FailureProps) {
  if (error.status === 403) {
    return (
      <EmptyState
        icon={<IconLock size={24} />}
        title="You may not see this"
        text={error.detail ?? "Ask an administrator of your organisation for the permission."}
        primary={wayOut}
      />
    );
  }
  if (error.status === 404) {
    return <EmptyState icon={<IconMapQuestion size={24} />} title="It is not here" text="It was deleted, or the address is mistyped." primary={wayOut} />;
  }
  return (
    <ErrorPanel error={error} onRetry={onRetry}>
      {wayOut}
    </ErrorPanel>
  );
}
