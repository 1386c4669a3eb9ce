import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { Button } from "../../../ui/Button";
import { IconButton } from "../../../ui/IconButton";
import { Select } from "../../../ui/Select";
import { SegmentedControl } from "../../../ui/SegmentedControl";
import type { Document, Node } from "../../../workflow/document";
import { COMPARISONS, comparisonOf, splitArguments } from "../../../workflow/words";
import { usePanel } from "../PanelContext";
import type { EditorProps } from "./EditorProps";
import { looseJson } from "./values";
import styles from "../panel.module.css";

/** One row or one group of a condition. Operands are JSON texts. */
type Part = Row | Group;
interface Row {
  readonly kind: "row";
  readonly operator: string;
  readonly not: boolean;
  readonly left: string;
  readonly right: string;
}
interface Group {
  readonly kind: "group";
  readonly word: "and" | "or";
  readonly parts: readonly Part[];
}

const EMPTY_ROW: Row = { kind: "row", operator: "equals", not: false, left: '""', right: '""' };

/** The rows of a condition, or null where it is code that rows cannot show. */
export function readCondition(document: Document, node: Node | undefined): Group | null {
  if (!node) return { kind: "group", word: "and", parts: [EMPTY_ROW] };
  if (node.kind === "string") return fromExpression(String(node.value));
  const part = readPart(document, node);
  if (!part) return null;
  // A new condition says nothing yet: its first row is there to be filled in, and is no edit until it is.
  if (part.kind === "group" && part.parts.length === 0) return { ...part, parts: [EMPTY_ROW] };
  return part.kind === "group" ? part : { kind: "group", word: "and", parts: [part] };
}

function readPart(document: Document, node: Node): Part | null {
  const member = node.kind === "object" && node.members.length === 1 ? node.members[0] : undefined;
  if (!member) return null;
  const name = member.name.toLowerCase();
  const items = member.value.kind === "array" ? member.value.items : [member.value];
  if (name === "and" || name === "or") {
    const parts = items.map((item) => readPart(document, item));
    return parts.every((part) => part !== null) ? { kind: "group", word: name, parts } : null;
  }
  if (name === "not") {
    const inner = items[0] ? readPart(document, items[0]) : null;
    return inner?.kind === "row" && !inner.not ? { ...inner, not: true } : null;
  }
  const operator = comparisonOf(member.name);
  const [left, right] = items;
  if (!operator || !left || !right || items.length !== 2 || left.kind === "object" || right.kind === "object") return null;
  return { kind: "row", operator, not: false, left: document.text.slice(left.start, left.end), right: document.text.slice(right.start, right.end) };
}

/** `@equals(a, 1)` as a row; anything deeper stays code. */
function fromExpression(text: string): Group | null {
  if (text === "") return { kind: "group", word: "and", parts: [EMPTY_ROW] };
  const found = /^@\s*(not\s*\(\s*)?([A-Za-z]+)\s*\(([\s\S]*)\)\s*$/.exec(text);
  if (!found) return null;
  const negative = found[1] !== undefined;
  const inner = negative ? (found[3] ?? "").replace(/\)\s*$/, "") : (found[3] ?? "");
  const operator = comparisonOf(found[2] ?? "");
  const parts = splitArguments(inner).map((part) => part.trim());
  if (!operator || parts.length !== 2) return null;
  const [left, right] = parts.map(operandJson);
  return { kind: "group", word: "and", parts: [{ kind: "row", operator, not: negative, left: left ?? '""', right: right ?? '""' }] };
}

function operandJson(part: string): string {
  if (/^'(?:[^']|'')*'$/.test(part)) return JSON.stringify(part.slice(1, -1).replace(/''/g, "'"));
  if (/^-?\d+(\.\d+)?$|^(true|false|null)$/.test(part)) return part;
  return JSON.stringify(`@${part}`);
}

function partJson(part: Part): string {
  if (part.kind === "group") return `{${JSON.stringify(part.word)}: [${part.parts.map(partJson).join(", ")}]}`;
  const row = `{${JSON.stringify(part.operator)}: [${part.left}, ${part.right}]}`;
  return part.not ? `{"not": ${row}}` : row;
}

/** An operand that is part of a written expression. */
function operandExpression(json: string): string {
  const value: unknown = JSON.parse(json);
  if (typeof value !== "string") return json;
  if (/^@[^@{]/.test(value)) return value.slice(1);
  if (!value.includes("@{")) return `'${value.replace(/'/g, "''")}'`;
  const pieces = value.split(/(@\{[^}]*\})/).filter((piece) => piece !== "").map((piece) => (piece.startsWith("@{") ? piece.slice(2, -1) : `'${piece.replace(/'/g, "''")}'`));
  return `concat(${pieces.join(", ")})`;
}

function partExpression(part: Part): string {
  if (part.kind === "group") return part.parts.length === 1 && part.parts[0] ? partExpression(part.parts[0]) : `${part.word}(${part.parts.map(partExpression).join(", ")})`;
  const row = `${part.operator}(${operandExpression(part.left)}, ${operandExpression(part.right)})`;
  return part.not ? `not(${row})` : row;
}

const OPERATORS = Object.entries(COMPARISONS).flatMap(([operator, words]) => [{ value: operator, label: words.words }, { value: `!${operator}`, label: words.not }]);

