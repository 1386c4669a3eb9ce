import { IconAlertTriangle, IconArrowBackUp, IconArrowForwardUp, IconArrowLeft, IconChevronDown, IconCircleCheck, IconCloudOff, IconCode, IconDots, IconDownload, IconHistory, IconKeyboard, IconLayoutColumns, IconListTree, IconLoader2, IconPlayerPlay, IconPlugConnected, IconPlus, IconRocket, IconSearch, IconTemplate, IconVariable, IconTimeline } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useDraft, useDraftStore } from "../../document";
import { Button } from "../../ui/Button";
import { IconButton } from "../../ui/IconButton";
import { AvatarStack, type Person } from "../../ui/people";
import { Menu, MenuItem } from "../../ui/Menu";
import { SegmentedControl } from "../../ui/SegmentedControl";
import { Tooltip } from "../../ui/Tooltip";
import type { DesignerView } from "./DesignerPage";
import type { PageCommand } from "./keys";
import { say } from "./saying";
import styles from "./designer.module.css";

export interface TopBarProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly name: string;
  readonly view: DesignerView;
  readonly outline: boolean;
  readonly errors: number;
  readonly warnings: number;
  readonly published: number | null;
  readonly changed: boolean;
  readonly mayEdit: boolean;
  readonly mayPublish: boolean;
  readonly mayRun: boolean;
  readonly running: boolean;
  readonly people: readonly Person[];
  readonly followed: string | null;
  readonly onFollow: (person: Person) => void;
  readonly onView: (view: DesignerView) => void;
  readonly onOutline: () => void;
  readonly onProblems: () => void;
  readonly onAdd: () => void;
  readonly onRename: (name: string) => void;
  readonly onRun: (withBody: boolean) => void;
  readonly onPublish: () => void;
  readonly onSearchAll: () => void;
  readonly onPage: (command: PageCommand) => void;
  readonly mayTemplate: boolean;
}

/** Name, state, view, undo, problems, run and publish. */
export function TopBar(props: TopBarProps) {
  const { tenant, workflowId } = props;
  const params = { tenant, wf: workflowId };
  return (
    <header className={styles.top}>
      <Tooltip text="All workflows">
        <Link to="/t/$tenant/workflows" params={{ tenant }} className={styles.back} aria-label="All workflows">
          <IconArrowLeft size={18} />
        </Link>
      </Tooltip>
      <Name key={props.name} name={props.name} mayEdit={props.mayEdit} onRename={props.onRename} />
      <SaveChip published={props.published} changed={props.changed} />
      <span className={styles.spring} />
      <IconButton label="Search or run a command" keys="Ctrl+K" icon={<IconSearch size={18} />} onClick={props.onSearchAll} />
      <IconButton label={props.outline ? "Hide the outline" : "Show the outline"} keys="Ctrl+B" aria-pressed={props.outline} icon={<IconListTree size={18} />} onClick={props.onOutline} />
      {props.mayEdit && <IconButton label="Add an action" icon={<IconPlus size={18} />} onClick={props.onAdd} />}
      <UndoButtons mayEdit={props.mayEdit} />
      <SegmentedControl
        aria-label="View"
        value={props.view}
        data={[
          { value: "canvas", label: <ViewLabel icon={<IconTimeline size={15} />} text="Canvas" /> },
          { value: "split", label: <ViewLabel icon={<IconLayoutColumns size={15} />} text="Both" /> },
          { value: "code", label: <ViewLabel icon={<IconCode size={15} />} text="Code" /> },
        ]}
        onChange={(view) => props.onView(view as DesignerView)}
      />
      <ProblemsButton errors={props.errors} warnings={props.warnings} onClick={props.onProblems} />
      <span className={styles.spring} />
      <AvatarStack people={props.people} label="Also here" followed={props.followed} onFollow={props.onFollow} />
      <Tooltip text="Runs of this workflow">
        <Link to="/t/$tenant/w/$wf/runs" params={params} className={styles.back} aria-label="Runs of this workflow">
          <IconHistory size={18} />
        </Link>
      </Tooltip>
      <Menu target={<IconButton label="More for this workflow" icon={<IconDots size={18} />} tooltip={false} />}>
        <MenuItem icon={<IconVariable size={16} />} onClick={() => props.onPage("parameters")}>
          Parameters…
        </MenuItem>
        <MenuItem icon={<IconPlugConnected size={16} />} onClick={() => props.onPage("connections")}>
          Connections…
        </MenuItem>
        <MenuItem icon={<IconTemplate size={16} />} disabled={!props.mayTemplate} onClick={() => props.onPage("save-template")}>
          Save as template…
        </MenuItem>
        <MenuItem icon={<IconDownload size={16} />} onClick={() => props.onPage("download")}>
          Download the definition
        </MenuItem>
        <MenuItem icon={<IconKeyboard size={16} />} keys="?" onClick={() => props.onPage("keys")}>
          Keys of the designer
        </MenuItem>
      </Menu>
      {props.mayRun && <RunButton busy={props.running} onRun={props.onRun} />}
      {props.mayPublish && (
        <Button variant="primary" icon={<IconRocket size={16} />} onClick={props.onPublish}>
          Publish
        </Button>
      )}
    </header>
  );
}

