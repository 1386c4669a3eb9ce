import { IconChevronRight, IconLock, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { asProblem } from "../../api/problem";
import { useCarriedValue, useChangeValues, valuesQuery, type ParameterValue, type ValuesChange } from "../../api/values";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { IconButton } from "../../ui/IconButton";
import { PasswordField } from "../../ui/PasswordField";
import { Select } from "../../ui/Select";
import { TextArea } from "../../ui/TextArea";
import { TextField } from "../../ui/TextField";
import type { Draft, Edit } from "../../workflow/edits";
import { escapePart } from "../../workflow/tree";
import { declaredIn, freeParameter, readAs, TYPES, usesOf, wrongName, type Declared } from "./declared";
import styles from "./parameters.module.css";

interface ParametersDialogProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly draft: Draft;
  /** Edits that the server has not confirmed: values wait for the declaration they belong to. */
  readonly waiting: number;
  readonly readOnly: boolean;
  readonly edit: (edit: Edit) => boolean;
  readonly onClose: () => void;
}

/** What a workflow can be told from outside: name, type, default, the value it has here. */
export function ParametersDialog({ tenant, workflowId, draft, waiting, readOnly, edit, onClose }: ParametersDialogProps) {
  const values = useQuery(valuesQuery(tenant, workflowId));
  const change = useChangeValues(tenant, workflowId);
  const carry = useCarriedValue(tenant, workflowId);
  const declared = useMemo(() => declaredIn(draft.document, draft.graph), [draft]);
  const uses = useMemo(() => usesOf(draft.document), [draft.document]);
  const [open, setOpen] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<Declared | null>(null);
  const valueOf = (name: string): ParameterValue | undefined => values.data?.items.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const usedBy = (name: string): number => uses.get(name.toLowerCase()) ?? 0;
  const problem = change.error ?? values.error;
  const add = (): void => {
    const name = freeParameter(declared);
    if (edit({ name: "setParameter", arguments: { parameter: name, text: '{"type": "String"}' } })) setOpen(name);
  };
  const remove = (one: Declared): void => {
    setDeleting(null);
    if (edit({ name: "setParameter", arguments: { parameter: one.name, text: null } }) && valueOf(one.name)) change.mutate({ removed: [valueOf(one.name)?.name ?? one.name] });
  };
  const rename = (one: Declared, to: string): void => {
    if (!edit({ name: "renameParameter", arguments: { from: one.name, to } })) return;
    setOpen(to);
    carry(one.name, to);
  };
  return (
    <Dialog open title="Parameters of this workflow" width={640} onClose={onClose}>
      <p className={styles.about}>
        What differs from place to place: addresses, limits, keys. Expressions read them with <code>parameters('name')</code>. The default stands in the definition; a value is kept beside it and counts from the next version on.
      </p>
      {problem && (
        <Banner tone="error" live>
          {asProblem(problem).message}
        </Banner>
      )}
      {declared.length === 0 && <p className={styles.empty}>There is no parameter yet.</p>}
      <ul className={styles.list}>
        {declared.map((one) => (
          <li key={one.name} className={styles.card}>
            <div className={styles.head}>
              <button type="button" aria-expanded={open === one.name} onClick={() => setOpen(open === one.name ? null : one.name)}>
                <IconChevronRight size={16} aria-hidden />
                <strong>{one.name}</strong>
                <span>{summary(one, valueOf(one.name))}</span>
              </button>
              {!readOnly && <IconButton size="small" label={`Delete ${one.name}`} icon={<IconTrash size={15} />} onClick={() => (usedBy(one.name) > 0 || valueOf(one.name) ? setDeleting(one) : remove(one))} />}
            </div>
            {open === one.name && (
              <Parameter
                key={one.name} one={one} declared={declared} value={valueOf(one.name)} uses={usedBy(one.name)} waiting={waiting > 0} busy={change.isPending} readOnly={readOnly} edit={edit}
                onRename={(to) => rename(one, to)} onValue={(wanted, done) => change.mutate(wanted, { onSuccess: done })}
              />
            )}
          </li>
        ))}
      </ul>
      <DialogFooter
        start={
          !readOnly && (
            <Button icon={<IconPlus size={16} />} onClick={add}>
              Add a parameter
            </Button>
          )
        }
      >
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      </DialogFooter>
      {deleting && (
        <ConfirmDialog open title={`Delete ${deleting.name}?`} confirmLabel="Delete" danger onConfirm={() => remove(deleting)} onClose={() => setDeleting(null)}>
          {[usedBy(deleting.name) > 0 ? `${expressions(usedBy(deleting.name))} it and will not find it any more.` : "", valueOf(deleting.name) ? "The value it has is gone for good." : ""].filter((text) => text !== "").join(" ")}
        </ConfirmDialog>
      )}
    </Dialog>
  );
}

const expressions = (count: number): string => (count === 1 ? "One expression reads" : `${String(count)} expressions read`);

function summary(one: Declared, value: ParameterValue | undefined): string {
  const now = value ? (value.secret ? "value set" : JSON.stringify(value.value)) : one.standard !== null ? (one.secure ? "has a default" : one.standard === "" ? "empty" : one.standard) : "no value";
  return `${one.type} · ${now}`;
}

