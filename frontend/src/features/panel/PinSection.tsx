import { IconPin } from "@tabler/icons-react";
import { Switch } from "../../ui/Switch";
import { at, type Document } from "../../workflow/document";
import { stringOf } from "../../workflow/tree";
import { JsonValue } from "./editors/structured";
import type { Field } from "./fields";
import { usePanel } from "./PanelContext";
import { isPinned, pinPointer, switchPin, writePin } from "./pins";
import styles from "./panel.module.css";

const FIELD: Field = { name: "Pinned result", title: "Pinned result", description: "", editor: "json", path: "", required: false, visibility: "normal", schema: {} };
const FIRST = '{"status": "Succeeded", "outputs": {"statusCode": "OK", "body": {}}}';

/** A fixed result in place of the real call (reference 9.9). */
export function PinSection({ document }: { readonly document: Document }) {
  const { entry, edit, readOnly } = usePanel();
  const base = entry.pointer.startsWith("/definition/") ? "/definition" : "";
  const node = at(document, pinPointer(base, entry));
  const pinned = isPinned(entry);
  const status = stringOf(node?.members.find((one) => one.name === "status")?.value);
  const turn = (on: boolean): void => {
    edit(switchPin(entry, on, on && !node ? FIRST : null));
  };
  return (
    <section className={styles.pin}>
      <h3>
        <IconPin size={15} aria-hidden /> Pinned result
      </h3>
      <Switch label="Use this result and call nothing" checked={pinned} disabled={readOnly} onChange={(event) => turn(event.currentTarget.checked)} />
      <p className={styles.help}>{pinned ? "Every run uses it, published ones as well, until it is switched off." : "Pin what a test or a run gave, or write a result by hand. Runs then use it in place of the call."}</p>
      {node && <JsonValue field={FIELD} document={document} node={node} labelId="" readOnly={readOnly} onText={(text) => edit(writePin(entry, text))} />}
      {node && status === undefined && <p className={styles.wrong}>A result needs a status: Succeeded, Failed, Skipped or TimedOut.</p>}
    </section>
  );
}
