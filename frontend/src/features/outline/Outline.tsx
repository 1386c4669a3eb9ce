import { IconChevronDown, IconChevronRight, IconNote, IconPlus } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { steady } from "../../ui/steady";
import { Button } from "../../ui/Button";
import { PeopleMarks } from "../../ui/people";
import { Tile } from "../../ui/Tile";
import { statusLook } from "../../ui/statuses";
import type { Catalogue } from "../../workflow/catalogue";
import { titleOf, type Draft } from "../../workflow/draft";
import type { Action, Branch } from "../../workflow/graph";
import type { Place } from "../../workflow/layout";
import { topological } from "../../workflow/order";
import { lookOfAction } from "../../workflow/looks";
import { noteTitle, readNotes, type Note } from "../../workflow/notes";
import styles from "./outline.module.css";

export interface OutlineProps {
  readonly draft: Draft;
  readonly catalogue: Catalogue | null;
  readonly selected: readonly string[];
  readonly readOnly: boolean;
  /** Number of errors and warnings by lower-case action name. */
  readonly problems: ReadonlyMap<string, { readonly errors: number; readonly warnings: number }>;
  readonly statuses?: Readonly<Record<string, { readonly status: string }>> | undefined;
  readonly onSelect: (names: readonly string[]) => void;
  readonly onOpen: (name: string) => void;
  readonly onAdd: (place: Place, element: Element) => void;
  readonly onAddTrigger: (element: Element) => void;
  readonly onCommand: (command: "rename" | "delete" | "duplicate" | "add-parallel" | "copy" | "cut" | "paste-after" | "paste-parallel" | "wrap-Scope" | "unwrap" | "extract" | "move-to" | "case-left" | "case-right", names: readonly string[], branch?: string) => void;
  /** More commands for these actions, at a place of the window. */
  readonly onMenu?: ((names: readonly string[], at: { readonly x: number; readonly y: number }) => void) | undefined;
  /** Letters that are keys of the page: they begin no search by name. */
  readonly letters?: string | undefined;
  readonly onMove: (name: string, direction: "up" | "down" | "in" | "out") => void;
  /** Goes to a note, or takes it away. */
  readonly onNote?: ((id: string, wanted: "open" | "delete") => void) | undefined;
}

type Line =
  | { readonly kind: "action"; readonly key: string; readonly action: Action; readonly level: number; readonly position: number; readonly size: number; readonly open: boolean | null }
  | { readonly kind: "branch"; readonly key: string; readonly action: Action; readonly branch: Branch; readonly level: number; readonly position: number; readonly size: number; readonly open: boolean }
  | { readonly kind: "note"; readonly key: string; readonly note: Note; readonly level: number; readonly position: number; readonly size: number; readonly open: null };

/** The visible lines of the tree, in the order of the flow. */
function linesOf(draft: Draft, closed: ReadonlySet<string>): Line[] {
  const lines: Line[] = [];
  const branchLines = (actions: readonly Action[], level: number): void => {
    topological(actions).forEach((action, index) => {
      const open = action.container ? !closed.has(action.name) : null;
      lines.push({ kind: "action", key: action.name, action, level, position: index + 1, size: actions.length, open });
      if (open !== true) return;
      if (action.branches.length === 1 && action.branches[0]?.title === "") return branchLines(action.branches[0].actions, level + 1);
      action.branches.forEach((branch, place) => {
        const key = `${action.name}/${branch.key}`;
        const shown = !closed.has(key);
        lines.push({ kind: "branch", key, action, branch, level: level + 1, position: place + 1, size: action.branches.length, open: shown });
        if (shown) branchLines(branch.actions, level + 2);
      });
    });
  };
  draft.graph.triggers.forEach((action, index) => lines.push({ kind: "action", key: `trigger:${action.name}`, action, level: 1, position: index + 1, size: draft.graph.triggers.length, open: null }));
  branchLines(draft.graph.root.actions, 1);
  readNotes(draft.document, draft.graph.base).forEach((note, index, all) => lines.push({ kind: "note", key: `note:${note.id}`, note, level: 1, position: index + 1, size: all.length, open: null }));
  return lines;
}

/** The same objects for lines that say the same, so that they are not drawn again. */
class KeptLines {
  private known = new Map<string, Line>();

  of(lines: readonly Line[]): Line[] {
    const kept = lines.map((line) => {
      const old = this.known.get(line.key);
      return old && sameLine(old, line) ? old : line;
    });
    this.known = new Map(kept.map((line) => [line.key, line]));
    return kept;
  }
}

