import { IconPlus } from "@tabler/icons-react";
import { Button } from "../../ui/Button";
import { Select } from "../../ui/Select";
import { connectionChoices, connectionFor, type Reference } from "../../workflow/connections";
import { usePanel, type ConnectionChoice } from "./PanelContext";
import styles from "./panel.module.css";

interface ConnectionLineProps {
  readonly reference: Reference;
  /** The connector here that a new connection would be of, and its name; null where none does this work. */
  readonly connector: { readonly id: string; readonly title: string } | null;
  readonly connections: readonly ConnectionChoice[];
  /** What other actions of this workflow use. */
  readonly uses: readonly Reference[];
  readonly onNew: (connector: string, name?: string) => void;
}

/** Which connection an action uses, and a way to a new one. */
export function ConnectionLine({ reference, connector, connections, uses, onNew }: ConnectionLineProps) {
  const { entry, readOnly, edit } = usePanel();
  const { name } = reference;
  const known = connectionFor(reference, connections);
  const label = (one: string): string => {
    const found = connectionFor({ ...reference, name: one }, connections);
    return found === undefined ? `${one} (not found)` : found.state === "failing" ? `${one} (failing)` : one;
  };
  const choices = connectionChoices(reference, connections, uses);
  // The only one that fits, where the action names one that is not here (imported) or none.
  const only = known === undefined && !readOnly && choices.length === 1 && choices[0]?.toLowerCase() !== name.toLowerCase() ? choices[0] : undefined;
  const choose = (next: string): void => void edit({ name: "setConnection", arguments: { names: [entry.action.name], connection: next } });
  const listed = name === "" || choices.some((one) => one.toLowerCase() === name.toLowerCase()) ? choices : [...choices, name];
  const value = name === "" ? null : (listed.find((one) => one.toLowerCase() === name.toLowerCase()) ?? null);
  const title = connector?.title ?? "";
  return (
    <div className={styles.field} data-wrong={(connector !== null && known === undefined) || undefined}>
      <div className={styles.label}>
        <span>Connection</span>
        {!readOnly && connector && (
          <Button size="small" variant={listed.length === 0 ? "primary" : "quiet"} icon={<IconPlus size={14} />} onClick={() => onNew(connector.id, known === undefined && name !== "" ? name : undefined)}>
            {listed.length === 0 ? "Create a connection" : "New"}
          </Button>
        )}
      </div>
      <Select
        aria-label="Connection" value={value} disabled={readOnly || listed.length === 0} placeholder={listed.length === 0 ? `No ${title} connection yet`.replace("  ", " ") : title === "" ? "Choose a connection" : `Choose a connection to ${title}`}
        data={listed.map((one) => ({ value: one, label: label(one) }))} onChange={(next) => next !== null && next !== value && choose(next)}
      />
      {only === undefined ? name === "" && <div className={styles.wrong}>{listed.length === 0 ? `It needs a connection${title === "" ? "" : ` to ${title}`}.` : "Choose a connection, or create one."}</div> : (
        <div className={styles.onlyOne}>
          <span>{name === "" ? "One connection fits." : `“${name}” is not here. One connection fits.`}</span>
          <Button size="small" variant="primary" onClick={() => choose(only)}>Use “{only}”</Button>
        </div>
      )}
    </div>
  );
}
