import { IconX } from "@tabler/icons-react";
import { useId, useMemo, useState, type ComponentType, type ReactNode } from "react";
import { Button } from "../../ui/Button";
import { Checkbox } from "../../ui/Checkbox";
import { IconButton } from "../../ui/IconButton";
import { listed } from "../../workflow/draft";
import type { Edit } from "../../workflow/edits";
import { RUN_AFTER_STATUSES, type Entry } from "../../workflow/graph";
import { reachWords, type Common, type Shared, type SharedSetting } from "../../workflow/settings";
import { STATUS_WORDS } from "../../workflow/words";
import { FieldEditor } from "./FieldRow";
import { PanelContext, type PanelValue, type TextEditorProps } from "./PanelContext";
import { RetrySection } from "./RetrySection";
import { DIFFERENT, Section } from "./sections";
import { ConcurrencySection, TimeoutSection, TrackingSection } from "./SettingsTab";
import { settingsChanges, standInFor, wantedWith, type Wanted } from "./severalSettings";
import styles from "./panel.module.css";

export interface SeveralPanelProps {
  readonly entries: readonly Entry[];
  readonly shared: readonly Shared[];
  readonly readOnly: boolean;
  readonly TextEditor: ComponentType<TextEditorProps>;
  /** One edit; false where it was refused. */
  readonly edit: (edit: Edit) => boolean;
  readonly onApplied: (said: string) => void;
  readonly onClose: () => void;
}

const NOTHING: Wanted = new Map();

/** The settings that the chosen actions share. What is set here waits for its button: then it is one change of all of them. */
export function SeveralPanel({ entries, shared, readOnly, TextEditor, edit, onApplied, onClose }: SeveralPanelProps) {
  const [wanted, setWanted] = useState<Wanted>(NOTHING);
  const standIn = useMemo(() => standInFor(shared, wanted), [shared, wanted]);
  const value = useMemo<PanelValue>(() => ({
    entry: standIn.entry, readOnly, TextEditor, FieldEditor, different: standIn.different, ...NO_CHOICES,
    edit: (one) => {
      if (one.name === "setSetting") setWanted(wantedWith(shared, wanted, one.arguments.path, one.arguments.text));
      return one.name === "setSetting";
    },
  }), [standIn, shared, wanted, readOnly, TextEditor]);
  const changes = settingsChanges(shared, wanted);
  const reached = shared.filter(({ setting }) => changes.some((change) => change.setting === setting));
  const apply = (): void => {
    if (!edit({ name: "setSettings", arguments: { changes } })) return;
    setWanted(NOTHING);
    onApplied(reached.map(reachWords).join(" "));
  };
  const title = `${String(entries.length)} actions`;
  const reset = (setting: SharedSetting): void => setWanted(new Map([...wanted].filter(([key]) => key !== setting && !key.startsWith(`${setting}:`))));
  const set = (setting: SharedSetting, property: string, on: boolean): void => setWanted(new Map([...wanted, [keyOf(setting, property), String(on)]]));
  return (
    <PanelContext value={value}>
      <aside className={styles.panel} aria-label={title}>
        <header className={styles.header}>
          <div className={styles.headerText}>
            <h2 className={styles.severalTitle}>{title}</h2>
            <div className={styles.operation}>{listed(entries.map(({ action }) => action.name))}</div>
          </div>
          <IconButton size="small" label="Close" keys="Esc" icon={<IconX size={18} />} onClick={onClose} />
        </header>
        <div className={styles.body}>
          <p className={styles.severalHelp}>{readOnly ? "The settings that these actions share." : "The settings that these actions share. What you leave alone stays as it is in each of them."}</p>
          <div className={styles.sections}>
            {shared.map((one) => {
              const touched = reached.includes(one);
              return (
                <div key={one.setting} data-setting={one.setting} data-touched={touched || undefined} className={styles.several}>
                  <SharedSection one={one} document={standIn.document} wanted={wanted} readOnly={readOnly} set={set} />
                  {(touched || one.cannot.length > 0) && (
                    <div className={styles.reach}>
                      <span>{reachWords(one)}</span>
                      {touched && (
                        <Button size="small" variant="quiet" onClick={() => reset(one.setting)}>
                          Leave as it is
                        </Button>
                      )}
                    </div>
                  )}
                </div>
              );
            })}
          </div>
        </div>
        {!readOnly && (
          <footer className={styles.severalFoot}>
            <span aria-live="polite">{reached.length === 0 ? "Nothing is set yet." : `${String(reached.length)} ${reached.length === 1 ? "setting" : "settings"} to apply.`}</span>
            <Button disabled={reached.length === 0} onClick={() => setWanted(NOTHING)}>
              Reset
            </Button>
            <Button variant="primary" disabled={reached.length === 0} onClick={apply}>
              {`Apply to ${title}`}
            </Button>
          </footer>
        )}
      </aside>
    </PanelContext>
  );
}

