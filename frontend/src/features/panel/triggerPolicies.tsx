import { Select } from "../../ui/Select";
import type { Document } from "../../workflow/document";
import { DurationValue, durationWords, NumberValue } from "./editors/simple";
import { usePanel } from "./PanelContext";
import { fieldOf, Labelled, Section, useSetting } from "./sections";
import styles from "./panel.module.css";

/* What only Millrace knows of a trigger stands in `metadata`, which every engine of the language keeps and ignores. */
const CATCH_UP = "/metadata/millrace/catchUp";
const SAME = "/metadata/millrace/deduplicate";

/** Triggers whose arrivals come from outside, perhaps twice. */
export const DEDUPLICATED: ReadonlySet<string> = new Set(["Request", "HttpWebhook", "Http"]);

/** What becomes of occurrences that passed while nothing ran here. */
export function CatchUpSection({ document }: { readonly document: Document }) {
  const { readOnly } = usePanel();
  const { node, text, set } = useSetting(document);
  const policy = text(`${CATCH_UP}/policy`).toLowerCase() || "skip";
  const most = text(`${CATCH_UP}/most`);
  const summary = policy === "once" ? "one run for all" : policy === "all" ? `the newest ${most || "100"}` : "";
  return (
    <Section title="Missed occurrences" summary={summary}>
      <Select
        label="After a standstill"
        value={policy}
        disabled={readOnly}
        data={[{ value: "skip", label: "Leave them out" }, { value: "once", label: "One run for all of them" }, { value: "all", label: "A run for each" }]}
        onChange={(next) => set(next === "skip" ? CATCH_UP : `${CATCH_UP}/policy`, next === "skip" ? null : JSON.stringify(next), "Missed occurrences")}
      />
      {policy === "all" && (
        <Labelled title="At most the newest">
          <NumberValue field={fieldOf("At most the newest", `${CATCH_UP}/most`, "100")} document={document} node={node(`${CATCH_UP}/most`)} labelId="" readOnly={readOnly} onText={(next) => set(`${CATCH_UP}/most`, next, "Missed occurrences")} />
        </Labelled>
      )}
      <p className={styles.help}>Occurrences are missed when no worker and no scheduler runs. Those of a workflow that is switched off are never made up. Other engines leave them out.</p>
    </Section>
  );
}

/** The same event sent twice starts one run. */
export function DuplicatesSection({ document }: { readonly document: Document }) {
  const { readOnly, TextEditor } = usePanel();
  const { node, text, set } = useSetting(document);
  const key = text(`${SAME}/key`);
  const span = text(`${SAME}/window`);
  return (
    <Section title="Duplicates" summary={key === "" ? "" : `left out for ${durationWords(span) || "1 day"}`}>
      <Labelled title="Key of an event">
        <TextEditor value={key} label="Key of an event" readOnly={readOnly} wants="string" placeholder="@triggerBody()?['id']" onChange={(next) => set(next === "" ? SAME : `${SAME}/key`, next === "" ? null : JSON.stringify(next), "Duplicates")} />
      </Labelled>
      {key !== "" && (
        <Labelled title="Remembered for">
          <DurationValue field={fieldOf("Remembered for", `${SAME}/window`, "P1D")} document={document} node={node(`${SAME}/window`)} labelId="" readOnly={readOnly} onText={(next) => set(`${SAME}/window`, next, "Duplicates")} />
        </Labelled>
      )}
      <p className={styles.help}>A later arrival with the same key starts nothing; the inbox shows it with a link to the first run. Arrivals without a key always start. A caller may send the header Idempotency-Key instead.</p>
    </Section>
  );
}
