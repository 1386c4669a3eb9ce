import { IconArrowDown, IconArrowUp, IconBraces, IconList, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Button } from "../../../ui/Button";
import { IconButton } from "../../../ui/IconButton";
import type { Node } from "../../../workflow/document";
import { usePanel } from "../PanelContext";
import { AnyValue } from "./simple";
import type { EditorProps } from "./EditorProps";
import { looseJson } from "./values";
import styles from "../panel.module.css";

const textOf = (document: EditorProps["document"], node: Node | undefined): string => {
  if (!node) return "";
  return node.kind === "string" ? String(node.value) : document.text.slice(node.start, node.end);
};

function ModeButton({ rows, onClick }: { readonly rows: boolean; readonly onClick: () => void }) {
  return <IconButton size="small" label={rows ? "Edit as JSON or expression" : "Edit as list"} icon={rows ? <IconBraces size={15} /> : <IconList size={15} />} onClick={onClick} />;
}

interface Pair {
  readonly name: string;
  readonly json: string;
}

/** Names and values in rows; as text where it is an expression. */
export function DictionaryValue(props: EditorProps) {
  const { field, document, node, readOnly, onText } = props;
  const { TextEditor } = usePanel();
  const expression = node?.kind === "string" && String(node.value) !== "";
  const [rows, setRows] = useState(!expression && node?.kind !== "array");
  const [blank, setBlank] = useState(false);
  if (!rows) {
    return (
      <div className={styles.moded}>
        <AnyValue {...props} />
        <ModeButton rows={false} onClick={() => setRows(true)} />
      </div>
    );
  }
  const pairs: Pair[] = node?.kind === "object" ? node.members.map((one) => ({ name: one.name, json: document.text.slice(one.value.start, one.value.end) })) : [];
  const write = (next: readonly Pair[]): void => onText(next.length === 0 ? null : `{${next.map((pair) => `${JSON.stringify(pair.name)}: ${pair.json}`).join(", ")}}`);
  const shown = blank || pairs.length === 0 ? [...pairs, { name: "", json: '""' }] : pairs;
  const set = (index: number, change: Partial<Pair>): void => {
    const next = shown.map((pair, place) => (place === index ? { ...pair, ...change } : pair));
    if (index === shown.length - 1 && (next[index]?.name ?? "") !== "") setBlank(false);
    write(next.filter((pair) => pair.name !== "" || pair.json !== '""'));
  };
  return (
    <div className={styles.rows}>
      {shown.map((pair, index) => (
        <div key={index} className={styles.pair}>
          <TextEditor value={pair.name} label={`${field.title}: name ${String(index + 1)}`} placeholder="Name" readOnly={readOnly} onChange={(name) => set(index, { name })} />
          <TextEditor value={valueText(pair.json)} label={`${field.title}: value of ${pair.name || "new row"}`} placeholder="Value" readOnly={readOnly} wants="any" onChange={(text) => set(index, { json: looseJson(text) })} />
          {!readOnly && <IconButton size="small" label={`Remove ${pair.name || "row"}`} icon={<IconTrash size={15} />} onClick={() => { setBlank(false); write(pairs.filter((_, place) => place !== index)); }} />}
        </div>
      ))}
      {!readOnly && (
        <div className={styles.rowEnd}>
          <Button size="small" variant="quiet" icon={<IconPlus size={14} />} disabled={blank || pairs.length === 0} onClick={() => setBlank(true)}>
            Add row
          </Button>
          <ModeButton rows onClick={() => setRows(false)} />
        </div>
      )}
    </div>
  );
}

function valueText(json: string): string {
  if (!json.startsWith('"')) return json;
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}

