import { IconArrowDown, IconArrowUp, IconBraces, IconChevronRight, IconList, IconPlus, IconTrash } from "@tabler/icons-react";
import { useId, useRef, useState } from "react";
import { Button } from "../../../ui/Button";
import { IconButton } from "../../../ui/IconButton";
import type { Document, Node } from "../../../workflow/document";
import { escapePart } from "../../../workflow/tree";
import { membersOf, type Field, type FieldSchema } from "../fields";
import { usePanel } from "../PanelContext";
import type { EditorProps } from "./EditorProps";
import { AnyValue } from "./simple";
import { looseJson } from "./values";
import styles from "../panel.module.css";

const sourceOf = (document: Document, node: Node): string => document.text.slice(node.start, node.end);

/** A list of objects: a form for each item, in an order of one's own; as JSON or an expression where it is one. */
export function ItemsValue(props: EditorProps) {
  const { field, document, node, readOnly, onText } = props;
  const given = node !== undefined && node.kind !== "array" && !(node.kind === "string" && node.value === "");
  const [raw, setRaw] = useState(given);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set(node?.kind === "array" && node.items.length === 1 ? [0] : []));
  const add = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLOListElement>(null);
  if (raw || given) {
    return (
      <div className={styles.moded}>
        <AnyValue {...props} />
        {!readOnly && !given && <IconButton size="small" label="Edit as forms" icon={<IconList size={15} />} onClick={() => setRaw(false)} />}
      </div>
    );
  }
  const nodes = node?.kind === "array" ? node.items : [];
  const texts = nodes.map((item) => sourceOf(document, item));
  const write = (next: readonly string[]): void => onText(next.length === 0 && !field.required ? null : `[${next.join(", ")}]`);
  const move = (index: number, by: number): void => {
    const to = index + by;
    if (to < 0 || to >= texts.length) return;
    const next = [...texts];
    const [taken] = next.splice(index, 1);
    if (taken !== undefined) next.splice(to, 0, taken);
    write(next);
    setOpen(new Set([...open].map((one) => (one === index ? to : one === to ? index : one))));
    requestAnimationFrame(() => list.current?.querySelectorAll<HTMLElement>("[data-head]")[to]?.focus());
  };
  const append = (): void => {
    setOpen(new Set([...open, texts.length]));
    write([...texts, emptyOf(field.schema.items ?? {})]);
  };
  const remove = (index: number): void => {
    setOpen(new Set([...open].flatMap((one) => (one === index ? [] : [one > index ? one - 1 : one]))));
    add.current?.focus();
    write(texts.filter((_, place) => place !== index));
  };
  const toggle = (index: number): void => setOpen(new Set(open.has(index) ? [...open].filter((one) => one !== index) : [...open, index]));
  return (
    <div className={styles.rows}>
      <ol ref={list} className={styles.cards}>
        {nodes.map((item, index) => (
          <li key={index} className={styles.card}>
            <div className={styles.cardHead}>
              <button
                type="button"
                data-head
                aria-expanded={open.has(index)}
                onClick={() => toggle(index)}
                onKeyDown={(event) => {
                  const by = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
                  if (by === undefined || readOnly) return;
                  event.preventDefault();
                  event.stopPropagation();
                  move(index, by);
                }}
              >
                <IconChevronRight size={15} aria-hidden />
                <span>{summaryOf(item, index)}</span>
              </button>
              {!readOnly && (
                <>
                  <IconButton size="small" label={`Move item ${String(index + 1)} up`} keys="Alt+↑" icon={<IconArrowUp size={15} />} disabled={index === 0} onClick={() => move(index, -1)} />
                  <IconButton size="small" label={`Move item ${String(index + 1)} down`} keys="Alt+↓" icon={<IconArrowDown size={15} />} disabled={index === nodes.length - 1} onClick={() => move(index, 1)} />
                  <IconButton size="small" label={`Remove item ${String(index + 1)}`} icon={<IconTrash size={15} />} onClick={() => remove(index)} />
                </>
              )}
            </div>
            {open.has(index) && <Item {...props} item={item} index={index} onItem={(text) => write(texts.map((one, place) => (place === index ? text : one)))} />}
          </li>
        ))}
      </ol>
      {!readOnly && (
        <div className={styles.rowEnd}>
          <Button ref={add} size="small" variant="quiet" icon={<IconPlus size={14} />} onClick={append}>
            Add item
          </Button>
          <IconButton size="small" label="Edit as JSON or expression" icon={<IconBraces size={15} />} onClick={() => setRaw(true)} />
        </div>
      )}
    </div>
  );
}

