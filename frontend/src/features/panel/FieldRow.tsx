import { IconX } from "@tabler/icons-react";
import { useId, type ComponentType } from "react";
import { IconButton } from "../../ui/IconButton";
import { at, type Document } from "../../workflow/document";
import type { EditorName, Field } from "./fields";
import { usePanel } from "./PanelContext";
import { ConditionValue } from "./editors/condition";
import type { EditorProps } from "./editors/EditorProps";
import { ContentValue } from "./editors/content";
import { HtmlValue } from "./editors/html";
import { ItemsValue, ObjectValue } from "./editors/items";
import { ArrayValue, DictionaryValue, TableValue } from "./editors/lists";
import { AnyValue, BooleanValue, ComboValue, DurationValue, EnumValue, NumberValue, TextValue, TimezoneValue, VariableValue, WorkflowValue } from "./editors/simple";
import { HoursValue, MinutesValue, MomentValue, MonthDaysValue, OccurrencesValue, WeekdaysValue } from "./editors/schedule";
import { TreeValue } from "./editors/tree";
import { AuthenticationValue } from "./editors/authentication";
import { CodeValue, JsonValue, SchemaValue } from "./editors/structured";
import { useQuiet } from "./useQuiet";
import styles from "./panel.module.css";

const EDITORS: Readonly<Record<EditorName, ComponentType<EditorProps>>> = {
  text: TextValue, multiline: TextValue, html: HtmlValue, expression: TextValue, number: NumberValue, boolean: BooleanValue, enum: EnumValue, combobox: ComboValue,
  dictionary: DictionaryValue, array: ArrayValue, json: JsonValue, schema: SchemaValue, code: CodeValue, condition: ConditionValue, variable: VariableValue, table: TableValue,
  authentication: AuthenticationValue, timezone: TimezoneValue, duration: DurationValue, workflow: WorkflowValue, any: AnyValue, weekdays: WeekdaysValue, items: ItemsValue, object: ObjectValue, content: ContentValue, tree: TreeValue,
  hours: HoursValue, minutes: MinutesValue, monthdays: MonthDaysValue, monthlyoccurrences: OccurrencesValue, datetime: MomentValue,
};

/** The editor of a field by its kind. */
export function FieldEditor(props: EditorProps) {
  const Editor = EDITORS[props.field.editor];
  return <Editor {...props} />;
}

interface FieldRowProps {
  readonly field: Field;
  readonly document: Document;
  /** Sentences of the server about this field. */
  readonly problems: readonly string[];
  readonly onRemove: (() => void) | null;
}

/** Label, editor, help and what is wrong with one field. */
export function FieldRow({ field, document, problems, onRemove }: FieldRowProps) {
  const { entry, edit, readOnly } = usePanel();
  const labelId = useId();
  const quiet = useQuiet(problems);
  const node = at(document, entry.pointer + field.path);
  const write = (text: string | null): void => {
    quiet.touch();
    edit({ name: "setInput", arguments: { action: entry.action.name, path: field.path, text, field: field.title } });
  };
  return (
    <div
      className={styles.field}
      data-wrong={quiet.sentences.length > 0 || undefined}
      data-typing={quiet.typing || undefined}
      data-field={field.path}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) quiet.settle();
      }}
    >
      <div className={styles.label}>
        <span id={labelId}>
          {field.title}
          {field.required && (
            <span className={styles.required} title="Required" aria-hidden>
              {" *"}
            </span>
          )}
        </span>
        {onRemove && !readOnly && <IconButton size="small" label={`Remove ${field.title}`} icon={<IconX size={14} />} onClick={onRemove} />}
      </div>
      <FieldEditor field={field} document={document} node={node} labelId={labelId} readOnly={readOnly} onText={write} />
      {field.description !== "" && quiet.sentences.length === 0 && <div className={styles.help}>{field.description}</div>}
      {quiet.sentences.map((problem) => (
        <div key={problem} className={styles.wrong} data-held>
          {problem}
        </div>
      ))}
    </div>
  );
}
