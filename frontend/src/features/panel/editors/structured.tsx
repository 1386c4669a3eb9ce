import { IconHistory, IconWand } from "@tabler/icons-react";
import { useState } from "react";
import { Button } from "../../../ui/Button";
import { CodeField } from "../../../ui/CodeField";
import { Dialog, DialogFooter } from "../../../ui/Dialog";
import { at, parse } from "../../../workflow/document";
import type { Entry } from "../../../workflow/graph";
import { stringOf } from "../../../workflow/tree";
import { prettyText } from "../fields";
import { usePanel } from "../PanelContext";
import type { EditorProps } from "./EditorProps";
import { schemaOf } from "./values";
import styles from "../panel.module.css";

/** JSON as code; applied while it is valid, kept while it is not. */
export function JsonValue({ field, document, node, readOnly, onText }: EditorProps) {
  const stored = node ? prettyText(document, node) : "";
  // The text stays as it was typed while it says the same as the definition, which prints it in its own way.
  const [typed, setTyped] = useState<{ readonly text: string; readonly base: string } | null>(null);
  const text = typed && (typed.base === stored || !valid(typed.text) || unspaced(typed.text) === unspaced(stored)) ? typed.text : stored;
  const wrong = text.trim() === "" ? "" : problemOf(text);
  return (
    <>
      <CodeField
        value={text}
        label={field.title}
        readOnly={readOnly}
        onChange={(next) => {
          setTyped({ text: next, base: stored });
          if (next.trim() === "") onText(field.required ? "{}" : null);
          else if (valid(next)) onText(next);
        }}
      />
      {wrong !== "" && <div className={styles.wrong}>{wrong} It is applied when it is valid.</div>}
    </>
  );
}

function problemOf(text: string): string {
  try {
    parse(text);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "This is not JSON.";
  }
}

const unspaced = (text: string): string => text.replace(/\s+/g, "");

const valid = (text: string): boolean => problemOf(text) === "";

/** What the schema of an action describes, as a template over the data of a run; null where nothing can tell. */
function described({ document, field }: EditorProps, { action, pointer }: Entry): string | null {
  if (action.trigger) return "@triggerBody()";
  const sibling = field.path.replace(/\/[^/]+$/, action.type === "ParseJson" ? "/content" : "/body");
  const node = at(document, pointer + sibling);
  return node?.kind === "string" && String(node.value).includes("@") ? String(node.value) : null;
}

/** A JSON schema, with ways to make one: from a pasted sample, and from what a run had there. */
export function SchemaValue(props: EditorProps) {
  const { evaluate, entry } = usePanel();
  const [open, setOpen] = useState(false);
  const [sample, setSample] = useState("");
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const wrong = sample.trim() === "" ? "" : problemOf(sample);
  const template = described(props, entry);
  const fromRun = async (): Promise<void> => {
    if (!evaluate || template === null) return;
    setBusy(true);
    try {
      const answer = await evaluate.value(template, AbortSignal.timeout(15_000));
      if (answer.error) setSaid(answer.error.message);
      else if (answer.truncated || answer.value === undefined) setSaid("The value is too big to be shown here. Paste a part of it.");
      else {
        setSample(JSON.stringify(parsedText(answer.value), null, 2));
        setSaid("");
      }
    } catch (error) {
      setSaid(error instanceof Error ? error.message : "The value could not be read. Try again.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <JsonValue {...props} />
      {!props.readOnly && (
        <Button size="small" variant="quiet" icon={<IconWand size={14} />} onClick={() => setOpen(true)}>
          Make it from a sample
        </Button>
      )}
      <Dialog open={open} title="Schema from a sample" width={600} onClose={() => setOpen(false)}>
        <p className={styles.help}>Paste an example of what will arrive{template !== null && evaluate ? ", or take what a run had" : ""}. Each of its values can then be chosen in the fields of later actions.</p>
        {template !== null && evaluate && (
          <div className={styles.sampleBar}>
            <Button size="small" icon={<IconHistory size={14} />} busy={busy} onClick={() => void fromRun()}>
              Take it from the chosen run
            </Button>
            <span className={styles.help}>{said}</span>
          </div>
        )}
        <CodeField value={sample} label="Sample" autoFocus placeholder={'{"customer": "Ann", "total": 1200}'} onChange={setSample} />
        {wrong !== "" && <div className={styles.wrong}>{wrong}</div>}
        <DialogFooter>
          <Button onClick={() => setOpen(false)}>Cancel</Button>
          <Button
            variant="primary"
            disabled={sample.trim() === "" || wrong !== ""}
            onClick={() => {
              props.onText(JSON.stringify(schemaOf(JSON.parse(sample)), null, 2));
              setOpen(false);
            }}
          >
            Use this schema
          </Button>
        </DialogFooter>
      </Dialog>
    </>
  );
}

/** A text that is JSON, as what it says: that is what Parse JSON reads. */
function parsedText(value: unknown): unknown {
  if (typeof value !== "string" || !valid(value)) return value;
  return JSON.parse(value);
}

/** Source code (JavaScript): a string shown in a code editor. */
export function CodeValue({ field, node, readOnly, onText }: EditorProps) {
  return <CodeField value={stringOf(node) ?? ""} label={field.title} language="text" readOnly={readOnly} onChange={(text) => onText(JSON.stringify(text))} />;
}
