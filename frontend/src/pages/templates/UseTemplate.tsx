import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { connectionsQuery } from "../../api/connections";
import { asProblem } from "../../api/problem";
import { templateQuery } from "../../api/templates";
import type { ConnectorItem, TemplateDetail, TemplateItem } from "../../api/types";
import { useWorkflowCommands } from "../../api/workflows";
import { NewConnectionDialog } from "../../features/connections/ConnectionDialog";
import { ConnectorIcon } from "../../features/connections/ConnectorIcon";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { PasswordField } from "../../ui/PasswordField";
import { Select } from "../../ui/Select";
import { SkeletonLines } from "../../ui/Skeletons";
import { TextField } from "../../ui/TextField";
import type { KnownConnection } from "../../workflow/remapping";
import styles from "./TemplatesPage.module.css";

interface UseTemplateProps {
  readonly tenant: string;
  readonly template: TemplateItem;
  readonly connectors: readonly ConnectorItem[];
  readonly onClose: () => void;
}

/** One page: name, what it needs, parameters; then the canvas. */
export function UseTemplate(props: UseTemplateProps) {
  const query = useQuery(templateQuery(props.tenant, props.template.id));
  return (
    <Dialog open title={`New workflow: ${props.template.title}`} onClose={props.onClose} width={540}>
      {query.data ? (
        <TemplateForm {...props} detail={query.data} />
      ) : query.error ? (
        <ErrorPanel error={asProblem(query.error)} onRetry={() => void query.refetch()} />
      ) : (
        <SkeletonLines lines={6} />
      )}
    </Dialog>
  );
}

/** What the template needs of the outside, each ready or to be made without leaving the page. */
interface NeedsProps {
  readonly tenant: string;
  readonly detail: TemplateDetail;
  readonly connectors: readonly ConnectorItem[];
  readonly connections: readonly KnownConnection[];
  /** What stands for each connection the template names. */
  readonly chosen: Readonly<Record<string, string>>;
  readonly onChoose: (need: string, connection: string) => void;
}

function Needs({ tenant, detail, connectors, connections, chosen, onChoose }: NeedsProps) {
  const [making, setMaking] = useState<TemplateDetail["needs"][number] | null>(null);
  const names = connections.map((each) => each.name);
  return (
    <section aria-label="Connections it needs">
      <h3>Connections it needs</h3>
      {detail.needs.map((need) => {
        const connector = connectors.find((each) => each.id === need.connector);
        const fitting = connections.filter((each) => each.connector === need.connector).map((each) => each.name);
        const taken = chosen[need.connection];
        return (
          <div key={need.connection} className={styles.need}>
            <ConnectorIcon icon={connector?.icon ?? ""} color={connector?.color ?? null} size={28} />
            <span>
              {need.title}: <code>{need.connection}</code>
            </span>
            {fitting.length === 1 && taken === need.connection ? (
              <span className={styles.ready}>
                <IconCheck size={16} aria-hidden /> You have one
              </span>
            ) : fitting.length > 0 ? (
              <Select
                aria-label={`Connection in the place of ${need.connection}`} placeholder="Choose yours" data={[...fitting, { value: "", label: "A new one…" }]} value={taken ?? null}
                onChange={(name) => (name === "" ? setMaking(need) : name !== null && onChoose(need.connection, name))}
              />
            ) : (
              <Button size="small" aria-label={`Create the connection ${need.connection}`} onClick={() => setMaking(need)}>
                Create
              </Button>
            )}
          </div>
        );
      })}
      {making && (
        <NewConnectionDialog
          tenant={tenant}
          connectors={connectors}
          connector={making.connector}
          name={making.connection}
          names={names}
          onMade={(name) => onChoose(making.connection, name)}
          onClose={() => setMaking(null)}
        />
      )}
    </section>
  );
}

function TemplateForm({ tenant, detail, connectors, onClose }: UseTemplateProps & { readonly detail: TemplateDetail }) {
  const [name, setName] = useState(detail.title);
  const [values, setValues] = useState(() =>
    Object.fromEntries(detail.parameters.map((parameter) => [parameter.name, asText(parameter.default)])),
  );
  const connections = useQuery(connectionsQuery(tenant)).data?.items ?? [];
  const [picked, setPicked] = useState<Readonly<Record<string, string>>>({});
  const chosen = { ...obvious(detail.needs, connections), ...picked };
  const { create } = useWorkflowCommands(tenant);
  const navigate = useNavigate();
  const problem = create.error ? asProblem(create.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parameters = Object.fromEntries(
      detail.parameters.map((parameter) => [parameter.name, typedValue(parameter.type, values[parameter.name] ?? "")]),
    );
    create.mutate(
      { name: name.trim(), template: detail.id, ...(detail.parameters.length > 0 ? { parameters } : {}), ...(Object.keys(chosen).length > 0 ? { chosen } : {}) },
      { onSuccess: (made) => void navigate({ to: "/t/$tenant/w/$wf/design", params: { tenant, wf: made.id } }) },
    );
  };
  // The dialog of a new connection has a form of its own, which must not stand inside this one.
  return (
    <div className={styles.form}>
      <p style={{ color: "var(--mr-muted)" }}>{detail.summary}</p>
      {detail.needs.length > 0 && (
        <Needs tenant={tenant} detail={detail} connectors={connectors} connections={connections} chosen={chosen} onChoose={(need, connection) => setPicked((before) => ({ ...before, [need]: connection }))} />
      )}
      <form className={styles.form} onSubmit={submit}>
        {problem && (
          <Banner tone="error" live>
            {problem.message}
          </Banner>
        )}
        <TextField label="Name" required withAsterisk={false} value={name} onChange={(event) => setName(event.currentTarget.value)} error={problem?.field("name")} />
        {detail.parameters.map((parameter) => {
          const Field = parameter.type.toLowerCase() === "securestring" ? PasswordField : TextField;
          return (
            <Field
              key={parameter.name}
              label={parameter.title || parameter.name}
              description={parameter.description || undefined}
              autoComplete="off"
              value={values[parameter.name] ?? ""}
              onChange={(event) => {
                const value = event.currentTarget.value;
                setValues((before) => ({ ...before, [parameter.name]: value }));
              }}
            />
          );
        })}
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending || create.isSuccess} disabled={name.trim() === ""}>
            Create and open
          </Button>
        </DialogFooter>
      </form>
    </div>
  );
}

/** What stands for a need without being asked: the connection of its name, else the only one of its connector. */
function obvious(needs: TemplateDetail["needs"], connections: readonly KnownConnection[]): Readonly<Record<string, string>> {
  return Object.fromEntries(needs.flatMap(({ connection, connector }) => {
    const fitting = connections.filter((one) => one.connector === connector).map((one) => one.name);
    const taken = fitting.find((name) => name === connection) ?? (fitting.length === 1 ? fitting[0] : undefined);
    return taken === undefined ? [] : [[connection, taken]];
  }));
}

function asText(value: unknown): string {
  return value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
}

/** Text fields carry every type: numbers, booleans, arrays and objects are read as JSON, and as text where they are none. */
function typedValue(type: string, text: string): unknown {
  if (["string", "securestring"].includes(type.toLowerCase())) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
