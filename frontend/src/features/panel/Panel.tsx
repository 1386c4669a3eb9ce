import { IconDots, IconTrash, IconX } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState, type ComponentType } from "react";
import { CodeField } from "../../ui/CodeField";
import { IconButton } from "../../ui/IconButton";
import { Menu, MenuDivider, MenuItem } from "../../ui/Menu";
import { steady } from "../../ui/steady";
import { Tile } from "../../ui/Tile";
import type { Catalogue } from "../../workflow/catalogue";
import { connectionUses } from "../../workflow/connections";
import { at, parse, type Document } from "../../workflow/document";
import { titleOf, type Draft } from "../../workflow/draft";
import type { Edit } from "../../workflow/edits";
import type { Entry } from "../../workflow/graph";
import { lookOfAction } from "../../workflow/looks";
import { namesIn } from "../../workflow/references";
import { unknownTitle } from "../../workflow/services";
import { stringOf, strings } from "../../workflow/tree";
import { variablesOf } from "../../workflow/tokens";
import { FieldEditor } from "./FieldRow";
import { ParametersTab, type ManifestPart, type PanelProblem } from "./ParametersTab";
import { PanelContext, type Choice, type ConnectionChoice, type Evaluation, type PanelValue, type TextEditorProps, type ZoneChoice } from "./PanelContext";
import { PinSection } from "./PinSection";
import { RunAfterTab } from "./RunAfterTab";
import { SettingsTab } from "./SettingsTab";
import { prettyText } from "./fields";
import styles from "./panel.module.css";

export type PanelTab = "parameters" | "settings" | "run-after" | "test" | "output" | "code" | "about";

export interface PanelProps {
  readonly draft: Draft;
  readonly entry: Entry;
  readonly catalogue: Catalogue | null;
  readonly manifest: ManifestPart | null;
  readonly manifestLoading: boolean;
  readonly problems: readonly PanelProblem[];
  readonly connections: readonly ConnectionChoice[];
  readonly connectors: ReadonlyMap<string, string>;
  readonly PickWorkflow: PanelValue["PickWorkflow"];
  readonly zones: readonly ZoneChoice[];
  readonly TextEditor: ComponentType<TextEditorProps>;
  readonly evaluate: Evaluation | null;
  readonly readOnly: boolean;
  readonly tab: PanelTab;
  /** Edit the title at once (F2). */
  readonly intent: "rename" | null;
  readonly callback?: React.ReactNode;
  /** Where the values come from, above the fields. */
  readonly lens: React.ReactNode;
  readonly output: React.ReactNode;
  /** The test of this action, around its pin. */
  readonly test: (pin: React.ReactNode) => React.ReactNode;
  readonly onTab: (tab: PanelTab) => void;
  readonly edit: (edit: Edit) => boolean;
  readonly loadChoices: (field: string) => Promise<readonly Choice[]>;
  readonly browse: PanelValue["browse"];
  readonly forecast: PanelValue["forecast"];
  readonly keepSecret: PanelValue["keepSecret"];
  readonly onNewConnection: (connector: string, name?: string) => void;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}

const TITLES: Readonly<Record<PanelTab, string>> = { parameters: "Parameters", settings: "Settings", "run-after": "Run after", test: "Test", output: "Output", code: "Code", about: "About" };

/** The tabs of an action or trigger; About stands in the menu and joins them while it is open. */
function tabsOf(entry: Entry, tab: PanelTab): PanelTab[] {
  const tabs: PanelTab[] = entry.action.trigger ? ["parameters", "settings", "output", "code"] : ["parameters", "settings", "run-after", "test", "output", "code"];
  return tab === "about" ? [...tabs, "about"] : tabs;
}