/** Rows with and / or groups; code where the condition is more than rows can say. */
export function ConditionValue(props: EditorProps) {
  const { field, document, node, readOnly, onText, labelId } = props;
  const { TextEditor, entry } = usePanel();
  const read = readCondition(document, node);
  const [code, setCode] = useState(false);
  // Until and Filter array take a string; a Condition takes the object form. What is written keeps its form.
  const asText = node?.kind === "string" ? entry.action.type !== "If" : entry.action.type !== "If" && node === undefined;
  const write = (group: Group): void => onText(asText ? JSON.stringify(`@${partExpression(group)}`) : partJson(group));
  if (!read || code) {
    const text = node?.kind === "string" ? String(node.value) : node ? document.text.slice(node.start, node.end) : "";
    return (
      <>
        <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} multiline mono wants="boolean" placeholder="@equals(…, …)" onChange={(next) => onText(/^\s*\{/.test(next) ? looseJson(next) : JSON.stringify(next))} />
        {read && !readOnly && (
          <Button size="small" variant="quiet" onClick={() => setCode(false)}>
            Show as rows
          </Button>
        )}
      </>
    );
  }
  return (
    <div role="group" aria-labelledby={labelId}>
      <GroupRows group={read} depth={0} fresh={false} readOnly={readOnly} onChange={write} onRemove={null} />
      {!readOnly && (
        <Button size="small" variant="quiet" onClick={() => setCode(true)}>
          Edit as code
        </Button>
      )}
    </div>
  );
}

interface GroupProps {
  readonly group: Group;
  readonly depth: number;
  /** It was just added: its first row takes the focus. */
  readonly fresh: boolean;
  readonly readOnly: boolean;
  readonly onChange: (group: Group) => void;
  readonly onRemove: (() => void) | null;
}

function GroupRows({ group, depth, fresh, readOnly, onChange, onRemove }: GroupProps) {
  const [added, setAdded] = useState(fresh ? 0 : -1);
  const add = useRef<HTMLButtonElement>(null);
  const append = (part: Part): void => {
    setAdded(group.parts.length);
    onChange({ ...group, parts: [...group.parts, part] });
  };
  const remove = (index: number): void => {
    setAdded(-1);
    add.current?.focus();
    set(index, null);
  };
  const set = (index: number, part: Part | null): void => onChange({ ...group, parts: part ? group.parts.map((one, place) => (place === index ? part : one)) : group.parts.filter((_, place) => place !== index) });
  return (
    <div className={styles.group} data-depth={depth}>
      {(group.parts.length > 1 || depth > 0) && (
        <div className={styles.groupHead}>
          <SegmentedControl value={group.word} disabled={readOnly} aria-label="How the rows combine" data={[{ value: "and", label: "All of these" }, { value: "or", label: "Any of these" }]} onChange={(word) => onChange({ ...group, word: word === "or" ? "or" : "and" })} />
          {onRemove && !readOnly && <IconButton size="small" label="Remove group" icon={<IconTrash size={15} />} onClick={onRemove} />}
        </div>
      )}
      {group.parts.map((part, index) =>
        part.kind === "group" ? (
          <GroupRows key={index} group={part} depth={depth + 1} fresh={index === added} readOnly={readOnly} onChange={(next) => set(index, next)} onRemove={() => remove(index)} />
        ) : (
          <RowFields key={index} row={part} index={index} fresh={index === added} readOnly={readOnly} onChange={(next) => set(index, next)} onRemove={group.parts.length > 1 ? () => remove(index) : null} />
        ),
      )}
      {!readOnly && (
        <div className={styles.adds}>
          <Button ref={add} size="small" variant="quiet" icon={<IconPlus size={14} />} onClick={() => append(EMPTY_ROW)}>
            Add row
          </Button>
          {depth < 3 && (
            <Button size="small" variant="quiet" icon={<IconPlus size={14} />} onClick={() => append({ kind: "group", word: group.word === "and" ? "or" : "and", parts: [EMPTY_ROW] })}>
              Add group
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

interface RowProps {
  readonly row: Row;
  readonly index: number;
  readonly fresh: boolean;
  readonly readOnly: boolean;
  readonly onChange: (row: Row) => void;
  readonly onRemove: (() => void) | null;
}

const shown = (json: string): string => {
  const value: unknown = JSON.parse(json);
  return typeof value === "string" ? value : json;
};

function RowFields({ row, index, fresh, readOnly, onChange, onRemove }: RowProps) {
  const { TextEditor } = usePanel();
  return (
    <div className={styles.conditionRow}>
      <TextEditor value={shown(row.left)} label={`Row ${String(index + 1)}: value`} placeholder="Type a value, or / to choose one" readOnly={readOnly} autoFocus={fresh} wants="any" onChange={(text) => onChange({ ...row, left: looseJson(text) })} />
      <div className={styles.operator}>
        <Select
          aria-label={`Row ${String(index + 1)}: comparison`}
          value={`${row.not ? "!" : ""}${row.operator}`}
          disabled={readOnly}
          data={OPERATORS}
          onChange={(next) => next !== null && onChange({ ...row, not: next.startsWith("!"), operator: next.replace("!", "") })}
        />
        {onRemove && !readOnly && <IconButton size="small" label={`Remove row ${String(index + 1)}`} icon={<IconTrash size={15} />} onClick={onRemove} />}
      </div>
      <TextEditor value={shown(row.right)} label={`Row ${String(index + 1)}: compared with`} placeholder="Compared with" readOnly={readOnly} wants="any" onChange={(text) => onChange({ ...row, right: looseJson(text) })} />
    </div>
  );
}
