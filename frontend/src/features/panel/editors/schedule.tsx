import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Button } from "../../../ui/Button";
import { IconButton } from "../../../ui/IconButton";
import { Select } from "../../../ui/Select";
import { TextField } from "../../../ui/TextField";
import { member, stringOf } from "../../../workflow/tree";
import { usePanel } from "../PanelContext";
import { momentIn, momentText, numbersIn, numbersOf } from "../scheduling";
import { AnyValue, nodeText } from "./simple";
import type { EditorProps } from "./EditorProps";
import styles from "../panel.module.css";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

interface Chip {
  readonly value: string;
  readonly label: string;
  readonly title: string;
  /** What is read aloud, with the label in it; without it the label, and the title after it. */
  readonly aloud?: string;
}

interface ChipsProps extends EditorProps {
  readonly chips: readonly Chip[];
  readonly chosen: ReadonlySet<string>;
  readonly wide?: boolean;
  readonly onToggle: (value: string) => void;
}

/** Values of a small list, each on or off. */
function Chips({ chips, chosen, wide, labelId, readOnly, onToggle }: ChipsProps) {
  return (
    <div className={styles.days} data-wide={wide || undefined} role="group" aria-labelledby={labelId}>
      {chips.map(({ value, label, title, aloud }) => (
        <button key={value} type="button" aria-pressed={chosen.has(value)} disabled={readOnly} title={title} aria-label={aloud} onClick={() => onToggle(value)}>
          {label}
        </button>
      ))}
    </div>
  );
}

export function WeekdaysValue(props: EditorProps) {
  const { node, onText } = props;
  if (node && node.kind === "string" && String(node.value).includes("@")) return <AnyValue {...props} />;
  const written = (node?.kind === "array" ? node.items : node ? [node] : []).map((item) => String(item.value).toLowerCase());
  const chosen = new Set(DAYS.filter((day) => written.includes(day.toLowerCase())));
  return (
    <Chips
      {...props} chosen={chosen} chips={DAYS.map((day) => ({ value: day, label: day.slice(0, 2), title: day }))}
      onToggle={(day) => {
        const next = DAYS.filter((one) => (one === day) !== chosen.has(one));
        onText(next.length === 0 ? null : JSON.stringify(next));
      }}
    />
  );
}

/** Numbers on or off; what is no list of numbers stays as text. */
function NumberChips(props: EditorProps & { readonly chips: readonly Chip[] }) {
  const numbers = numbersOf(props.node);
  if (numbers === null) return <AnyValue {...props} />;
  const chosen = new Set(numbers.map(String));
  return (
    <Chips
      {...props} wide chosen={chosen}
      onToggle={(value) => {
        // What has no chip of its own (-2, the last day but one) stays.
        const next = chosen.has(value) ? numbers.filter((one) => String(one) !== value) : [...numbers, Number(value)];
        props.onText(next.length === 0 ? null : JSON.stringify([...new Set(next)].sort(inOrder)));
      }}
    />
  );
}

/** Days from the end of the month come last. */
const inOrder = (one: number, other: number): number => (one < 0 === other < 0 ? one - other : one < 0 ? 1 : -1);

const HOURS = Array.from({ length: 24 }, (_, hour): Chip => ({ value: String(hour), label: String(hour), title: `${String(hour).padStart(2, "0")}:00`, aloud: `${String(hour)} o’clock` }));
const DATES = [...Array.from({ length: 31 }, (_, day): Chip => ({ value: String(day + 1), label: String(day + 1), title: `Day ${String(day + 1)}` })), { value: "-1", label: "Last", title: "Last day of the month" }];

export const HoursValue = (props: EditorProps) => <NumberChips {...props} chips={HOURS} />;

export const MonthDaysValue = (props: EditorProps) => <NumberChips {...props} chips={DATES} />;