/** Everything about the selected action or trigger. */
export function Panel(props: PanelProps) {
  const { draft, entry, readOnly, edit, TextEditor, evaluate, PickWorkflow, zones, loadChoices, browse, forecast, keepSecret } = props;
  const tabs = tabsOf(entry, props.tab);
  const tab = tabs.includes(props.tab) ? props.tab : "parameters";
  const variables = useMemo(() => variablesOf(draft.graph), [draft.graph]);
  const uses = useMemo(() => connectionUses(draft.graph, () => false), [draft.graph]);
  const value = useMemo<PanelValue>(() => ({ entry, readOnly, edit, TextEditor, FieldEditor, evaluate, variables, PickWorkflow, zones, loadChoices, browse, forecast, keepSecret }), [entry, readOnly, edit, TextEditor, evaluate, variables, PickWorkflow, zones, loadChoices, browse, forecast, keepSecret]);
  const key = entry.action.name;
  return (
    <PanelContext value={value}>
      <aside className={styles.panel} aria-label={titleOf(entry.action.name)}>
        <Header {...props} />
        <div className={styles.tabs} role="tablist" aria-label="Parts of the action">
          {tabs.map((name) => (
            <button key={name} type="button" role="tab" id={`tab-${name}`} aria-selected={tab === name} aria-controls="panel-body" tabIndex={tab === name ? 0 : -1} onClick={() => props.onTab(name)} onKeyDown={(event) => tabKey(event, tabs, tab, props.onTab)}>
              {TITLES[name]}
            </button>
          ))}
        </div>
        {(tab === "parameters" || tab === "test" || tab === "output") && props.lens}
        <div className={styles.body} id="panel-body" role="tabpanel" aria-labelledby={`tab-${tab}`}>
          {tab === "parameters" && <ParametersTab key={key} document={draft.document} manifest={props.manifest} loading={props.manifestLoading} problems={props.problems} connections={props.connections} connectors={props.connectors} uses={uses} onNewConnection={props.onNewConnection} callback={props.callback} />}
          {tab === "settings" && <SettingsTab key={key} document={draft.document} offered={props.manifest?.settings ?? null} />}
          {tab === "run-after" && <RunAfterTab key={key} />}
          {tab === "test" && props.test(<PinSection document={draft.document} />)}
          {tab === "output" && props.output}
          {tab === "code" && <CodeTab key={key} document={draft.document} entry={entry} readOnly={readOnly} edit={edit} />}
          {tab === "about" && <About {...props} />}
        </div>
      </aside>
    </PanelContext>
  );
}

function tabKey(event: React.KeyboardEvent, tabs: readonly PanelTab[], tab: PanelTab, onTab: (tab: PanelTab) => void): void {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (step === 0) return;
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  if (!next) return;
  event.preventDefault();
  onTab(next);
  document.getElementById(`tab-${next}`)?.focus();
}

function Header({ draft, entry, catalogue, intent, readOnly, edit, onTab, onDelete, onClose }: PanelProps) {
  const { action } = entry;
  const operation = catalogue?.of(action);
  const description = stringOf(action.value.members.find((one) => one.name === "description")?.value);
  const [describing, setDescribing] = useState(false);
  return (
    <header className={styles.header}>
      <Tile {...lookOfAction(action, operation)} size={36} />
      <div className={styles.headerText}>
        <Title key={action.name} draft={draft} name={action.name} start={intent === "rename"} readOnly={readOnly} edit={edit} />
        <div className={styles.operation}>{operation ? `${operation.title} · ${operation.connectorTitle}` : unknownTitle(action)}</div>
        {(describing || description !== undefined) && (
          <textarea
            className={styles.description}
            aria-label="Description"
            placeholder="Why this step is here"
            rows={1}
            readOnly={readOnly}
            autoFocus={describing && description === undefined}
            value={description ?? ""}
            onChange={(event) => edit({ name: "setSetting", arguments: { action: action.name, path: "/description", text: event.target.value === "" ? null : JSON.stringify(event.target.value), field: "description" } })}
          />
        )}
      </div>
      <HeaderTools readOnly={readOnly} onDescribe={() => setDescribing(true)} onTab={onTab} onDelete={onDelete} onClose={onClose} />
    </header>
  );
}

interface HeaderToolsProps extends Pick<PanelProps, "readOnly" | "onTab" | "onDelete" | "onClose"> {
  readonly onDescribe: () => void;
}

