import { ReactFlowProvider, useReactFlow, useStore, useStoreApi, type Viewport } from "@xyflow/react";
import { createStore } from "zustand/vanilla";
import { useCallback, useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Catalogue } from "../../workflow/catalogue";
import { at } from "../../workflow/document";
import type { Edit } from "../../workflow/edits";
import { titleOf, type Draft } from "../../workflow/draft";
import { alongFlow, containersOf, everyAction, find } from "../../workflow/graph";
import { LayoutMemo, type Item, type Layout, type Place } from "../../workflow/layout";
import { METRICS, RUN_METRICS } from "../../workflow/sizes";
import type { Mark } from "../../workflow/merged";
import type { Link } from "../../workflow/wiring";
import { later } from "../../ui/later";
import { runAfterWords } from "../../workflow/words";
import { Boxes } from "./Boxes";
import { CanvasContext, type CanvasCommand, type CanvasValue, type CardProblems, type CardStatus, type Moment } from "./CanvasContext";
import type { MenuAt } from "./CardMenu";
import type { LinkStart } from "./LinkDrag";
import type { NoteWish } from "./NotesLayer";
import { Controls } from "./Controls";
import { EdgeLayer } from "./EdgeLayer";
import { DrawingContext, FlowPane } from "./FlowPane";
import { Ghost, useCardDrag, useOperationDrop, type Point } from "./useCardDrag";
import { motion, useCanvasKeys } from "./useCanvasKeys";
import { detailOf, Kept, sameEdge, sameSpot, timedLayout, useArea, visibleEdges, visibleItems, visibleSpots } from "./viewport";
import styles from "./canvas.module.css";

export interface CanvasProps {
  readonly draft: Draft;
  readonly catalogue: Catalogue | null;
  readonly readOnly?: boolean | undefined;
  /** Given: the canvas shows a run. Keys are action names, `trigger:<name>` for triggers. */
  readonly statuses?: Readonly<Record<string, CardStatus>> | null | undefined;
  readonly problems?: ReadonlyMap<string, CardProblems> | undefined;
  /** Given: the canvas shows what differs between two versions. By lower-case name. */
  readonly marks?: ReadonlyMap<string, Mark> | null | undefined;
  readonly selected: readonly string[];
  readonly onSelect: (names: readonly string[]) => void;
  readonly onOpen?: ((name: string) => void) | undefined;
  readonly onAdd?: ((place: Place, element: Element) => void) | undefined;
  readonly onAddTrigger?: ((element: Element) => void) | undefined;
  readonly onCommand?: ((command: CanvasCommand, names: readonly string[], branch?: string) => void) | undefined;
  readonly onMove?: ((names: readonly string[], place: Place, copy: boolean) => void) | undefined;
  readonly onDropOperation?: ((operation: string, place: Place) => void) | undefined;
  /** Adds, changes and deletes notes; without it they are only read. */
  readonly onNote?: ((edit: Edit) => void) | undefined;
  /** Changes what an action runs after. */
  readonly onLinks?: ((action: string, links: readonly Link[]) => void) | undefined;
  /** Why an action cannot run after another one; null when it can. */
  readonly linkProblem?: ((from: string, to: string) => string | null) | undefined;
  readonly linkTargets?: ((from: string) => ReadonlySet<string>) | undefined;
  /** Why these actions cannot go there; null when they can. */
  readonly dropProblem?: ((names: readonly string[], place: Place) => string | null) | undefined;
  readonly collapsed?: ReadonlySet<string> | undefined;
  readonly onCollapsed?: ((collapsed: ReadonlySet<string>) => void) | undefined;
  readonly turns?: Readonly<Record<string, number>> | undefined;
  readonly onTurn?: ((loop: string, turn: number) => void) | undefined;
  /** Bring this action into view; a new object each time. */
  readonly reveal?: { readonly name: string } | null | undefined;
  readonly children?: React.ReactNode;
}

// What only editing needs; a run is watched without.
const CardMenu = later(() => import("./CardMenu").then((module) => module.CardMenu));
const LinkEditor = later(() => import("./LinkEditor").then((module) => module.LinkEditor));
const LinkDrag = later(() => import("./LinkDrag").then((module) => module.LinkDrag));
const Marquee = later(() => import("./Marquee").then((module) => module.Marquee));
const NotesLayer = later(() => import("./NotesLayer").then((module) => module.NotesLayer));
const SelectionBar = later(() => import("./SelectionBar").then((module) => module.SelectionBar));