/** A list: an expression that gives one (the usual case), or items in rows. */
export function ArrayValue(props: EditorProps) {
  const { field, document, node, readOnly, onText, labelId } = props;
  const { TextEditor } = usePanel();
  const [rows, setRows] = useState(node?.kind === "array");
  if (!rows) {
    return (
      <div className={styles.moded}>
        <TextEditor
          value={textOf(document, node)}
          label={field.title}
          labelId={labelId}
          readOnly={readOnly}
          wants="array"
          placeholder="Choose a list: press / for values"
          onChange={(text) => onText(text === "" ? (field.required ? '""' : null) : /^\s*\[/.test(text) ? looseJson(text) : JSON.stringify(text))}
        />
        {!readOnly && <ModeButton rows={false} onClick={() => setRows(true)} />}
      </div>
    );
  }
  const items = node?.kind === "array" ? node.items.map((item) => document.text.slice(item.start, item.end)) : [];
  const numeric = field.schema.items?.type === "integer" || field.schema.items?.type === "number" || /hours|minutes/i.test(field.name);
  const write = (next: readonly string[]): void => onText(next.length === 0 && !field.required ? null : `[${next.join(", ")}]`);
  const move = (index: number, by: number): void => {
    const next = [...items];
    const [taken] = next.splice(index, 1);
    if (taken !== undefined) next.splice(index + by, 0, taken);
    write(next);
  };
  return (
    <div className={styles.rows}>
      {items.map((item, index) => (
        <div key={index} className={styles.item}>
          <TextEditor value={valueText(item)} label={`${field.title}: item ${String(index + 1)}`} readOnly={readOnly} wants="any" mono={/^[[{]/.test(item)} multiline={/^[[{]/.test(item)} onChange={(text) => write(items.map((one, place) => (place === index ? looseJson(text) : one)))} />
          {!readOnly && (
            <>
              <IconButton size="small" label="Move up" icon={<IconArrowUp size={15} />} disabled={index === 0} onClick={() => move(index, -1)} />
              <IconButton size="small" label="Move down" icon={<IconArrowDown size={15} />} disabled={index === items.length - 1} onClick={() => move(index, 1)} />
              <IconButton size="small" label={`Remove item ${String(index + 1)}`} icon={<IconTrash size={15} />} onClick={() => write(items.filter((_, place) => place !== index))} />
            </>
          )}
        </div>
      ))}
      {!readOnly && (
        <div className={styles.rowEnd}>
          <Button size="small" variant="quiet" icon={<IconPlus size={14} />} onClick={() => write([...items, numeric ? "0" : '""'])}>
            Add item
          </Button>
          <ModeButton rows onClick={() => setRows(false)} />
        </div>
      )}
    </div>
  );
}

/** Columns of a table: automatic, or a header and a value each. */
export function TableValue({ field, document, node, readOnly, onText }: EditorProps) {
  const { TextEditor } = usePanel();
  const columns = (node?.kind === "array" ? node.items : []).map((item) => ({
    header: item.members.find((one) => one.name === "header")?.value, value: item.members.find((one) => one.name === "value")?.value,
  }));
  const rows = columns.map((column) => ({ header: textOf(document, column.header), value: textOf(document, column.value) }));
  const write = (next: readonly { readonly header: string; readonly value: string }[]): void =>
    onText(next.length === 0 ? null : `[${next.map((row) => `{"header": ${JSON.stringify(row.header)}, "value": ${JSON.stringify(row.value)}}`).join(", ")}]`);
  return (
    <div className={styles.rows}>
      {rows.length === 0 && <div className={styles.help}>Automatic: one column for each member of the items.</div>}
      {rows.map((row, index) => (
        <div key={index} className={styles.pair}>
          <TextEditor value={row.header} label={`${field.title}: header ${String(index + 1)}`} placeholder="Header" readOnly={readOnly} onChange={(header) => write(rows.map((one, place) => (place === index ? { ...one, header } : one)))} />
          <TextEditor value={row.value} label={`${field.title}: value ${String(index + 1)}`} placeholder="Value" readOnly={readOnly} wants="any" onChange={(value) => write(rows.map((one, place) => (place === index ? { ...one, value } : one)))} />
          {!readOnly && <IconButton size="small" label="Remove column" icon={<IconTrash size={15} />} onClick={() => write(rows.filter((_, place) => place !== index))} />}
        </div>
      ))}
      {!readOnly && (
        <div className={styles.rowEnd}>
          <Button size="small" variant="quiet" icon={<IconPlus size={14} />} onClick={() => write([...rows, { header: "", value: "" }])}>
            Add column
          </Button>
        </div>
      )}
    </div>
  );
}