/** Menu and close button show the same for every action, and menus cost more to draw than the rest of the header. */
const HeaderTools = steady<HeaderToolsProps>(function HeaderTools({ readOnly, onDescribe, onTab, onDelete, onClose }) {
  return (
    <div className={styles.headerTools}>
      {!readOnly && (
        <Menu target={<IconButton size="small" label="More" icon={<IconDots size={18} />} />} width={200}>
          <MenuItem onClick={onDescribe}>Add a description</MenuItem>
          <MenuItem onClick={() => onTab("about")}>About this operation</MenuItem>
          <MenuDivider />
          <MenuItem danger icon={<IconTrash size={16} />} onClick={onDelete}>
            Delete
          </MenuItem>
        </Menu>
      )}
      <IconButton size="small" label="Close" keys="Esc" icon={<IconX size={18} />} onClick={onClose} />
    </div>
  );
});

interface TitleProps {
  readonly draft: Draft;
  readonly name: string;
  readonly start: boolean;
  readonly readOnly: boolean;
  readonly edit: (edit: Edit) => boolean;
}

/** The name, edited in place; all references follow. */
function Title({ draft, name, start, readOnly, edit }: TitleProps) {
  const [text, setText] = useState(titleOf(name));
  const [active, setActive] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!start) return;
    input.current?.focus();
    input.current?.select();
  }, [start]);
  const uses = useMemo(() => (active ? countUses(draft.document, name) : 0), [active, draft.document, name]);
  const finish = (): void => {
    setActive(false);
    const wanted = text.trim().replace(/ /g, "_");
    if (wanted === "" || text.trim() === titleOf(name) || !edit({ name: "rename", arguments: { from: name, to: wanted } })) setText(titleOf(name));
  };
  return (
    <>
      <input
        ref={input}
        className={styles.titleInput}
        aria-label="Name"
        value={text}
        readOnly={readOnly}
        maxLength={80}
        spellCheck={false}
        onFocus={() => setActive(true)}
        onChange={(event) => setText(event.target.value)}
        onBlur={finish}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") {
            setText(titleOf(name));
            event.stopPropagation();
            requestAnimationFrame(() => input.current?.blur());
          }
        }}
      />
      {active && uses > 0 && text.trim() !== titleOf(name) && <div className={styles.uses}>{`Used in ${String(uses)} ${uses === 1 ? "expression" : "expressions"}, which will be updated.`}</div>}
    </>
  );
}

function countUses(document: Document, name: string): number {
  let count = 0;
  for (const place of strings(document.root, "")) {
    if (place.text.includes("@")) count += namesIn(place.text).filter((use) => use.kind === "action" && use.name.toLowerCase() === name.toLowerCase()).length;
  }
  return count;
}

interface CodeTabProps {
  readonly document: Document;
  readonly entry: Entry;
  readonly readOnly: boolean;
  readonly edit: (edit: Edit) => boolean;
}

/** The action's own JSON; valid text is applied as it is typed. */
function CodeTab({ document, entry, readOnly, edit }: CodeTabProps) {
  const node = at(document, entry.pointer);
  const stored = node ? prettyText(document, node) : "";
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState("");
  const change = (text: string): void => {
    setTyped(text);
    try {
      if (parse(text).root.kind !== "object") throw new Error("An action is an object.");
      setWrong("");
      if (edit({ name: "setSetting", arguments: { action: entry.action.name, path: "", text, field: "code" } })) setTyped(null);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : "This is not JSON.");
    }
  };
  return (
    <div className={styles.codeTab}>
      <CodeField fill value={typed ?? stored} label={`Code of ${titleOf(entry.action.name)}`} readOnly={readOnly} onChange={change} />
      {wrong !== "" && <div className={styles.codeProblem}>{wrong} It is applied when it is valid.</div>}
    </div>
  );
}

function About({ entry, catalogue, manifest }: PanelProps) {
  const operation = catalogue?.of(entry.action);
  const rows: readonly (readonly [string, string])[] = [
    ["Operation", operation?.title ?? unknownTitle(entry.action)], ["Connector", operation?.connectorTitle ?? "—"], ["Type", entry.action.type + (entry.action.kind === "" ? "" : ` (${entry.action.kind})`)], ["Name in expressions", entry.action.name],
  ];
  return (
    <div className={styles.form}>
      <p>{manifest?.description ?? operation?.description ?? "This operation is not in the catalogue. It is kept, shown and exported as it is."}</p>
      <dl className={styles.facts}>
        {rows.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