function sameLine(one: Line, other: Line): boolean {
  const branch = (line: Line): Branch | null => (line.kind === "branch" ? line.branch : null);
  const action = (line: Line): Action | string => (line.kind === "note" ? noteTitle(line.note) : line.action);
  return action(one) === action(other) && branch(one) === branch(other) && one.level === other.level && one.position === other.position && one.size === other.size && one.open === other.open;
}

const ROW = 30;

/** The flow as a tree: the canvas's twin for keyboard and screen reader. */
export function Outline(props: OutlineProps) {
  const { draft, selected, onSelect, onOpen } = props;
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  // A branch or a note: what is no action cannot be chosen.
  const [branchFocus, setBranchFocus] = useState<string | null>(null);
  const [kept] = useState(() => new KeptLines());
  const lines = useMemo(() => kept.of(linesOf(draft, closed)), [kept, draft, closed]);
  const scroll = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: "", at: 0 });
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => scroll.current, estimateSize: () => ROW, overscan: 12 });
  const current = selected[selected.length - 1];
  const index = Math.max(0, lines.findIndex((line) => (branchFocus === null ? line.kind === "action" && line.action.name === current : line.key === branchFocus)));
  useEffect(() => {
    // Asking the browser to scroll makes it lay out the page before it paints: only where the line is out of sight.
    const top = virtual.scrollOffset ?? 0;
    const seen = index * ROW >= top && (index + 1) * ROW <= top + (virtual.scrollRect?.height ?? 0);
    if (current !== undefined && !seen) virtual.scrollToIndex(index, { align: "auto" });
  }, [current, index, virtual]);
  const go = (to: number, extend: boolean): void => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, to))];
    if (!line) return;
    setBranchFocus(line.kind === "action" ? null : line.key);
    if (line.kind === "action") onSelect(extend ? [...selected.filter((name) => name !== line.action.name), line.action.name] : [line.action.name]);
    virtual.scrollToIndex(lines.indexOf(line), { align: "auto" });
  };
  const toggle = (key: string, open: boolean): void => setClosed((old) => new Set(open ? [...old].filter((one) => one !== key) : [...old, key]));
  const onKey = (event: React.KeyboardEvent): void => {
    const line = lines[index];
    if (!line) return;
    const handled = keyOf(event, { line, lines, index, props, go, toggle, typed: typed.current, element: event.currentTarget });
    if (handled) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  if (lines.length === 0) {
    return (
      <div className={styles.nothing} id="outline">
        <p>Triggers and actions are listed here.</p>
        {!props.readOnly && (
          <Button size="small" icon={<IconPlus size={14} />} onClick={(event) => props.onAddTrigger(event.currentTarget)}>
            Add a trigger
          </Button>
        )}
      </div>
    );
  }
  return (
    <div ref={scroll} className={styles.tree} role="tree" aria-label="Outline" aria-multiselectable tabIndex={0} aria-activedescendant={lines[index] ? `outline-${String(index)}` : undefined} onKeyDown={onKey} id="outline">
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((row) => {
          const line = lines[row.index];
          if (!line) return null;
          const named = line.kind === "action" ? line.action.name : null;
          const found = named === null ? undefined : props.problems.get(named.toLowerCase());
          return (
            <TreeLine
              key={line.key} line={line} index={row.index} top={row.start} focused={row.index === index} catalogue={props.catalogue} readOnly={props.readOnly}
              chosen={named !== null && selected.includes(named)} errors={found?.errors ?? 0} warnings={found?.warnings ?? 0}
              status={line.kind !== "action" ? undefined : props.statuses?.[line.action.trigger ? `trigger:${line.action.name}` : line.action.name]?.status}
              onToggle={toggle} onAdd={props.onAdd}
              onContext={(event) => {
                if (named === null || props.readOnly || !props.onMenu) return;
                event.preventDefault();
                if (!selected.includes(named)) onSelect([named]);
                props.onMenu(selected.includes(named) ? selected : [named], { x: event.clientX, y: event.clientY });
              }}
              onPick={(event) => {
                scroll.current?.focus();
                go(row.index, event.shiftKey || event.ctrlKey || event.metaKey);
                if (line.kind === "note") props.onNote?.(line.note.id, "open");
                if (line.kind === "action" && !event.shiftKey && !event.ctrlKey && !event.metaKey) onOpen(line.action.name);
              }}
            />
          );
        })}
      </div>
    </div>
  );
}

interface KeyContext {
  readonly line: Line;
  readonly lines: readonly Line[];
  readonly index: number;
  readonly props: OutlineProps;
  readonly go: (index: number, extend: boolean) => void;
  readonly toggle: (key: string, open: boolean) => void;
  readonly typed: { text: string; at: number };
  readonly element: Element;
}

