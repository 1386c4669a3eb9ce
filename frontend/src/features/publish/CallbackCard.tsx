import { IconEye, IconEyeOff, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { IconButton } from "../../ui/IconButton";
import { SegmentedControl } from "../../ui/SegmentedControl";
import styles from "./publish.module.css";

export type CallbackKey = "primary" | "secondary";

export interface CallbackCardProps {
  /** Two addresses, signed with two keys: callers move to one while the other is renewed. */
  readonly urls: Readonly<Record<CallbackKey, string>>;
  readonly method: string | null;
  /** For the terminal, with the primary address. */
  readonly curl: string;
  readonly onRenew: (key: CallbackKey) => void;
  /** Why this person cannot renew an address. */
  readonly renewProblem: string | null;
}

/** The signed address that starts a run, with a line for the terminal. */
export function CallbackCard({ urls, method, curl, onRenew, renewProblem }: CallbackCardProps) {
  const [shown, setShown] = useState(false);
  const [key, setKey] = useState<CallbackKey>("primary");
  const url = urls[key];
  const command = curl.replace(urls.primary, url);
  return (
    <section className={styles.callback} aria-label="Callback URL">
      <div className={styles.callbackHead}>
        <span className={styles.method}>{method ?? "ANY"}</span>
        <span className={styles.callbackTitle}>Callback URL</span>
        <IconButton size="small" label={shown ? "Hide the signature" : "Show the signature"} icon={shown ? <IconEyeOff size={15} /> : <IconEye size={15} />} onClick={() => setShown(!shown)} />
        <CopyButton value={url} label="Copy the URL" />
      </div>
      <code className={styles.url}>{shown ? url : url.replace(/sig=[^&]+/, "sig=••••••••")}</code>
      <div className={styles.callbackHead}>
        <span className={styles.callbackTitle}>From a terminal</span>
        <CopyButton value={command} label="Copy the curl command" />
      </div>
      <code className={styles.url}>{shown ? command : command.replace(/sig=[^&'"\s]+/, "sig=••••••••")}</code>
      <div className={styles.callbackFoot}>
        <SegmentedControl
          aria-label="Which address" value={key} onChange={(next) => setKey(next === "secondary" ? "secondary" : "primary")}
          data={[{ value: "primary", label: "First" }, { value: "secondary", label: "Second" }]}
        />
        <Button size="small" icon={<IconRefresh size={14} />} disabled={renewProblem !== null} title={renewProblem ?? undefined} onClick={() => onRenew(key)}>
          Renew the address…
        </Button>
      </div>
    </section>
  );
}
