import { CopyButton } from "../../ui/CopyButton";
import { KeyValues } from "../../ui/ValueView";
import styles from "./ActionPanel.module.css";

/** The names that logs, callers and called services know this by, each to be copied; those that are not known are left out. */
export function TrackingIds({ ids }: { readonly ids: readonly (readonly [string, string | null])[] }) {
  const known = ids.flatMap(([label, id]) => (id ? [[label, <Id key={label} label={label} id={id} />] as const] : []));
  if (known.length === 0) return null;
  return (
    <div className={styles.section}>
      <h3>Tracking</h3>
      <KeyValues items={known} />
    </div>
  );
}

function Id({ label, id }: { readonly label: string; readonly id: string }) {
  return (
    <span className={styles.id}>
      <code>{id}</code>
      <CopyButton value={id} label={`Copy ${label.toLowerCase()}`} />
    </span>
  );
}
