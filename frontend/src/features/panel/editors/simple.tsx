import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../../ui/Button";
import { SegmentedControl } from "../../../ui/SegmentedControl";
import { Select } from "../../../ui/Select";
import { usePanel, type ZoneChoice } from "../PanelContext";
import { shownText, textDefault } from "../fields";
import type { EditorProps } from "./EditorProps";
import { isExpression, looseJson, numberJson } from "./values";
import styles from "../panel.module.css";

export const nodeText = ({ document, node }: EditorProps): string => {
  if (!node) return "";
  return node.kind === "string" ? String(node.value) : document.text.slice(node.start, node.end);
};

/** One line or several of text with expressions. */
export function TextValue(props: EditorProps) {
  const { field, labelId, readOnly, onText } = props;
  const { TextEditor } = usePanel();
  const multiline = field.editor === "multiline" || field.editor === "html";
  return (
    <TextEditor
      value={nodeText(props)}
      label={field.title}
      labelId={labelId}
      readOnly={readOnly}
      multiline={multiline}
      mono={field.editor === "html"}
      wants="string"
      placeholder={textDefault(field.schema) || String(field.schema.examples?.[0] ?? "")}
      onChange={(text) => onText(text === "" && !field.required ? null : JSON.stringify(text))}
    />
  );
}

/** Any value: text, or JSON where it is JSON. */
export function AnyValue({ field, document, node, labelId, readOnly, onText }: EditorProps) {
  const { TextEditor, entry } = usePanel();
  // While it has the focus the text is what was typed, not what became of it.
  const [typed, setTyped] = useState<{ readonly text: string; readonly json: string } | null>(null);
  const stored = node ? document.text.slice(node.start, node.end) : "";
  const text = typed && typed.json === stored.replace(/\s+/g, "") ? typed.text : shownText(document, `${entry.pointer}${field.path}`);
  const structured = node?.kind === "object" || node?.kind === "array";
  return (
    <TextEditor
      value={text}
      label={field.title}
      labelId={labelId}
      readOnly={readOnly}
      multiline
      mono={structured}
      wants="any"
      placeholder={textDefault(field.schema)}
      onChange={(next) => {
        const json = looseJson(next);
        setTyped({ text: next, json: json.replace(/\s+/g, "") });
        onText(next === "" ? (field.required ? '""' : null) : json);
      }}
    />
  );
}

export function NumberValue(props: EditorProps) {
  const { field, labelId, readOnly, onText } = props;
  const { TextEditor } = usePanel();
  const text = nodeText(props);
  const wrong = text !== "" && !isExpression(text) && !/^-?\d+(\.\d+)?$/.test(text.trim());
  return (
    <>
      <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} invalid={wrong} wants="integer" placeholder={textDefault(field.schema)} onChange={(next) => onText(numberJson(next))} />
      {wrong && <div className={styles.wrong}>A number or an expression is needed.</div>}
    </>
  );
}

/** Yes or no; an expression in place of it stays possible. */
export function BooleanValue(props: EditorProps) {
  const { field, node, readOnly, onText, labelId } = props;
  const { TextEditor } = usePanel();
  const text = nodeText(props);
  const [free, setFree] = useState(isExpression(text));
  if (free) return <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} wants="boolean" onChange={(next) => onText(next === "" ? null : JSON.stringify(next))} />;
  const value = node?.kind === "boolean" ? String(node.value) : text === "true" || text === "false" ? text : textDefault(field.schema) || "false";
  return (
    <SegmentedControl
      aria-labelledby={labelId}
      value={value}
      disabled={readOnly}
      data={[{ value: "true", label: "Yes" }, { value: "false", label: "No" }, { value: "fx", label: "Expression" }]}
      onChange={(next) => (next === "fx" ? setFree(true) : onText(next))}
    />
  );
}

