import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { callbacksQuery, useRenewCallbacks } from "../../api/workflows";
import { CallbackCard, type CallbackKey } from "../../features/publish/CallbackCard";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toasts";

interface TriggerCallbackProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly trigger: string;
  readonly published: boolean;
}

/** The callback URL of a Request trigger, once there is one. */
export function TriggerCallback({ tenant, workflowId, trigger, published }: TriggerCallbackProps) {
  const mayRead = usePermission(tenant, "callback.read");
  const mayRenew = usePermission(tenant, "callback.rotate");
  const { data } = useQuery({ ...callbacksQuery(tenant, workflowId), enabled: published && mayRead });
  const [renewing, setRenewing] = useState<CallbackKey | null>(null);
  const mine = (Array.isArray(data) ? data : []).find((one) => one.trigger.toLowerCase() === trigger.toLowerCase());
  if (!published) return <NotYet />;
  if (!mayRead) return <p className="mr-note">An owner, admin, editor or operator of this organisation can see the callback URL.</p>;
  if (!mine) return null;
  return (
    <>
      <CallbackCard
        urls={{ primary: mine.url, secondary: mine.secondUrl }} method={mine.method ?? null} curl={mine.curl} onRenew={setRenewing}
        renewProblem={mayRenew ? null : "An owner or admin of this organisation can renew it."}
      />
      {renewing !== null && <Renewal tenant={tenant} workflowId={workflowId} which={renewing} onClose={() => setRenewing(null)} />}
    </>
  );
}

const WORDS = {
  primary: { this: "first", other: "second" },
  secondary: { this: "second", other: "first" },
} as const;

function Renewal({ tenant, workflowId, which, onClose }: { readonly tenant: string; readonly workflowId: string; readonly which: CallbackKey; readonly onClose: () => void }) {
  const renew = useRenewCallbacks(tenant, workflowId);
  const words = WORDS[which];
  return (
    <ConfirmDialog
      open danger title={`Renew the ${words.this} address?`} confirmLabel="Renew the address" busy={renew.isPending} onClose={onClose}
      onConfirm={() => renew.mutate(which, {
        onSuccess: () => {
          onClose();
          toast.success(`The ${words.this} address is new. The old one starts nothing any more.`);
        },
        onError: (error) => toast.error(asProblem(error).message),
      })}
    >
      <p>Whoever calls the {words.this} address as it is now is refused from that moment on: give them the new one.</p>
      <p style={{ marginTop: 8, color: "var(--mr-muted)" }}>
        The {words.other} address goes on working. To renew without a gap, give it to your callers first.
      </p>
    </ConfirmDialog>
  );
}

function NotYet() {
  return <p className="mr-note">The callback URL works once the workflow is published.</p>;
}