/** Minutes of the hour: any of sixty, so they are written. */
export function MinutesValue(props: EditorProps) {
  const { node, labelId, readOnly, onText } = props;
  const stored = numbersOf(node);
  const [typed, setTyped] = useState<string | null>(null);
  if (stored === null) return <AnyValue {...props} />;
  const text = typed !== null && (numbersIn(typed, 0, 59) ?? []).join() === stored.join() ? typed : typed !== null && numbersIn(typed, 0, 59) === null ? typed : stored.join(", ");
  const wrong = numbersIn(text, 0, 59) === null;
  return (
    <TextField
      aria-labelledby={labelId} value={text} readOnly={readOnly} placeholder="0, 30" error={wrong ? "Minutes from 0 to 59, with commas between." : undefined}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        const numbers = numbersIn(event.currentTarget.value, 0, 59);
        if (numbers !== null) onText(numbers.length === 0 ? null : JSON.stringify(numbers));
      }}
    />
  );
}

const WHICH = [{ value: "1", label: "First" }, { value: "2", label: "Second" }, { value: "3", label: "Third" }, { value: "4", label: "Fourth" }, { value: "5", label: "Fifth" }, { value: "-1", label: "Last" }];

/** "The first Monday, the last Friday" of a month. */
export function OccurrencesValue(props: EditorProps) {
  const { field, node, readOnly, onText } = props;
  if (node && node.kind !== "array") return <AnyValue {...props} />;
  const rows = (node?.items ?? []).map((one) => ({ day: stringOf(member(one, "dayOfWeek") ?? member(one, "day")) ?? "Monday", which: String(member(one, "occurrence")?.value ?? 1) }));
  const write = (next: typeof rows): void => onText(next.length === 0 ? null : JSON.stringify(next.map((row) => ({ dayOfWeek: row.day, occurrence: Number(row.which) }))));
  const set = (index: number, change: Partial<(typeof rows)[number]>): void => write(rows.map((row, place) => (place === index ? { ...row, ...change } : row)));
  return (
    <div className={styles.rows}>
      {rows.map((row, index) => (
        <div key={index} className={styles.pair}>
          <Select aria-label={`${field.title}: which, ${String(index + 1)}`} value={row.which} disabled={readOnly} data={WHICH} onChange={(which) => which !== null && set(index, { which })} />
          <Select aria-label={`${field.title}: day, ${String(index + 1)}`} value={DAYS.find((day) => day.toLowerCase() === row.day.toLowerCase()) ?? row.day} disabled={readOnly} data={DAYS} onChange={(day) => day !== null && set(index, { day })} />
          {!readOnly && <IconButton size="small" label={`Remove weekday ${String(index + 1)}`} icon={<IconTrash size={15} />} onClick={() => write(rows.filter((_, place) => place !== index))} />}
        </div>
      ))}
      {!readOnly && (
        <div className={styles.rowEnd}>
          <Button size="small" variant="quiet" icon={<IconPlus size={14} />} onClick={() => write([...rows, { day: "Monday", which: "1" }])}>
            Add a weekday
          </Button>
        </div>
      )}
    </div>
  );
}

/** A moment: from the calendar, or an expression. Without a Z it is told by the clock of the time zone beside it. */
export function MomentValue(props: EditorProps) {
  const { field, labelId, readOnly, onText } = props;
  const { TextEditor } = usePanel();
  const text = nodeText(props);
  const moment = momentIn(text);
  const [free, setFree] = useState(text !== "" && moment === null);
  if (free || (text !== "" && moment === null)) {
    return (
      <>
        <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} wants="string" placeholder="2026-09-07T08:00:00" onChange={(next) => onText(next === "" ? null : JSON.stringify(next))} />
        {!readOnly && (text === "" || moment !== null) && (
          <div>
            <Button size="small" variant="quiet" onClick={() => setFree(false)}>
              Choose in a calendar
            </Button>
          </div>
        )}
      </>
    );
  }
  return (
    <div className={styles.moment}>
      <TextField
        type="datetime-local" step={1} aria-labelledby={labelId} value={moment?.local ?? ""} readOnly={readOnly}
        onChange={(event) => {
          const { value } = event.currentTarget;
          onText(value === "" ? null : JSON.stringify(momentText(value, moment?.utc ?? false)));
        }}
      />
      {moment?.utc && <span className={styles.help}>UTC</span>}
      {!readOnly && (
        <Button size="small" variant="quiet" onClick={() => setFree(true)}>
          Expression
        </Button>
      )}
    </div>
  );
}