/** One of a fixed list, or an expression. */
export function EnumValue(props: EditorProps) {
  const { field, readOnly, onText, labelId } = props;
  const { TextEditor } = usePanel();
  const text = nodeText(props);
  const choices = (field.schema.enum ?? []).map(String);
  const [free, setFree] = useState(isExpression(text));
  const numeric = field.schema.type === "integer" || field.schema.type === "number";
  const write = (next: string): void => onText(numeric && /^-?\d+$/.test(next) ? next : JSON.stringify(next));
  if (free) return <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} wants="string" onChange={(next) => (next === "" ? (setFree(false), onText(null)) : onText(JSON.stringify(next)))} />;
  const same = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
  const data = [...choices, ...(text !== "" && !same ? [text] : [])].map((choice) => ({ value: choice, label: choice }));
  return (
    <Select
      aria-labelledby={labelId}
      value={same ?? (text === "" ? null : text)}
      placeholder={textDefault(field.schema) || "Choose"}
      disabled={readOnly}
      data={[...data, { value: "\u0000fx", label: "Use an expression…" }]}
      onChange={(next) => {
        if (next === "\u0000fx") setFree(true);
        else if (next !== null) write(next);
      }}
    />
  );
}

/** A list the connector gives, with room for a value of one's own. */
export function ComboValue(props: EditorProps) {
  const { field, readOnly, onText, labelId } = props;
  const { TextEditor, loadChoices, entry } = usePanel();
  const text = nodeText(props);
  const dynamic = field.schema["x-ms-dynamic-values"] !== undefined;
  const fixed = [...(field.schema.enum ?? []), ...listed(field.schema["x-ms-editor-options"]?.options), ...(field.schema.examples ?? [])].map(String);
  const choices = useQuery({
    queryKey: ["choices", entry.action.name, field.name, props.document.text.length],
    queryFn: () => loadChoices(field.name),
    enabled: dynamic && !readOnly, retry: false, staleTime: 60_000,
  });
  const [free, setFree] = useState(isExpression(text));
  if (free || (dynamic && choices.isError)) {
    return (
      <>
        <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} wants="string" onChange={(next) => onText(next === "" && !field.required ? null : JSON.stringify(next))} />
        {choices.isError && (
          <div className={styles.help}>
            {choices.error.message}{" "}
            <Button size="small" variant="quiet" onClick={() => void choices.refetch()}>
              Try again
            </Button>
          </div>
        )}
      </>
    );
  }
  const known = dynamic ? (choices.data ?? []).map((one) => ({ value: one.value, label: one.title })) : [...new Set(fixed)].map((one) => ({ value: one, label: one }));
  const data = text !== "" && !known.some((one) => one.value === text) ? [{ value: text, label: text }, ...known] : known;
  return (
    <Select
      aria-labelledby={labelId}
      searchable
      value={text === "" ? null : text}
      placeholder={choices.isLoading ? "Loading…" : textDefault(field.schema) || "Choose"}
      disabled={readOnly}
      data={[...data, { value: "\u0000fx", label: "Enter a value or an expression…" }]}
      onChange={(next) => {
        if (next === "\u0000fx") setFree(true);
        else if (next !== null) onText(JSON.stringify(next));
      }}
    />
  );
}

function listed(value: unknown): unknown[] {
  if (!Array.isArray(value)) return [];
  return value.map((one: unknown) => (typeof one === "object" && one !== null && "value" in one ? one.value : one));
}

/** A variable the workflow declares. */
export function VariableValue(props: EditorProps) {
  const { readOnly, onText, labelId } = props;
  const { variables } = usePanel();
  const text = nodeText(props);
  const data = variables.map((variable) => ({ value: variable.name, label: `${variable.name} (${variable.type})` }));
  if (text !== "" && !variables.some((variable) => variable.name === text)) data.push({ value: text, label: `${text} (not declared)` });
  return (
    <Select
      aria-labelledby={labelId}
      value={text === "" ? null : text}
      disabled={readOnly}
      placeholder={data.length === 0 ? "Add “Initialize variable” first" : "Choose a variable"}
      data={data}
      onChange={(next) => next !== null && onText(JSON.stringify(next))}
    />
  );
}