const NONE: ReadonlyMap<string, CardProblems> = new Map();
const NO_TURNS = {};
const EMPTY: ReadonlySet<string> = new Set();
const ignore = (): void => undefined;

/** The drawing of a workflow: to edit, or (read-only, with statuses) to watch a run. Fills its parent. */
export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <CanvasInside {...props} />
    </ReactFlowProvider>
  );
}

function CanvasInside(props: CanvasProps) {
  const { draft, catalogue, selected, onSelect, readOnly = false, statuses = null, problems = NONE, marks = null, turns = NO_TURNS } = props;
  const root = useRef<HTMLDivElement>(null);
  const [ownCollapsed, setOwnCollapsed] = useState<ReadonlySet<string>>(EMPTY);
  const collapsed = props.collapsed ?? ownCollapsed;
  const setCollapsed = props.onCollapsed ?? setOwnCollapsed;
  const [memo] = useState(() => new LayoutMemo());
  const metrics = statuses ? RUN_METRICS : METRICS;
  const drawn = useMemo(() => timedLayout(draft.graph, { metrics, collapsed, memo }), [draft.graph, metrics, collapsed, memo]);
  const focus = selected[selected.length - 1] ?? null;
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const [map, setMap] = useState(false);
  const detail = useStore((state) => detailOf(state.transform[2]));
  useAnchor(drawn, focus, root);
  const first = useFirstView(drawn, root);
  useReveal(drawn, props.reveal ?? null, useCallback((name: string) => {
    const folded = containersOf(draft.graph, name).map((entry) => entry.action.name).filter((one) => collapsed.has(one));
    if (folded.length > 0) setCollapsed(new Set([...collapsed].filter((one) => !folded.includes(one))));
  }, [draft.graph, collapsed, setCollapsed]));
  useStaysVisible(drawn, focus);

  const select = useCallback((name: string, event: { readonly shiftKey: boolean; readonly ctrlKey: boolean; readonly metaKey: boolean }) => {
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey) onSelect([name]);
    else onSelect(selected.includes(name) ? selected.filter((one) => one !== name) : [...selected, name]);
  }, [onSelect, selected]);
  const dropping = useOperationDrop(drawn, readOnly ? undefined : props.onDropOperation);
  const { drag: moved, ghost, onPointerDown } = useCardDrag({ drawn, selected, readOnly, select, root, dropProblem: props.dropProblem, onMove: props.onMove, onOpen: props.onOpen });
  const drag = moved ?? dropping.drag;
  const onLinks = readOnly ? undefined : props.onLinks;
  const [linking, setLinking] = useState<LinkStart | null>(null);
  const startLink = useCallback((event: React.PointerEvent, from: string) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    root.current?.focus({ preventScroll: true });
    const box = event.currentTarget.getBoundingClientRect();
    setLinking({ from, at: { x: box.left + box.width / 2, y: box.top + box.height / 2 } });
  }, []);
  const [edge, setEdge] = useState<{ readonly from: string; readonly to: string; readonly at: Point } | null>(null);
  const onEdge = useCallback((from: string, to: string, at: Point) => setEdge({ from, to, at }), []);
  const editable = onLinks !== undefined;
  useEffect(() => {
    if (readOnly) return;
    CardMenu.preload();
    LinkEditor.preload();
    LinkDrag.preload();
    NotesLayer.preload();
    SelectionBar.preload();
  }, [readOnly]);
  const { onCommand: given } = props;
  const [wish, setWish] = useState<NoteWish | null>(null);
  const noted = wish !== null || at(draft.document, `${draft.graph.base}/metadata/notes`) !== undefined;
  const latestGraph = useRef(draft.graph);
  useLayoutEffect(() => {
    latestGraph.current = draft.graph;
  }, [draft.graph]);
  const onCommand = useCallback((command: CanvasCommand, names: readonly string[], branch?: string) => {
    if (command === "select-before" || command === "select-after") {
      const name = names[names.length - 1] ?? "";
      return onSelect([...alongFlow(latestGraph.current, name, command === "select-before" ? "before" : "after"), name]);
    }
    if (command === "add-note") return setWish({ id: `note-${Date.now().toString(36)}`, beside: names[names.length - 1] ?? null });
    if (command !== "collapse") return given?.(command, names, branch);
    const next = new Set(collapsed);
    for (const name of names) if (!next.delete(name)) next.add(name);
    return setCollapsed(next);
  }, [collapsed, setCollapsed, given, onSelect]);
  const collapseAll = useCallback(() => setCollapsed(collapsed.size > 0 ? EMPTY : new Set(everyAction(draft.graph).filter((action) => action.container).map((action) => action.name))), [collapsed, setCollapsed, draft.graph]);
  useCanvasKeys({
    root, drawn, draft, focus, selected, readOnly, onSelect, onOpen: props.onOpen, onCommand, onAdd: props.onAdd, collapsed, setCollapsed, onCollapseAll: collapseAll, onMap: () => setMap(!map),
    onContextMenu: (name) => {
      const box = cardElement(name)?.getBoundingClientRect();
      if (box && !readOnly) setMenu({ x: box.left + 24, y: box.bottom + 4, names: selected });
    },
  });

  const [moment] = useState(() => createStore<Moment>(() => ({ selected: new Set(), focus: null, drag: null, link: null })));
  useLayoutEffect(() => {
    moment.setState({ selected: new Set(selected), focus: selected.length > 1 ? focus : null });
  }, [moment, selected, focus]);
  useLayoutEffect(() => {
    moment.setState({ drag });
  }, [moment, drag]);
  const value = useMemo<CanvasValue>(() => ({
    readOnly, running: statuses !== null, catalogue, moment, statuses, problems, marks, turns,
    startLink: editable ? startLink : undefined, onEdge: editable ? onEdge : undefined, onTurn: props.onTurn, onPointerDown, onOpen: props.onOpen ?? ignore, onCommand,
    onMenu: (event, item) => {
      event.preventDefault();
      const chosen = [...moment.getState().selected];
      if (!chosen.includes(item.name)) onSelect([item.name]);
      if (!readOnly) setMenu({ x: event.clientX, y: event.clientY, names: chosen.includes(item.name) ? chosen : [item.name] });
    },
    onToggle: (name) => onCommand("collapse", [name]),
    onAdd: props.onAdd ?? ignore, onAddTrigger: props.onAddTrigger ?? ignore,
  }), [readOnly, statuses, catalogue, moment, problems, marks, turns, startLink, editable, onEdge, props.onTurn, props.onOpen, props.onAdd, props.onAddTrigger, onPointerDown, onCommand, onSelect]);

  const onPane = useCallback((event: React.MouseEvent) => {
    if (event.detail === 1) onSelect([]);
  }, [onSelect]);
  const drawing = (
    <>
      <Boxes drawn={drawn} focus={focus} />
      <Edges drawn={drawn} />
      {noted && <NotesLayer draft={draft} drawn={drawn} onEdit={readOnly ? undefined : props.onNote} wish={wish} onLeave={() => root.current?.focus({ preventScroll: true })} />}
    </>
  );
  const count = draft.graph.count + draft.graph.triggers.length;
  return (
    <CanvasContext value={value}>
      <div
        ref={root}
        className={styles.root}
        {...dropping.handlers}
        data-canvas
        role="application"
        tabIndex={0}
        data-lod={detail}
        data-running={statuses ? true : undefined}
        aria-label={`Workflow canvas, ${String(count)} ${count === 1 ? "step" : "steps"}. Arrow keys move, Enter opens.`}
        aria-activedescendant={focus ? `card-${drawn.byId.has(focus) ? focus : `trigger:${focus}`}` : undefined}
      >
        {first && (
          <DrawingContext value={drawing}>
            <FlowPane view={first} dots={detail === "full"} onClick={onPane} />
          </DrawingContext>
        )}
        <Controls drawn={drawn} statuses={statuses} problems={problems} allCollapsed={collapsed.size > 0} map={map} onMap={() => setMap(!map)} onCollapseAll={collapseAll} />
        {props.children}
        {drag && ghost && <Ghost drag={drag} at={ghost} />}
        {linking && onLinks && (
          <LinkDrag
            start={linking} linkTargets={props.linkTargets} linkProblem={props.linkProblem} onEnd={() => setLinking(null)}
            onLink={(from, to) => {
              const action = find(draft.graph, to)?.action;
              if (action) onLinks(action.name, [...action.runAfter, { name: from, statuses: ["Succeeded"] }]);
            }}
            onEmpty={(from, point) => addAt(root.current, point, (element) => {
              const entry = find(draft.graph, from);
              if (entry) props.onAdd?.({ container: entry.parent?.action.name ?? null, branch: entry.branch?.key ?? "actions", after: [entry.action.name], before: [] }, element);
            })}
          />
        )}
        {!readOnly && <Marquee root={root} drawn={drawn} selected={selected} onSelect={onSelect} />}
        {edge && onLinks && <LinkEditor draft={draft} from={edge.from} to={edge.to} at={edge.at} onLinks={onLinks} onClose={() => { setEdge(null); root.current?.focus({ preventScroll: true }); }} />}
        {!readOnly && selected.length > 1 && <SelectionBar draft={draft} names={selected} onCommand={onCommand} onClear={() => onSelect([])} />}
        {menu && <CardMenu at={menu} draft={draft} onClose={() => { setMenu(null); root.current?.focus({ preventScroll: true }); }} onCommand={onCommand} />}
        <Announcement draft={draft} focus={focus} statuses={statuses} problems={problems} marks={marks} />
      </div>
    </CanvasContext>
  );
}

