import { useReactFlow } from "@xyflow/react";
import { useEffect, useRef } from "react";
import type { Draft } from "../../workflow/draft";
import { everyAction, find } from "../../workflow/graph";
import type { Layout, Place } from "../../workflow/layout";
import type { CanvasCommand } from "./CanvasContext";
import { neighbour, type Direction } from "./viewport";

interface Options {
  readonly root: React.RefObject<HTMLDivElement | null>;
  readonly drawn: Layout;
  readonly draft: Draft;
  readonly focus: string | null;
  readonly selected: readonly string[];
  readonly readOnly: boolean;
  readonly onSelect: (names: readonly string[]) => void;
  readonly onOpen: ((name: string) => void) | undefined;
  readonly onCommand: (command: CanvasCommand, names: readonly string[]) => void;
  readonly onAdd: ((place: Place, element: Element) => void) | undefined;
  readonly collapsed: ReadonlySet<string>;
  readonly setCollapsed: (collapsed: ReadonlySet<string>) => void;
  readonly onCollapseAll: () => void;
  readonly onMap: () => void;
  readonly onContextMenu: (name: string) => void;
}

const ARROWS: Readonly<Record<string, Direction>> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };
/** Keys without and with Mod; the commands change nothing themselves, they ask. */
const PLAIN: Readonly<Record<string, CanvasCommand>> = { F2: "rename", Delete: "delete", Backspace: "delete", a: "add-after", A: "add-parallel", c: "collapse", u: "select-before", y: "select-after", n: "add-note" };
const WITH_MOD: Readonly<Record<string, CanvasCommand>> = { c: "copy", x: "cut", X: "extract", d: "duplicate", g: "wrap-Scope", G: "unwrap", V: "paste-parallel", m: "move-to" };
/** These change nothing. */
const HARMLESS: ReadonlySet<CanvasCommand> = new Set<CanvasCommand>(["copy", "collapse", "select-before", "select-after"]);

/** Keyboard of the canvas: roving focus over the cards (one tab stop), commands on the selection. */
export function useCanvasKeys(options: Options): void {
  const flow = useReactFlow();
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    const element = options.root.current;
    if (!element) return undefined;
    const reveal = (name: string): void => {
      const item = latest.current.drawn.byId.get(name) ?? latest.current.drawn.byId.get(`trigger:${name}`);
      if (!item) return;
      const box = element.getBoundingClientRect();
      const { x, y, zoom } = flow.getViewport();
      const left = item.x * zoom + x;
      const top = item.y * zoom + y;
      const height = Math.min(item.height, 120) * zoom;
      if (left < 40 || top < 40 || left + item.width * zoom > box.width - 40 || top + height > box.height - 80) {
        void flow.setCenter(item.x + item.width / 2, item.y + height / 2, { zoom, duration: motion(120) });
      }
    };
    const arrow = (event: KeyboardEvent, direction: Direction): void => {
      const { drawn, focus, draft, onSelect, selected } = latest.current;
      const start = focus ?? draft.graph.triggers[0]?.name ?? draft.graph.root.actions[0]?.name;
      if (start === undefined) return;
      const next = focus === null ? start : neighbour(drawn, focus, direction);
      if (next === null) return;
      onSelect(event.shiftKey && focus !== null ? [...selected.filter((one) => one !== next), next] : [next]);
      reveal(next);
    };
    const view = (key: string): boolean => {
      if (key === "+" || key === "=") void flow.zoomIn({ duration: motion(120) });
      else if (key === "-") void flow.zoomOut({ duration: motion(120) });
      else if (key === "0") void flow.zoomTo(1, { duration: motion(120) });
      else if (key === "1") void fit(flow, latest.current.drawn, element);
      else if (key === "m") latest.current.onMap();
      else if (key === "2") void fitTo(flow, latest.current.drawn, latest.current.selected, element);
      else return false;
      return true;
    };
    const onKey = (event: KeyboardEvent): void => {
      delete element.dataset.pointer;
      if (event.target !== element) return;
      const { focus, selected, draft, onSelect, onOpen, onCommand, readOnly } = latest.current;
      const mod = event.ctrlKey || event.metaKey;
      const direction = ARROWS[event.key];
      const done = (): void => {
        event.preventDefault();
        event.stopPropagation();
      };
      if (direction && !event.altKey && !mod) {
        arrow(event, direction);
        return done();
      }
      if (event.key === "Escape" && selected.length > 0) {
        onSelect([]);
        return done();
      }
      if (event.key === "Enter" && focus !== null && !mod) {
        onOpen?.(focus);
        return done();
      }
      if (mod && event.key === "a") {
        onSelect(everyAction(draft.graph).filter((action) => find(draft.graph, action.name)?.parent === null).map((action) => action.name));
        return done();
      }
      if (!mod && view(event.key)) return done();
      if (focus !== null && (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) {
        latest.current.onContextMenu(focus);
        return done();
      }
      if (!mod && event.key === "C") {
        latest.current.onCollapseAll();
        return done();
      }
      const command = mod ? WITH_MOD[event.shiftKey ? event.key.toUpperCase() : event.key] : PLAIN[event.key];
      if (!command || (readOnly && !HARMLESS.has(command))) return undefined;
      if (selected.length === 0 && command !== "add-note") return undefined;
      onCommand(command === "delete" && event.shiftKey ? "delete-contents" : command, selected);
      return done();
    };
    // The ring around the canvas is for those who came by keyboard.
    const onPointer = (): void => {
      element.dataset.pointer = "true";
    };
    element.addEventListener("keydown", onKey);
    element.addEventListener("pointerdown", onPointer, true);
    return () => {
      element.removeEventListener("keydown", onKey);
      element.removeEventListener("pointerdown", onPointer, true);
    };
  }, [flow, options.root]);
}

type Flow = ReturnType<typeof useReactFlow>;

/** The whole flow on screen. */
export function fit(flow: Flow, drawn: Layout, element: Element): Promise<boolean> {
  const { width, height } = element.getBoundingClientRect();
  const zoom = Math.max(0.04, Math.min(1, (width - 96) / Math.max(1, drawn.width), (height - 120) / Math.max(1, drawn.height)));
  return flow.setViewport({ x: (width - drawn.width * zoom) / 2, y: Math.max(48, (height - drawn.height * zoom) / 2), zoom }, { duration: motion(160) });
}

/** The chosen actions on screen; the whole flow where none is. */
function fitTo(flow: Flow, drawn: Layout, names: readonly string[], element: Element): Promise<boolean> {
  const boxes = names.flatMap((name) => drawn.byId.get(name) ?? drawn.byId.get(`trigger:${name}`) ?? []);
  if (boxes.length === 0) return fit(flow, drawn, element);
  const left = Math.min(...boxes.map((box) => box.x));
  const top = Math.min(...boxes.map((box) => box.y));
  const wide = Math.max(...boxes.map((box) => box.x + box.width)) - left;
  const high = Math.max(...boxes.map((box) => box.y + box.height)) - top;
  const { width, height } = element.getBoundingClientRect();
  const zoom = Math.max(0.04, Math.min(1, (width - 96) / wide, (height - 160) / high));
  return flow.setViewport({ x: width / 2 - (left + wide / 2) * zoom, y: height / 2 - (top + high / 2) * zoom, zoom }, { duration: motion(160) });
}

/** No movement for those who asked for none. */
export function motion(milliseconds: number): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : milliseconds;
}