const EXPRESSION = [{ value: "\u0000fx", label: "Use an expression…" }] as const;

/** Another workflow of the tenant that a request starts, by name. */
export function WorkflowValue(props: EditorProps) {
  const { field, readOnly, onText, labelId } = props;
  const { PickWorkflow, TextEditor } = usePanel();
  const text = nodeText(props);
  const [free, setFree] = useState(isExpression(text));
  if (free) return <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} wants="string" onChange={(next) => (next === "" ? (setFree(false), onText(null)) : onText(JSON.stringify(next)))} />;
  return (
    <PickWorkflow
      reference={text}
      labelId={labelId}
      readOnly={readOnly}
      always={EXPRESSION}
      none={<div className={styles.help}>A workflow can be called when its trigger is “When it is called”.</div>}
      onPick={(next) => (next === EXPRESSION[0].value ? setFree(true) : onText(JSON.stringify(next)))}
    />
  );
}

const ISO = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** "PT1H30M" → "1 hour 30 minutes"; "" where it is no duration. */
export function durationWords(text: string): string {
  const found = ISO.exec(text.trim());
  if (!found || text.trim().length < 3) return "";
  const parts = [[found[1], "day"], [found[2], "hour"], [found[3], "minute"], [found[4], "second"]].flatMap(([count, unit]) => (count ? [`${count} ${unit ?? ""}${count === "1" ? "" : "s"}`] : []));
  return parts.join(" ");
}

/** An ISO 8601 duration, said in words below. */
export function DurationValue(props: EditorProps) {
  const { field, readOnly, onText, labelId } = props;
  const { TextEditor } = usePanel();
  const text = nodeText(props);
  const words = durationWords(text);
  const wrong = text !== "" && words === "" && !isExpression(text);
  return (
    <>
      <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} invalid={wrong} wants="string" placeholder={textDefault(field.schema) || "PT1H"} onChange={(next) => onText(next === "" ? null : JSON.stringify(next))} />
      {words !== "" && <div className={styles.help}>{words}</div>}
      {wrong && <div className={styles.wrong}>A duration looks like PT30S, PT5M, PT1H30M or P2D.</div>}
    </>
  );
}

/** "(UTC+01:00) W. Europe Standard Time · Europe/Berlin": found by name, place or difference. */
export function zoneLabel({ name, offset, place }: ZoneChoice): string {
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
  const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
  return `(UTC${offset === 0 ? "" : `${offset < 0 ? "−" : "+"}${hours}:${minutes}`}) ${name}${place.includes("/") && !place.startsWith("Etc/") ? ` · ${place}` : ""}`;
}

/** A Windows time zone id, as WDL names them; an expression in place of it stays possible. */
export function TimezoneValue(props: EditorProps) {
  const { field, readOnly, onText, labelId } = props;
  const { zones, TextEditor } = usePanel();
  const text = nodeText(props);
  const [free, setFree] = useState(isExpression(text));
  if (free) return <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} wants="string" onChange={(next) => (next === "" ? (setFree(false), onText(null)) : onText(JSON.stringify(next)))} />;
  const known = zones.map((one) => ({ value: one.name, label: zoneLabel(one) }));
  const same = known.find((one) => one.value.toLowerCase() === text.toLowerCase());
  const data = text === "" || same ? known : [{ value: text, label: text }, ...known];
  return (
    <Select
      aria-labelledby={labelId}
      searchable
      clearable={!field.required}
      value={text === "" ? null : (same?.value ?? text)}
      disabled={readOnly}
      placeholder="UTC"
      nothingFoundMessage="No time zone of that name"
      data={[...data, { value: "\u0000fx", label: "Use an expression…" }]}
      onChange={(next) => (next === "\u0000fx" ? setFree(true) : onText(next === null ? null : JSON.stringify(next)))}
    />
  );
}