const keyOf = (setting: SharedSetting, property: string): string => (property === "" ? setting : `${setting}:${property}`);

interface SharedSectionProps {
  readonly one: Shared;
  readonly document: ReturnType<typeof standInFor>["document"];
  readonly wanted: Wanted;
  readonly readOnly: boolean;
  readonly set: (setting: SharedSetting, property: string, on: boolean) => void;
}

function SharedSection({ one, document, wanted, readOnly, set }: SharedSectionProps) {
  const box = (property: string, label: string): ReactNode => {
    const common = one.values.get(property);
    if (!common) return null;
    return <SharedBox key={property} label={label} common={common} wanted={wanted.get(keyOf(one.setting, property))} readOnly={readOnly} onChange={(on) => set(one.setting, property, on)} />;
  };
  const mixed = [...one.values].some(([property, common]) => !common.same && !wanted.has(keyOf(one.setting, property)));
  const on = [...one.values].filter(([property, common]) => (wanted.get(keyOf(one.setting, property)) ?? (common.same ? common.text : null)) === "true").map(([property]) => property);
  switch (one.setting) {
    case "retryPolicy":
      return <RetrySection document={document} />;
    case "timeout":
      return <TimeoutSection document={document} />;
    case "concurrency":
      return <ConcurrencySection document={document} />;
    case "security":
      return (
        <Section title="Security" summary={mixed ? DIFFERENT : on.length === 0 ? "" : `${on.join(" and ")} hidden`}>
          {box("inputs", "Hide inputs in the run history")}
          {box("outputs", "Hide outputs in the run history")}
        </Section>
      );
    case "asyncPattern":
      return (
        <Section title="Asynchronous pattern" summary={mixed ? DIFFERENT : on.length === 0 ? "" : "off"}>
          {box("", "Do not wait for 202 answers to complete")}
        </Section>
      );
    case "runAfter":
      return (
        <Section title="Run after" summary={mixed ? DIFFERENT : on.map((status) => STATUS_WORDS[status as keyof typeof STATUS_WORDS]).join(", ")}>
          <fieldset className={styles.link} disabled={readOnly}>
            <legend>Each runs when what comes before it</legend>
            <div className={styles.checks}>{RUN_AFTER_STATUSES.map((status) => box(status, STATUS_WORDS[status]))}</div>
          </fieldset>
        </Section>
      );
    case "trackedProperties": {
      const unlike = [...one.values].filter(([name, common]) => !common.same && !wanted.has(keyOf("trackedProperties", name))).map(([name]) => name);
      return (
        <>
          <TrackingSection document={document} />
          {unlike.length > 0 && <p className={styles.severalHelp}>{`Not the same in all of them, and left alone: ${listed(unlike)}.`}</p>}
        </>
      );
    }
  }
}

interface SharedBoxProps {
  readonly label: string;
  readonly common: Common;
  readonly wanted: string | null | undefined;
  readonly readOnly: boolean;
  readonly onChange: (on: boolean) => void;
}

/** A choice that stands between yes and no while the actions differ. */
function SharedBox({ label, common, wanted, readOnly, onChange }: SharedBoxProps) {
  const described = useId();
  const mixed = wanted === undefined && !common.same;
  return (
    <div className={styles.severalBox}>
      <Checkbox label={label} checked={(wanted ?? (common.same ? common.text : null)) === "true"} indeterminate={mixed} disabled={readOnly} aria-describedby={mixed ? described : undefined} onChange={(event) => onChange(mixed || event.currentTarget.checked)} />
      {mixed && (
        <span id={described} className={styles.differs}>
          {DIFFERENT}
        </span>
      )}
    </div>
  );
}

/** What forms ask a connector for: settings ask for nothing. */
const NO_CHOICES: Pick<PanelValue, "evaluate" | "variables" | "PickWorkflow" | "zones" | "loadChoices" | "browse" | "forecast" | "keepSecret"> = {
  evaluate: null, variables: [], PickWorkflow: () => null, zones: [], loadChoices: () => Promise.resolve([]), browse: () => Promise.resolve({ items: [], more: false }),
  forecast: () => Promise.resolve({ times: [], zone: "", counted: false, error: "" }), keepSecret: () => null,
};
