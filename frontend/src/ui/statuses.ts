import {
  IconCheck,
  IconCircleMinus,
  IconClockExclamation,
  IconHourglass,
  IconLoader2,
  IconPinned,
  IconPlayerStop,
  IconX,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

/** The status words of runs and actions; anything else is shown as it is, in the colours of Skipped. */
export type Status =
  | "Waiting"
  | "Running"
  | "Succeeded"
  | "Failed"
  | "Skipped"
  | "TimedOut"
  | "Cancelled"
  | "Suspended"
  | "Aborted"
  | "Ignored"
  | "Static";

export interface StatusLook {
  readonly word: string;
  /** Names the colour pair: `var(--mr-<tone>-fg)` on `var(--mr-<tone>-bg)`. */
  readonly tone: "running" | "waiting" | "succeeded" | "failed" | "timedout" | "cancelled" | "skipped" | "static";
  readonly icon: ComponentType<{ size?: number | string; className?: string; stroke?: number | string }>;
}

const looks: Readonly<Record<Status, StatusLook>> = {
  Waiting: { word: "Waiting", tone: "waiting", icon: IconHourglass },
  Running: { word: "Running", tone: "running", icon: IconLoader2 },
  Succeeded: { word: "Succeeded", tone: "succeeded", icon: IconCheck },
  Failed: { word: "Failed", tone: "failed", icon: IconX },
  Skipped: { word: "Skipped", tone: "skipped", icon: IconCircleMinus },
  TimedOut: { word: "Timed out", tone: "timedout", icon: IconClockExclamation },
  Cancelled: { word: "Cancelled", tone: "cancelled", icon: IconPlayerStop },
  Suspended: { word: "Suspended", tone: "waiting", icon: IconHourglass },
  Aborted: { word: "Aborted", tone: "cancelled", icon: IconPlayerStop },
  Ignored: { word: "Ignored", tone: "skipped", icon: IconCircleMinus },
  Static: { word: "Pinned", tone: "static", icon: IconPinned },
};

export function isStatus(text: string): text is Status {
  return text in looks;
}

export function statusLook(status: string): StatusLook {
  return isStatus(status) ? looks[status] : { word: status, tone: "skipped", icon: IconCircleMinus };
}

/** True where nothing more will happen. */
export function isFinal(status: string): boolean {
  return !["Waiting", "Running", "Suspended"].includes(status);
}
