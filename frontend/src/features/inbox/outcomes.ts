import type { ArrivalState } from "../../api/inbox";

/** Every end of an arrival in words, and the status whose colour and icon it shares. */
const looks: Record<ArrivalState, { readonly word: string; readonly status: string }> = {
  new: { word: "Waiting for its turn", status: "Waiting" },
  started: { word: "Started a run", status: "Succeeded" },
  split: { word: "Split into several runs", status: "Succeeded" },
  batched: { word: "Waits in a batch", status: "Waiting" },
  subscribed: { word: "Subscribed", status: "Succeeded" },
  unsubscribed: { word: "Unsubscribed", status: "Succeeded" },
  deduplicated: { word: "Seen before", status: "Skipped" },
  filtered: { word: "Stopped by a condition", status: "Skipped" },
  skipped: { word: "Another run was active", status: "Skipped" },
  rejected: { word: "Could not start", status: "Failed" },
  quarantined: { word: "Failed repeatedly", status: "Failed" },
  cancelled: { word: "Cancelled while it waited", status: "Cancelled" },
};

export const outcomeLook = (state: ArrivalState) => looks[state];

const kinds: Record<string, string> = {
  callback: "Callback URL",
  webhook: "Webhook",
  schedule: "Schedule",
  poll: "Poll",
  manual: "Run now",
  resubmit: "Sent again",
  child: "Another workflow",
  release: "Batch",
};

export const kindWord = (kind: string) => kinds[kind] ?? kind;

/** What can be asked for; several outcomes that a reader takes for one stand together. */
export const outcomeFilters = [
  { value: "started,split", label: "Started runs" },
  { value: "new,batched", label: "Waiting" },
  { value: "filtered,skipped,deduplicated,cancelled", label: "Started nothing" },
  { value: "rejected,quarantined", label: "Failed" },
] as const;