interface ItemProps extends EditorProps {
  readonly item: Node;
  readonly index: number;
  readonly onItem: (text: string) => void;
}

/** The members of one item; an item that is an expression is a text. */
function Item({ field, document, item, index, readOnly, onItem }: ItemProps) {
  const { TextEditor } = usePanel();
  if (item.kind !== "object") {
    return (
      <div className={styles.cardBody}>
        <TextEditor value={item.kind === "string" ? String(item.value) : sourceOf(document, item)} label={`${field.title}: item ${String(index + 1)}`} readOnly={readOnly} wants="any" onChange={(text) => onItem(looseJson(text))} />
      </div>
    );
  }
  return <Members schema={field.schema.items ?? {}} document={document} node={item} path={`${field.path}/${String(index)}`} readOnly={readOnly} />;
}

interface MembersProps {
  readonly schema: FieldSchema;
  readonly document: Document;
  readonly node: Node;
  readonly path: string;
  readonly readOnly: boolean;
}

function Members({ schema, document, node, path, readOnly }: MembersProps) {
  const fields = membersOf(schema, path);
  const known = new Set(fields.map((one) => one.name));
  const others = node.members.filter((one) => !known.has(one.name)).map((one): Field => ({ name: one.name, title: one.name, description: "", editor: "any", path: `${path}/${escapePart(one.name)}`, required: false, visibility: "normal", schema: {} }));
  return (
    <div className={styles.cardBody}>
      {[...fields, ...others].map((field) => (
        <Member key={field.name} field={field} document={document} node={node.members.find((one) => one.name === field.name)?.value} readOnly={readOnly} />
      ))}
    </div>
  );
}

function Member({ field, document, node, readOnly }: { readonly field: Field; readonly document: Document; readonly node: Node | undefined; readonly readOnly: boolean }) {
  const { FieldEditor, entry, edit } = usePanel();
  const labelId = useId();
  return (
    <div className={styles.member}>
      <div className={styles.label}>
        <span id={labelId}>
          {field.title}
          {field.required && <span className={styles.required} title="Required" aria-hidden>{" *"}</span>}
        </span>
      </div>
      <FieldEditor field={field} document={document} node={node} labelId={labelId} readOnly={readOnly} onText={(text) => edit({ name: "setInput", arguments: { action: entry.action.name, path: field.path, text, field: field.title } })} />
      {field.description !== "" && <div className={styles.help}>{field.description}</div>}
    </div>
  );
}

/** An object with known members: its form, or JSON. */
export function ObjectValue(props: EditorProps) {
  const { field, document, node, readOnly } = props;
  const other = node !== undefined && node.kind !== "object";
  const [raw, setRaw] = useState(other);
  if (raw || other) {
    return (
      <div className={styles.moded}>
        <AnyValue {...props} />
        {!readOnly && !other && <IconButton size="small" label="Edit as a form" icon={<IconList size={15} />} onClick={() => setRaw(false)} />}
      </div>
    );
  }
  const empty = { kind: "object", members: [], items: [] } as unknown as Node;
  return (
    <div className={styles.card}>
      <Members schema={field.schema} document={document} node={node ?? empty} path={field.path} readOnly={readOnly} />
      {!readOnly && (
        <div className={styles.cardFoot}>
          <IconButton size="small" label="Edit as JSON or expression" icon={<IconBraces size={15} />} onClick={() => setRaw(true)} />
        </div>
      )}
    </div>
  );
}

function emptyOf(schema: FieldSchema): string {
  const members = (schema.required ?? []).map((name) => `${JSON.stringify(name)}: ""`);
  return `{${members.join(", ")}}`;
}

/** The first text of an item says which it is. */
function summaryOf(item: Node, index: number): string {
  const text = item.kind === "string" ? String(item.value) : item.members.find((one) => one.value.kind === "string" && one.value.value !== "")?.value.value;
  return text === undefined ? `Item ${String(index + 1)}` : `${String(index + 1)}. ${String(text).slice(0, 80)}`;
}
