import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type ConnectionLimits, connectionQuery, useConnectionCommands } from "../../api/connections";
import { asProblem, type Problem } from "../../api/problem";
import type { ConnectionDetail, ConnectionItem, ConnectorItem, TestResult } from "../../api/types";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { NumberField } from "../../ui/NumberField";
import { SkeletonLines } from "../../ui/Skeletons";
import { TextField } from "../../ui/TextField";
import { ConnectorIcon } from "./ConnectorIcon";
import styles from "./connections.module.css";
import { initialValues, readFields, submitted } from "./schemaForm";
import { SchemaFields } from "./SchemaFields";

interface NewConnectionProps {
  readonly tenant: string;
  readonly connectors: readonly ConnectorItem[];
  /** Starts with this one chosen. */
  readonly connector?: string | undefined;
  /** The name that a workflow already uses for it. */
  readonly name?: string | undefined;
  readonly names: readonly string[];
  /** Told whenever it is saved, under which name. */
  readonly onMade?: ((name: string) => void) | undefined;
  readonly onClose: () => void;
}

/** Choose a connector, fill its form; saving tests it at once. */
export function NewConnectionDialog({ tenant, connectors, connector, name, names, onMade, onClose }: NewConnectionProps) {
  const possible = connectors.filter((each) => each.connectionForm !== null);
  const [chosen, setChosen] = useState<ConnectorItem | null>(possible.find((each) => each.id === connector) ?? null);
  if (chosen === null) {
    return (
      <Dialog open title="New connection" onClose={onClose} width={600}>
        <p className={styles.muted} style={{ marginBottom: 12 }}>
          A connection holds the address and the sign-in of a service, so that workflows can use it without knowing the secret.
        </p>
        <div className={styles.connectors}>
          {possible.map((each, index) => (
            <button key={each.id} type="button" data-autofocus={index === 0 || undefined} className={styles.connector} onClick={() => setChosen(each)}>
              <ConnectorIcon icon={each.icon} color={each.color} />
              <span>
                <strong>{each.title}</strong>
                <span className={styles.muted} style={{ display: "block" }}>
                  {each.description}
                </span>
              </span>
            </button>
          ))}
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open title={`New connection to ${chosen.title}`} onClose={onClose} width={480}>
      <ConnectionForm tenant={tenant} connector={chosen} suggested={name ?? freeName(chosen.id, names)} onMade={onMade} onClose={onClose} onBack={() => setChosen(null)} />
    </Dialog>
  );
}

interface EditConnectionProps {
  readonly tenant: string;
  readonly connection: ConnectionItem;
  readonly connector: ConnectorItem;
  readonly onClose: () => void;
}

export function EditConnectionDialog({ tenant, connection, connector, onClose }: EditConnectionProps) {
  const query = useQuery(connectionQuery(tenant, connection.id));
  return (
    <Dialog open title={`${connection.name}: ${connector.title}`} onClose={onClose} width={480}>
      {query.data ? (
        <ConnectionForm tenant={tenant} connector={connector} stored={query.data} suggested={connection.name} onClose={onClose} />
      ) : query.error ? (
        <ErrorPanel error={asProblem(query.error)} onRetry={() => void query.refetch()} />
      ) : (
        <SkeletonLines lines={6} />
      )}
    </Dialog>
  );
}

interface ConnectionFormProps {
  readonly tenant: string;
  readonly connector: ConnectorItem;
  readonly stored?: ConnectionDetail;
  readonly suggested: string;
  readonly onMade?: ((name: string) => void) | undefined;
  readonly onClose: () => void;
  readonly onBack?: () => void;
}

function ConnectionForm({ tenant, connector, stored, suggested, onMade, onClose, onBack }: ConnectionFormProps) {
  const fields = readFields(connector.connectionForm ?? {});
  const [name, setName] = useState(suggested);
  const [values, setValues] = useState(() => initialValues(fields, stored?.parameters));
  const [saved, setSaved] = useState<ConnectionDetail | undefined>(stored);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tested, setTested] = useState<TestResult | null>(null);
  const [busy, setBusy] = useState(false);
  const [limits, setLimits] = useState<ConnectionLimits>({ mostAtOnce: stored?.limits.mostAtOnce ?? null, mostPerMinute: stored?.limits.mostPerMinute ?? null });
  const commands = useConnectionCommands(tenant);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    setTested(null);
    try {
      const parameters = submitted(fields, values);
      const made = saved
        ? await commands.change.mutateAsync({ id: saved.id, name: name.trim(), parameters, limits })
        : await commands.create.mutateAsync({ name: name.trim(), connector: connector.id, parameters, limits });
      setSaved(made);
      onMade?.(made.name);
      setTested(await commands.test.mutateAsync(made.id));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const errorOf = (field: string) => problem?.field(field) ?? problem?.field(`parameters.${field}`) ?? problem?.field(`/parameters/${field}`);
  const inFields = problem !== null && (errorOf("name") ?? problem.field("/name") ?? fields.some((field) => errorOf(field.name)));
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      {problem && !inFields && (
        <Banner tone="error" live>
          {problem.message}
        </Banner>
      )}
      <TextField
        label="Name"
        description="Definitions refer to the connection by this name."
        required
        data-autofocus
        value={name}
        maxLength={80}
        onChange={(event) => setName(event.currentTarget.value)}
        error={errorOf("name") ?? problem?.field("/name")}
      />
      <SchemaFields fields={fields} values={values} onChange={setValues} secretsSet={saved?.secretsSet ?? []} errorOf={errorOf} />
      <LimitFields limits={limits} onChange={setLimits} errorOf={(field) => problem?.field(`limits.${field}`)} />
      {tested && (
        <div ref={show} className={styles.tested}>
          <Banner tone={tested.ok ? "success" : "error"} live>
            {tested.ok ? tested.message || "The connection works." : `Saved, but the test failed. ${tested.message}`}
          </Banner>
        </div>
      )}
      <DialogFooter
        start={
          onBack &&
          saved === undefined && (
            <Button variant="quiet" onClick={onBack}>
              Back
            </Button>
          )
        }
      >
        <Button onClick={onClose}>{tested ? "Close" : "Cancel"}</Button>
        <Button type="submit" variant="primary" busy={busy}>
          Save and test
        </Button>
      </DialogFooter>
    </form>
  );
}