/** Letters typed closer together than this are one search, in milliseconds. */
const SEARCH_PAUSE = 700;

/** A9.1 of the keyboard: arrows, Home and End, type-ahead, and every operation of the canvas. */
function keyOf(event: React.KeyboardEvent, context: KeyContext): boolean {
  const { line, lines, index, props, go, toggle } = context;
  const mod = event.ctrlKey || event.metaKey;
  const names = line.kind === "action" ? (props.selected.includes(line.action.name) ? props.selected : [line.action.name]) : [];
  if (event.altKey && /^Arrow/.test(event.key) && line.kind === "action") {
    if (props.readOnly) return true;
    props.onMove(line.action.name, event.key === "ArrowUp" ? "up" : event.key === "ArrowDown" ? "down" : event.key === "ArrowRight" ? "in" : "out");
    return true;
  }
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && line.kind === "branch" && line.branch.kind === "case") {
    if (!props.readOnly) props.onCommand(event.key === "ArrowUp" ? "case-left" : "case-right", [line.action.name], line.branch.key);
    return true;
  }
  switch (event.key) {
    case "ArrowDown":
      go(index + 1, event.shiftKey);
      return true;
    case "ArrowUp":
      go(index - 1, event.shiftKey);
      return true;
    case "Home":
      go(0, false);
      return true;
    case "End":
      go(lines.length - 1, false);
      return true;
    case "ArrowRight":
      if (line.open === false) toggle(line.key, true);
      else if (line.open) go(index + 1, false);
      return true;
    case "ArrowLeft": {
      if (line.open) toggle(line.key, false);
      else go(lines.findLastIndex((other, place) => place < index && other.level < line.level), false);
      return true;
    }
    case "Enter":
      if (line.kind === "action") props.onOpen(line.action.name);
      if (line.kind === "note") props.onNote?.(line.note.id, "open");
      return true;
    default:
      break;
  }
  if (!props.readOnly && commandOf(event, mod, line, names, context)) return true;
  const searching = Date.now() - context.typed.at <= SEARCH_PAUSE;
  if (!searching && props.letters?.includes(event.key.toLowerCase())) return false;
  return !mod && event.key.length === 1 && /[\p{L}\p{N}]/u.test(event.key) && typeAhead(event.key, context);
}

function commandOf(event: React.KeyboardEvent, mod: boolean, line: Line, names: readonly string[], { props, element }: KeyContext): boolean {
  const focused = element.querySelector("[data-focused]") ?? element;
  if (mod && event.key === "a") {
    props.onSelect([...props.draft.graph.entries.values()].map((entry) => entry.action.name));
    return true;
  }
  if (line.kind === "note") {
    if (event.key === "Delete") props.onNote?.(line.note.id, "delete");
    return event.key === "Delete";
  }
  if (!mod && (event.key === "Insert" || event.key === "a")) {
    if (line.kind === "branch") props.onAdd({ container: line.action.name, branch: line.branch.key, after: [], before: topological(line.branch.actions).filter((action) => action.runAfter.length === 0).map((action) => action.name) }, focused);
    else props.onAdd(placeAfter(props.draft, line.action), focused);
    return true;
  }
  if (names.length === 0) return false;
  if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
    const box = focused.getBoundingClientRect();
    props.onMenu?.(names, { x: box.left + 24, y: box.bottom });
    return true;
  }
  const command = mod
    ? ({ c: "copy", x: event.shiftKey ? "extract" : "cut", X: "extract", v: "paste-after", V: "paste-parallel", m: "move-to", d: "duplicate", g: event.shiftKey ? "unwrap" : "wrap-Scope", G: "unwrap" } as const)[event.key as "c"]
    : ({ F2: "rename", Delete: "delete", A: "add-parallel" } as const)[event.key as "F2"];
  if (!command) return false;
  props.onCommand(command, names);
  return true;
}

/** Right after an action, before everything that follows it. */
export function placeAfter(draft: Draft, action: Action): Place {
  if (action.trigger) {
    return { container: null, branch: "actions", after: [], before: draft.graph.root.actions.filter((one) => one.runAfter.length === 0).map((one) => one.name) };
  }
  const entry = draft.graph.entries.get(action.name.toLowerCase());
  const branch = entry?.branch;
  const before = (branch?.actions ?? []).filter((one) => one.runAfter.some((link) => link.name.toLowerCase() === action.name.toLowerCase())).map((one) => one.name);
  return { container: entry?.parent?.action.name ?? null, branch: branch?.key ?? "actions", after: [action.name], before };
}