/** Something to stand beside, at a point of the window. */
function addAt(root: HTMLElement | null, at: Point, work: (element: Element) => void): void {
  const mark = document.createElement("div");
  mark.style.cssText = `position: fixed; left: ${String(at.x)}px; top: ${String(at.y)}px`;
  root?.append(mark);
  work(mark);
  mark.remove();
}

function Edges({ drawn }: { readonly drawn: Layout }) {
  const { left, top, right, bottom } = useArea();
  const [kept] = useState(() => ({ edges: new Kept(sameEdge), spots: new Kept(sameSpot) }));
  const edges = useMemo(() => kept.edges.of(visibleEdges(drawn, { left, top, right, bottom })), [kept, drawn, left, top, right, bottom]);
  const spots = useMemo(() => kept.spots.of(visibleSpots(drawn, { left, top, right, bottom })), [kept, drawn, left, top, right, bottom]);
  const loops = useMemo(() => visibleItems(drawn, { left, top, right, bottom }, null).filter((item) => item.kind === "container" && !item.collapsed && (item.action?.type === "Foreach" || item.action?.type === "Until")), [drawn, left, top, right, bottom]);
  return <EdgeLayer edges={edges} spots={spots} loops={loops} width={drawn.width} height={drawn.height} />;
}

const cardElement = (name: string): HTMLElement | null => document.getElementById(`card-${name}`) ?? document.getElementById(`card-trigger:${name}`);