function ViewLabel({ icon, text }: { readonly icon: React.ReactNode; readonly text: string }) {
  return (
    <span className={styles.viewLabel}>
      {icon}
      {text}
    </span>
  );
}

function Name({ name, mayEdit, onRename }: { readonly name: string; readonly mayEdit: boolean; readonly onRename: (name: string) => void }) {
  const [text, setText] = useState(name);
  const finish = (): void => {
    if (text.trim() !== "" && text.trim() !== name) onRename(text.trim());
    else setText(name);
  };
  return (
    <h1 className={styles.name}>
      <span aria-hidden>{text || " "}</span>
      <input
        aria-label="Workflow name"
        value={text}
        readOnly={!mayEdit}
        maxLength={120}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onBlur={finish}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") {
            setText(name);
            requestAnimationFrame(() => event.currentTarget?.blur());
          }
        }}
      />
    </h1>
  );
}

function SaveChip({ published, changed }: { readonly published: number | null; readonly changed: boolean }) {
  const save = useDraft((state) => state.save);
  const waiting = useDraft((state) => state.waiting);
  if (save === "offline") {
    return (
      <span className={styles.chip} data-tone="offline" role="status">
        <IconCloudOff size={14} aria-hidden /> Offline, {waiting === 1 ? "1 change waits" : `${String(waiting)} changes wait`}
      </span>
    );
  }
  if (save === "saving") {
    return (
      <span className={styles.chip} role="status">
        <IconLoader2 size={14} className={styles.spin} aria-hidden /> Saving
      </span>
    );
  }
  const version = published === null ? "Not published yet" : changed ? `Differs from version ${String(published)}` : `Same as version ${String(published)}`;
  return (
    <Tooltip text={version}>
      <span className={styles.chip} role="status" tabIndex={0}>
        <IconCircleCheck size={14} aria-hidden /> Saved
        <span className={styles.chipMore}>{published === null ? "draft" : changed ? "unpublished changes" : `version ${String(published)}`}</span>
      </span>
    </Tooltip>
  );
}

function UndoButtons({ mayEdit }: { readonly mayEdit: boolean }) {
  const store = useDraftStore();
  const undo = useDraft((state) => state.undo.at(-1)?.words);
  const redo = useDraft((state) => state.redo.at(-1)?.words);
  if (!mayEdit) return null;
  const lower = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);
  return (
    <>
      <IconButton label={undo ? `Undo: ${lower(undo)}` : "Nothing to undo"} keys="Ctrl+Z" icon={<IconArrowBackUp size={18} />} disabled={undo === undefined} onClick={() => say(store.undo())} />
      <IconButton label={redo ? `Redo: ${lower(redo)}` : "Nothing to redo"} keys="Ctrl+Y" icon={<IconArrowForwardUp size={18} />} disabled={redo === undefined} onClick={() => say(store.redo())} />
    </>
  );
}

function ProblemsButton({ errors, warnings, onClick }: { readonly errors: number; readonly warnings: number; readonly onClick: () => void }) {
  const tone = errors > 0 ? "error" : warnings > 0 ? "warning" : "none";
  const count = errors + warnings;
  return (
    <button type="button" className={styles.problems} data-tone={tone} onClick={onClick} aria-label={count === 0 ? "No problems" : count === 1 ? "1 problem" : `${String(count)} problems`}>
      {count === 0 ? <IconCircleCheck size={16} aria-hidden /> : <IconAlertTriangle size={16} aria-hidden />}
      {count === 0 ? "No problems" : count}
    </button>
  );
}

function RunButton({ busy, onRun }: { readonly busy: boolean; readonly onRun: (withBody: boolean) => void }) {
  return (
    <span className={styles.splitButton}>
      <Button busy={busy} icon={<IconPlayerPlay size={16} />} onClick={() => onRun(false)}>
        Run
      </Button>
      <Menu target={<Button aria-label="More ways to run" icon={<IconChevronDown size={16} />} />}>
        <MenuItem icon={<IconPlayerPlay size={16} />} keys="Ctrl+Enter" onClick={() => onRun(false)}>
          Run the draft
        </MenuItem>
        <MenuItem icon={<IconPlayerPlay size={16} />} keys="Ctrl+Shift+Enter" onClick={() => onRun(true)}>
          Run with a body…
        </MenuItem>
      </Menu>
    </span>
  );
}

