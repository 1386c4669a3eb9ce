import { IconChevronDown, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { IconButton } from "../../ui/IconButton";
import { Menu, MenuItem } from "../../ui/Menu";
import { connectorFor, referenceOf, type Reference } from "../../workflow/connections";
import { at, type Document } from "../../workflow/document";
import type { Branch } from "../../workflow/graph";
import { jsonOf } from "../../workflow/tree";
import { SkeletonLines } from "../../ui/Skeletons";
import { ConnectionLine } from "./ConnectionLine";
import { FieldRow } from "./FieldRow";
import { NextFirings } from "./NextFirings";
import { belongsTo, frequencyOf, shownAtOnce } from "./scheduling";
import { GenericForm } from "./GenericForm";
import { fieldsOf, type Field, type FieldSchema } from "./fields";
import { usePanel, type ConnectionChoice } from "./PanelContext";
import { looseJson } from "./editors/values";
import styles from "./panel.module.css";

export interface ManifestPart {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly connectorTitle: string;
  readonly inputs: FieldSchema;
  /** Names of the settings the operation takes. */
  readonly settings?: readonly string[];
  readonly connection: { readonly connector?: string; readonly title?: string } | null;
}

export interface PanelProblem {
  readonly severity: "error" | "warning" | "info";
  readonly pointer: string;
  readonly message: string;
  readonly code?: string | undefined;
}

/** Beside the field nobody has to be told which action it is. */
const besideField = (message: string, name: string): string => (message.startsWith(`'${name}': `) ? message.slice(name.length + 4) : message);

interface ParametersProps {
  readonly document: Document;
  readonly manifest: ManifestPart | null;
  readonly loading: boolean;
  readonly problems: readonly PanelProblem[];
  readonly connections: readonly ConnectionChoice[];
  /** Connectors that are installed, by id. */
  readonly connectors: ReadonlyMap<string, string>;
  /** What the actions of this workflow use. */
  readonly uses: readonly Reference[];
  readonly onNewConnection: (connector: string, name?: string) => void;
  readonly callback?: React.ReactNode;
}

/** The form of an operation: what is required and set first, the rest under "Add parameter". */
export function ParametersTab({ document, manifest, loading, problems, connections, connectors, uses, onNewConnection, callback }: ParametersProps) {
  const { entry, readOnly, edit } = usePanel();
  const [added, setAdded] = useState<ReadonlySet<string>>(new Set());
  const { action, pointer } = entry;
  const reference = referenceOf(action);
  const does = reference && (manifest?.connection?.connector ?? connectorFor(reference.service, [...connectors.keys()]));
  const line = reference && (!manifest || manifest.connection) && (
    <ConnectionLine reference={reference} connector={does ? { id: does, title: manifest?.connection?.title ?? connectors.get(does) ?? "" } : null} connections={connections} uses={uses} onNew={onNewConnection} />
  );
  if (!manifest) return loading ? <div className={styles.form}><SkeletonLines lines={6} label="Loading the form" /></div> : <GenericForm document={document} problems={problems} connection={line} does={does ? (connectors.get(does) ?? null) : null} />;
  const fields = fieldsOf(manifest.inputs, action.type === "ServiceProvider");
  const isSet = (field: Field): boolean => at(document, pointer + field.path) !== undefined;
  const frequency = action.trigger ? frequencyOf(action.value) : null;
  const shown = fields.filter((field) => field.visibility === "important" || isSet(field) || added.has(field.name) || shownAtOnce(field.name, frequency));
  const rest = fields.filter((field) => !shown.includes(field) && belongsTo(field.name, frequency));
  const of = (field: Field): string[] => problems.filter((one) => one.pointer === pointer + field.path || one.pointer.startsWith(`${pointer}${field.path}/`)).map((one) => besideField(one.message, action.name));
  // That no connection is chosen stands where it is chosen.
  const elsewhere = problems.filter((one) => !(line && one.code === "ConnectionMissing") && !fields.some((field) => one.pointer === pointer + field.path || one.pointer.startsWith(`${pointer}${field.path}/`)));
  const remove = (field: Field): void => {
    setAdded(new Set([...added].filter((name) => name !== field.name)));
    if (isSet(field)) edit({ name: "setInput", arguments: { action: action.name, path: field.path, text: null, field: field.title } });
  };
  return (
    <div className={styles.form}>
      {elsewhere.map((one) => (
        <Banner key={one.message} tone={one.severity === "error" ? "error" : "warning"}>
          {one.message}
        </Banner>
      ))}
      {callback}
      {line}
      {shown.length === 0 && rest.length === 0 && <p className={styles.help}>{action.type === "Scope" ? "A scope has no parameters: it ends as the actions inside it end, and what comes after it can react to that on its Run after tab." : "This operation has no parameters."}</p>}
      {shown.map((field) => (
        <FieldRow key={field.name} field={field} document={document} problems={of(field)} onRemove={field.visibility === "important" || (!isSet(field) && !added.has(field.name)) ? null : () => remove(field)} />
      ))}
      {rest.length > 0 && !readOnly && (
        <Menu
          position="bottom-start"
          target={
            <Button size="small" icon={<IconPlus size={14} />} trailing={<IconChevronDown size={14} />}>
              Add parameter
            </Button>
          }
        >
          {rest.map((field) => (
            <MenuItem key={field.name} onClick={() => setAdded(new Set([...added, field.name]))}>
              {field.title}
            </MenuItem>
          ))}
        </Menu>
      )}
      {action.type === "Switch" && <Cases document={document} />}
      {frequency !== null && <NextFirings />}
    </div>
  );
}

/** Cases of a Switch: a name and a value each. */
function Cases({ document }: { readonly document: Document }) {
  const { entry, readOnly, edit, TextEditor } = usePanel();
  const { action, pointer } = entry;
  const cases = action.branches.filter((branch) => branch.kind === "case");
  const valueOf = (branch: Branch): string => {
    const node = at(document, `${pointer}/${branch.key.replace(/\/actions$/, "/case")}`);
    return !node ? "" : node.kind === "string" ? String(node.value) : JSON.stringify(jsonOf(node));
  };
  const free = (): string => {
    let number = cases.length + 1;
    while (cases.some((branch) => branch.name === `Case_${String(number)}`)) number += 1;
    return `Case_${String(number)}`;
  };
  return (
    <div className={styles.field}>
      <div className={styles.label}>
        <span>Cases</span>
      </div>
      <div className={styles.rows}>
        {cases.map((branch) => (
          <div key={branch.key} className={styles.item}>
            <TextEditor
              value={valueOf(branch)}
              label={`Value of ${branch.title}`}
              placeholder="Equals this value"
              readOnly={readOnly}
              wants="string"
              onChange={(text) => edit({ name: "setInput", arguments: { action: action.name, path: `/${branch.key.replace(/\/actions$/, "/case")}`, text: /^-?\d+$/.test(text) ? text : looseJson(text).startsWith('"') ? looseJson(text) : JSON.stringify(text), field: `Value of ${branch.title}` } })}
            />
            {!readOnly && <IconButton size="small" label={`Delete ${branch.title}`} icon={<IconTrash size={15} />} onClick={() => edit({ name: "removeBranch", arguments: { action: action.name, branch: branch.key } })} />}
          </div>
        ))}
      </div>
      {!readOnly && (
        <Button size="small" variant="quiet" icon={<IconPlus size={14} />} onClick={() => edit({ name: "addBranch", arguments: { action: action.name, name: free(), value: '""' } })}>
          Add case
        </Button>
      )}
    </div>
  );
}