function typeAhead(letter: string, { lines, index, go, typed }: KeyContext): boolean {
  const now = Date.now();
  typed.text = now - typed.at > SEARCH_PAUSE ? letter : typed.text + letter;
  typed.at = now;
  const wanted = typed.text.toLowerCase();
  const order = [...lines.slice(index + (typed.text.length > 1 ? 0 : 1)), ...lines.slice(0, index + 1)];
  const found = order.find((line) => line.kind === "action" && titleOf(line.action.name).toLowerCase().startsWith(wanted));
  if (found) go(lines.indexOf(found), false);
  return true;
}

interface TreeLineProps {
  readonly line: Line;
  readonly index: number;
  readonly top: number;
  readonly focused: boolean;
  readonly catalogue: Catalogue | null;
  readonly chosen: boolean;
  readonly errors: number;
  readonly warnings: number;
  readonly status: string | undefined;
  readonly readOnly: boolean;
  readonly onToggle: (key: string, open: boolean) => void;
  readonly onPick: (event: React.MouseEvent) => void;
  readonly onContext: (event: React.MouseEvent) => void;
  readonly onAdd: OutlineProps["onAdd"];
}

/** A line in its place. What it shows is drawn apart: an action more moves all lines below, and they say the same. */
const TreeLine = steady<TreeLineProps>(function TreeLine({ line, index, top, focused, catalogue, chosen, errors, warnings, status, readOnly, onToggle, onPick, onContext, onAdd }) {
  return (
    <div
      id={`outline-${String(index)}`}
      className={styles.line}
      role="treeitem"
      aria-level={line.level}
      aria-posinset={line.position}
      aria-setsize={line.size}
      aria-expanded={line.open ?? undefined}
      aria-selected={chosen}
      data-focused={focused || undefined}
      style={{ top, paddingLeft: 8 + (line.level - 1) * 14 }}
      onClick={onPick}
      onContextMenu={onContext}
    >
      <LineFace
        name={line.key} open={line.open} action={line.kind === "note" ? null : line.action} branch={line.kind === "branch" ? line.branch : null} note={line.kind === "note" ? noteTitle(line.note) : null}
        catalogue={catalogue} errors={errors} warnings={warnings} status={status} readOnly={readOnly} onToggle={onToggle} onAdd={onAdd}
      />
    </div>
  );
});

interface FaceProps extends Pick<TreeLineProps, "catalogue" | "errors" | "warnings" | "status" | "readOnly" | "onToggle" | "onAdd"> {
  readonly name: string;
  readonly open: boolean | null;
  /** The action, or the one whose branch it is. */
  readonly action: Action | null;
  readonly branch: Branch | null;
  readonly note: string | null;
}

const LineFace = memo(function LineFace({ name, open, action, branch, note, catalogue, errors, warnings, status, readOnly, onToggle, onAdd }: FaceProps) {
  const Status = status ? statusLook(status).icon : null;
  return (
    <>
      <button
        type="button"
        tabIndex={-1}
        className={styles.toggle}
        aria-hidden
        style={{ visibility: open === null ? "hidden" : "visible" }}
        onClick={(event) => {
          event.stopPropagation();
          onToggle(name, !open);
        }}
      >
        {open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
      </button>
      {action && !branch && <Tile {...lookOfAction(action, catalogue?.of(action))} size={18} />}
      {note !== null && <IconNote size={16} aria-hidden />}
      <span className={branch ? styles.branch : styles.name}>{branch ? branch.title : note ?? titleOf(action?.name ?? "")}</span>
      {action && !branch && <PeopleMarks name={action.name} />}
      {Status && <span className={styles.status} style={{ color: `var(--mr-${statusLook(status ?? "").tone}-fg)` }}><Status size={14} /><span className="mr-visually-hidden">{status}</span></span>}
      {errors + warnings > 0 && (
        <span className={styles.count} data-tone={errors > 0 ? "error" : "warning"} aria-label={`${String(errors + warnings)} problems`}>
          {errors + warnings}
        </span>
      )}
      {action && branch?.actions.length === 0 && !readOnly && (
        <button type="button" tabIndex={-1} className={styles.add} aria-label={`Add an action to ${branch.title}`} onClick={(event) => {
          event.stopPropagation();
          onAdd({ container: action.name, branch: branch.key, after: [], before: [] }, event.currentTarget);
        }}>
          <IconPlus size={13} />
        </button>
      )}
    </>
  );
});