const boxOf = (drawn: Layout, name: string): Item | undefined => drawn.byId.get(name) ?? drawn.byId.get(`trigger:${name}`);

/** Keeps the focused card where it is on screen when the structure around it changes. */
function useAnchor(drawn: Layout, focus: string | null, root: React.RefObject<HTMLElement | null>): void {
  const flow = useReactFlow();
  const before = useRef<Layout | null>(null);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = drawn;
    if (!old || old === drawn) return undefined;
    const name = focus !== null && boxOf(old, focus) && boxOf(drawn, focus) ? focus : old.items.find((item) => item.kind === "trigger" && drawn.byId.has(item.id))?.id;
    const from = name === undefined ? undefined : boxOf(old, name);
    const to = name === undefined ? undefined : boxOf(drawn, name);
    if (from && to) {
      const { x, y, zoom } = flow.getViewport();
      const dx = (from.x + from.width / 2 - to.x - to.width / 2) * zoom;
      const dy = (from.y - to.y) * zoom;
      if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom });
      // Said to the style sheet alone: as state it would draw the canvas twice more for every edit.
      else root.current?.setAttribute("data-moving", "");
    }
    const timer = setTimeout(() => root.current?.removeAttribute("data-moving"), 180);
    return () => clearTimeout(timer);
  }, [drawn, focus, flow, root]);
}

/**
 * First look: the trigger at the top, in the middle, at a readable size. Known before React Flow is mounted, which takes it
 * as its default, so that the first paint is the right one.
 */
