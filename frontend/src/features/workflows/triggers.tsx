import { IconBolt, IconCalendarTime, IconPlayerPlay, IconPlugConnected, IconRefresh, IconStack2, IconWebhook } from "@tabler/icons-react";
import type { ReactNode } from "react";

const looks: Readonly<Record<string, readonly [string, ReactNode]>> = {
  request: ["Webhook", <IconWebhook key="i" size={16} />],
  recurrence: ["Schedule", <IconCalendarTime key="i" size={16} />],
  slidingwindow: ["Schedule", <IconCalendarTime key="i" size={16} />],
  httpwebhook: ["Subscription", <IconWebhook key="i" size={16} />],
  apiconnectionwebhook: ["Subscription", <IconWebhook key="i" size={16} />],
  http: ["Polling", <IconRefresh key="i" size={16} />],
  apiconnection: ["Polling", <IconRefresh key="i" size={16} />],
  openapiconnection: ["Polling", <IconRefresh key="i" size={16} />],
  openapiconnectionwebhook: ["Subscription", <IconWebhook key="i" size={16} />],
  openapiconnectionnotification: ["Subscription", <IconWebhook key="i" size={16} />],
  apiconnectionnotification: ["Subscription", <IconWebhook key="i" size={16} />],
  serviceprovider: ["Connector", <IconPlugConnected key="i" size={16} />],
  batch: ["Batch", <IconStack2 key="i" size={16} />],
  manual: ["Manual", <IconPlayerPlay key="i" size={16} />],
};

/** A trigger type in a person's words, with its icon. */
export function triggerLook(type: string | null): readonly [string, ReactNode] {
  if (!type) return ["No trigger", null];
  return looks[type.toLowerCase()] ?? [type, <IconBolt key="i" size={16} />];
}

export function TriggerLabel({ type }: { readonly type: string | null }) {
  const [word, icon] = triggerLook(type);
  return (
    <span title={type ?? undefined} style={{ display: "flex", alignItems: "center", gap: 6, minWidth: 0, color: "var(--mr-muted)" }}>
      {icon}
      <span style={{ overflow: "hidden", textOverflow: "ellipsis" }}>{word}</span>
    </span>
  );
}
