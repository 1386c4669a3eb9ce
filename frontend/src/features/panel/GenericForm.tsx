import { IconPlus } from "@tabler/icons-react";
import { useId, useState } from "react";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { TextField } from "../../ui/TextField";
import { at, type Document } from "../../workflow/document";
import { serviceOf } from "../../workflow/services";
import { FieldRow } from "./FieldRow";
import { genericField, genericInputs } from "./generic";
import type { PanelProblem } from "./ParametersTab";
import { usePanel } from "./PanelContext";
import type { Field } from "./fields";
import styles from "./panel.module.css";

interface GenericFormProps {
  readonly document: Document;
  readonly problems: readonly PanelProblem[];
  /** The choice of its connection. */
  readonly connection: React.ReactNode;
  /** Title of the connector here that does part of its work. */
  readonly does: string | null;
}

/** The form of an operation that has no manifest here: a field for each input its text has. */
export function GenericForm({ document, problems, connection, does }: GenericFormProps) {
  const { entry, readOnly, edit } = usePanel();
  const { action, pointer } = entry;
  const { base, fields } = genericInputs(action);
  // A field stays, with its editor, while the form is open: what is emptied or becomes an expression is not taken from under the hand.
  const [seen, setSeen] = useState<readonly Field[]>(fields);
  const shown = [...seen, ...fields.filter((field) => !seen.some((one) => one.path === field.path))];
  const below = (field: Field, place: string): boolean => place === pointer + field.path || place.startsWith(`${pointer}${field.path}/`);
  const remove = (field: Field): void => {
    setSeen(shown.filter((one) => one.path !== field.path));
    if (at(document, pointer + field.path)) edit({ name: "setInput", arguments: { action: action.name, path: field.path, text: null, field: field.title } });
  };
  return (
    <div className={styles.form}>
      {problems.filter((one) => !shown.some((field) => below(field, one.pointer))).map((one) => (
        <Banner key={one.message} tone={one.severity === "error" ? "error" : "warning"}>
          {one.message}
        </Banner>
      ))}
      <Banner tone="info">{introduction(action.type, serviceOf(action)?.service, does, shown.length > 0)}</Banner>
      {connection}
      {shown.map((field) => (
        <FieldRow key={field.path} field={field} document={document} problems={problems.filter((one) => below(field, one.pointer)).map((one) => one.message)} onRemove={() => remove(field)} />
      ))}
      {base !== null && !readOnly && <NewField taken={shown} onAdd={(name) => setSeen([...shown, genericField(base, name, undefined)])} />}
    </div>
  );
}

function introduction(type: string, service: string | undefined, does: string | null, fields: boolean): string {
  if (type === "") return "This action has no type yet. Write it on the Code tab.";
  const who = service === undefined ? `Operations of the type “${type}” are` : `The connector of ${service} is`;
  const fate = does === null ? "and it fails when it runs" : `and what a connection of ${does} can do in its place runs; the rest fails`;
  return `${who} not installed here: the action is kept and exported as it is, ${fate}.${fields ? " These are its inputs." : " The Code tab shows all of it."}`;
}

function NewField({ taken, onAdd }: { readonly taken: readonly Field[]; readonly onAdd: (name: string) => void }) {
  const [name, setName] = useState<string | null>(null);
  const id = useId();
  if (name === null) {
    return (
      <Button size="small" icon={<IconPlus size={14} />} onClick={() => setName("")}>
        Add parameter
      </Button>
    );
  }
  const double = taken.some((field) => field.name === name.trim());
  const add = (): void => {
    if (name.trim() === "" || double) return;
    onAdd(name.trim());
    setName(null);
  };
  return (
    <form
      className={styles.field}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <label className={styles.label} htmlFor={id}>
        Name of the parameter
      </label>
      <TextField id={id} autoFocus value={name} placeholder="As the connector spells it" onChange={(event) => setName(event.target.value)} onBlur={() => name === "" && setName(null)} />
      {double && <div className={styles.wrong}>There is a parameter of this name already.</div>}
    </form>
  );
}