function useFirstView(drawn: Layout, root: React.RefObject<HTMLDivElement | null>): Viewport | null {
  const api = useStoreApi();
  const [view, setView] = useState<Viewport | null>(null);
  useLayoutEffect(() => {
    if (view || !root.current) return undefined;
    const look = (): void => {
      const { width, height } = root.current?.getBoundingClientRect() ?? { width: 0, height: 0 };
      if (width === 0) return;
      const made = firstView(drawn, width, height);
      api.setState({ width, height, transform: [made.x, made.y, made.zoom] });
      setView(made);
      performance.mark("designer:first-paint");
    };
    look();
    const watch = new ResizeObserver(look);
    watch.observe(root.current);
    return () => watch.disconnect();
  }, [view, drawn, root, api]);
  return view;
}

export function firstView(drawn: Layout, width: number, height: number): Viewport {
  const across = (width - 80) / Math.max(1, drawn.width);
  const whole = Math.min(1, across, (height - 140) / Math.max(1, drawn.height));
  const zoom = whole >= 0.8 ? whole : Math.max(0.7, Math.min(1, across));
  const top = drawn.items.find((item) => item.kind === "trigger" || item.id === "trigger:none");
  const fits = drawn.width * zoom <= width - 40;
  const centre = fits || !top ? drawn.width / 2 : top.x + top.width / 2;
  return { x: width / 2 - centre * zoom, y: 72, zoom };
}

function useReveal(drawn: Layout, reveal: { readonly name: string } | null, unfold: (name: string) => void): void {
  const flow = useReactFlow();
  const api = useStoreApi();
  const shown = useRef<object | null>(null);
  const expand = useEffectEvent(unfold);
  useEffect(() => {
    // Once for each wish; again only when its card was folded away and comes with the next layout.
    if (!reveal || shown.current === reveal) return;
    const item = boxOf(drawn, reveal.name);
    if (!item) return expand(reveal.name);
    shown.current = reveal;
    const zoom = Math.max(0.6, flow.getZoom());
    const [x, y] = [item.x + item.width / 2, item.y + Math.min(item.height, 200) / 2];
    // A flight over many screens would draw everything on its way: who goes far is there at once.
    const { width, height, transform: [left, top, before] } = api.getState();
    const far = Math.hypot(x * before + left - width / 2, y * before + top - height / 2) > 2 * Math.max(width, height) || before < 0.3;
    void flow.setCenter(x, y, { zoom, duration: far ? 0 : motion(200) });
  }, [reveal, drawn, flow, api]);
}

/** When the canvas gets narrower (a panel opens beside it) the focused card stays in sight. */
function useStaysVisible(drawn: Layout, focus: string | null): void {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const check = useEffectEvent(() => {
    const item = focus === null ? undefined : boxOf(drawn, focus);
    if (!item || width === 0) return;
    const { x, y, zoom } = flow.getViewport();
    const left = (item.x + item.width / 2) * zoom + x - 120 * zoom;
    const right = left + 240 * zoom;
    const top = item.y * zoom + y;
    const dx = right > width - 24 ? width - 24 - right : left < 24 ? 24 - left : 0;
    const dy = top > height - 90 ? height - 160 - top : top < 12 ? 24 - top : 0;
    if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: motion(160) });
  });
  useEffect(() => check(), [width, height]);
}

interface AnnouncementProps {
  readonly draft: Draft;
  readonly focus: string | null;
  readonly statuses: Readonly<Record<string, CardStatus>> | null;
  readonly problems: ReadonlyMap<string, CardProblems>;
  readonly marks: ReadonlyMap<string, Mark> | null;
}

/** What a screen reader hears when the focus moves. */
function Announcement({ draft, focus, statuses, problems, marks }: AnnouncementProps) {
  const action = focus ? draft.graph.entries.get(focus.toLowerCase())?.action : undefined;
  if (!action) return <div className="mr-visually-hidden" aria-live="polite" />;
  const status = statuses?.[action.trigger ? `trigger:${action.name}` : action.name];
  const found = problems.get(action.name.toLowerCase());
  const parts = [titleOf(action.name), action.type, status?.status, marks?.get(action.name.toLowerCase())?.words, found ? `${String(found.errors + found.warnings)} problems` : undefined, action.trigger ? "Trigger" : runAfterWords(action)];
  return (
    <div className="mr-visually-hidden" aria-live="polite">
      {parts.filter((part) => part !== undefined).join(". ")}
    </div>
  );
}