interface ParameterProps {
  readonly one: Declared;
  readonly declared: readonly Declared[];
  readonly value: ParameterValue | undefined;
  readonly uses: number;
  readonly waiting: boolean;
  readonly busy: boolean;
  readonly readOnly: boolean;
  readonly edit: (edit: Edit) => boolean;
  readonly onRename: (to: string) => void;
  readonly onValue: (change: ValuesChange, done: () => void) => void;
}

function Parameter({ one, declared, value, uses, waiting, busy, readOnly, edit, onRename, onValue }: ParameterProps) {
  const [name, setName] = useState(one.name);
  const [typed, setTyped] = useState(one.standard ?? "");
  const wrong = wrongName(name.trim(), one.name, declared);
  const read = typed === "" && one.standard === null ? null : readAs(one.type, typed);
  const set = (path: string, text: string | null, field: string): boolean => edit({ name: "setWorkflow", arguments: { path: `/parameters/${escapePart(one.name)}${path}`, text, field: `${field} of parameter ${one.name}` } });
  const writeDefault = (text: string): void => {
    setTyped(text);
    const next = readAs(one.type, text);
    if (text === "" && one.standard !== null) set("/defaultValue", null, "default");
    else if ("json" in next) set("/defaultValue", next.json, "default");
  };
  return (
    <div className={styles.body}>
      <div className={styles.two}>
        <TextField
          label="Name" value={name} readOnly={readOnly} error={wrong || undefined} description={uses === 0 ? "No expression reads it." : `${expressions(uses)} it, and will follow.`}
          onChange={(event) => setName(event.currentTarget.value)}
          onBlur={() => wrong === "" && name.trim() !== one.name && onRename(name.trim())}
          onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
        />
        <Select label="Type" value={one.type} disabled={readOnly} description={one.secure ? "Never shown in runs." : "What may be given."} data={[...new Set([...TYPES, one.type])]} onChange={(type) => type !== null && set("/type", JSON.stringify(type), "type")} />
      </div>
      {one.secure ? (
        one.standard !== null && (
          <Banner tone="warning">
            A default stands in the definition, readable by whoever may read it.{" "}
            {!readOnly && (
              <Button size="small" onClick={() => set("/defaultValue", null, "default") && setTyped("")}>
                Take it out
              </Button>
            )}
          </Banner>
        )
      ) : (
        <TextArea
          label="Default" mono minRows={1} value={typed} readOnly={readOnly} placeholder="None" error={read && "wrong" in read && typed !== "" ? read.wrong : undefined}
          onChange={(event) => writeDefault(event.currentTarget.value)}
        />
      )}
      <Value one={one} value={value} waiting={waiting} busy={busy} readOnly={readOnly} onValue={onValue} />
      <TextField label="Description" value={one.description} readOnly={readOnly} placeholder="What it is for" onChange={(event) => set("/metadata/description", event.currentTarget.value === "" ? null : JSON.stringify(event.currentTarget.value), "description")} />
    </div>
  );
}

type ValueProps = Pick<ParameterProps, "one" | "value" | "waiting" | "busy" | "readOnly" | "onValue">;

/** The value this workflow has: given once with a button, because nobody gets a secret back to go on typing. */
function Value({ one, value, waiting, busy, readOnly, onValue }: ValueProps) {
  const stored = value === undefined || value.secret ? "" : typeof value.value === "string" ? value.value : JSON.stringify(value.value);
  const [typed, setTyped] = useState(stored);
  const [given, setGiven] = useState(false);
  const read = readAs(one.type, typed);
  const wrong = typed !== "" && "wrong" in read ? read.wrong : undefined;
  const same = typed === stored && !(one.secure && typed !== "");
  const Field = one.secure ? PasswordField : TextField;
  const give = (): void => {
    if (!("json" in read)) return;
    onValue({ values: { [one.name]: JSON.parse(read.json) as unknown } }, () => {
      setGiven(true);
      if (one.secure) setTyped("");
    });
  };
  return (
    <div className={styles.value}>
      <Field
        label="Value here" autoComplete="off" value={typed} readOnly={readOnly} error={wrong}
        placeholder={value?.secret ? "Set. Type another one to replace it." : one.standard === null || one.secure ? "None" : "The default"}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setGiven(false);
        }}
      />
      {!readOnly && (
        <div className={styles.buttons}>
          <Button disabled={same || typed === "" || wrong !== undefined || waiting} busy={busy} onClick={give}>
            Set the value
          </Button>
          {value && (
            <Button variant="quiet" disabled={busy} onClick={() => onValue({ removed: [value.name] }, () => setTyped(""))}>
              Remove it
            </Button>
          )}
        </div>
      )}
      <p className={styles.help} role="status">
        {one.secure && <IconLock size={14} aria-hidden />}
        {given ? "Set. Publish, and runs have it." : one.secure ? "Kept encrypted. It can be replaced, not read." : "Counts in the place of the default."}
      </p>
    </div>
  );
}
