import { Switch } from "../../ui/Switch";
import type { Document } from "../../workflow/document";
import { DurationValue, durationWords, NumberValue } from "./editors/simple";
import { usePanel } from "./PanelContext";
import { fieldOf, Labelled, Section, useSetting } from "./sections";
import styles from "./panel.module.css";

const REQUEST = "/runtimeConfiguration/requestOptions/timeout";

/** How long one request may take, retries apart (reference 8.8). */
export function RequestTimeoutSection({ document }: { readonly document: Document }) {
  const { readOnly } = usePanel();
  const { node, text, set } = useSetting(document);
  return (
    <Section title="Time for one request" summary={durationWords(text(REQUEST))}>
      <DurationValue field={fieldOf("Time for one request", REQUEST, "PT2M")} document={document} node={node(REQUEST)} labelId="" readOnly={readOnly} onText={(value) => set(value === null ? "/runtimeConfiguration/requestOptions" : REQUEST, value, "Time for one request")} />
      <p className={styles.help}>A single try that takes longer is given up, and tried again as the retry policy says.</p>
    </Section>
  );
}

const TRANSFER = "/runtimeConfiguration/contentTransfer";
const SIZES: readonly (readonly [string, string])[] = [["uploadChunkSize", "Bytes sent at a time"], ["downloadChunkSize", "Bytes fetched at a time"]];

/** Large contents go in pieces (reference 9.7). */
export function ChunkingSection({ document }: { readonly document: Document }) {
  const { readOnly } = usePanel();
  const { node, text, set } = useSetting(document);
  const on = text(`${TRANSFER}/transferMode`).toLowerCase() === "chunked";
  return (
    <Section title="Chunking" summary={on ? "on" : ""}>
      <Switch label="Send and receive large contents in pieces" checked={on} disabled={readOnly} onChange={(event) => set(TRANSFER, event.currentTarget.checked ? '{"transferMode": "Chunked"}' : null, "Chunking")} />
      {on && SIZES.map(([name, title]) => (
        <Labelled key={name} title={title}>
          <NumberValue field={fieldOf(title, `${TRANSFER}/${name}`, "As the service says")} document={document} node={node(`${TRANSFER}/${name}`)} labelId="" readOnly={readOnly} onText={(next) => set(`${TRANSFER}/${name}`, next, "Chunking")} />
        </Labelled>
      ))}
      <p className={styles.help}>Only where the service on the other side supports it.</p>
    </Section>
  );
}