/** How the test ended is seen also where the form is longer than the window. */
function show(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}

/** How much of the connection all workflows may use together. */
function LimitFields({ limits, onChange, errorOf }: { readonly limits: ConnectionLimits; readonly onChange: (limits: ConnectionLimits) => void; readonly errorOf: (field: string) => string | undefined }) {
  const given = (value: string | number) => (typeof value === "number" && value > 0 ? Math.round(value) : null);
  return (
    <div className={styles.limits}>
      <NumberField
        label="Calls at a time"
        placeholder="No limit"
        min={1}
        max={10_000}
        allowDecimal={false}
        value={limits.mostAtOnce ?? ""}
        onChange={(value) => onChange({ ...limits, mostAtOnce: given(value) })}
        error={errorOf("mostAtOnce")}
      />
      <NumberField
        label="Calls a minute"
        placeholder="No limit"
        min={1}
        max={100_000}
        allowDecimal={false}
        value={limits.mostPerMinute ?? ""}
        onChange={(value) => onChange({ ...limits, mostPerMinute: given(value) })}
        error={errorOf("mostPerMinute")}
      />
      <p className={styles.muted}>Of all workflows together. Further calls wait in order, and their run says for what.</p>
    </div>
  );
}

function freeName(wanted: string, names: readonly string[]): string {
  let name = wanted;
  for (let count = 2; names.includes(name); count += 1) name = `${wanted}-${count}`;
  return name;
}
