import { useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { titleOf } from "../../workflow/draft";
import type { Item, Layout, Place, Spot } from "../../workflow/layout";
import type { Drag } from "./CanvasContext";
import styles from "./canvas.module.css";

interface Options {
  readonly drawn: Layout;
  readonly selected: readonly string[];
  readonly readOnly: boolean;
  readonly select: (name: string, event: { readonly shiftKey: boolean; readonly ctrlKey: boolean; readonly metaKey: boolean }) => void;
  readonly root: React.RefObject<HTMLDivElement | null>;
  readonly dropProblem: ((names: readonly string[], place: Place) => string | null) | undefined;
  readonly onMove: ((names: readonly string[], place: Place, copy: boolean) => void) | undefined;
  readonly onOpen: ((name: string) => void) | undefined;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const THRESHOLD = 5;
const REACH = 90;

/** Spots of empty branches are their drop areas; the others are the plus buttons. */
function dropSpots(drawn: Layout): Spot[] {
  const empty = drawn.items.filter((item) => item.kind === "empty" && item.branch !== null).map((item): Spot => ({
    id: item.id, container: item.name, branch: item.branch?.key ?? "", after: [], before: [], x: item.x + item.width / 2, y: item.y + item.height / 2,
  }));
  return [...drawn.spots, ...empty];
}

export function nearestSpot(drawn: Layout, at: Point, reach: number): Spot | null {
  let spot: Spot | null = null;
  let least = reach * reach;
  for (const one of dropSpots(drawn)) {
    const distance = (one.x - at.x) ** 2 + (one.y - at.y) ** 2;
    if (distance < least) {
      least = distance;
      spot = one;
    }
  }
  return spot;
}

/** Own pointer code: press, move five pixels, and the card follows; the nearest spot says whether it may drop there. */
export function useCardDrag(options: Options): { drag: Drag | null; ghost: Point | null; onPointerDown: (event: React.PointerEvent, item: Item) => void } {
  const { screenToFlowPosition, getViewport, setViewport, getZoom } = useReactFlow();
  const [drag, setDrag] = useState<Drag | null>(null);
  const [ghost, setGhost] = useState<Point | null>(null);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const onPointerDown = useCallback((event: React.PointerEvent, item: Item) => {
    if (event.button !== 0) return;
    const { selected, readOnly, select, root, onOpen } = latest.current;
    root.current?.focus({ preventScroll: true });
    const start = { x: event.clientX, y: event.clientY };
    const modified = event.shiftKey || event.ctrlKey || event.metaKey;
    const names = selected.includes(item.name) ? selected : [item.name];
    let active: { spot: Spot | null; problem: string | null; copy: boolean } | null = null;
    let frame = 0;
    let point: Point = start;
    const answers = new Map<string, string | null>();
    const follow = (copy: boolean): void => {
      const at = screenToFlowPosition(point);
      const reach = REACH / Math.min(1, getZoom());
      const spot = nearestSpot(latest.current.drawn, at, reach);
      if (spot && !answers.has(spot.id)) answers.set(spot.id, copy ? null : (latest.current.dropProblem?.(names, spot) ?? null));
      const problem = spot ? (answers.get(spot.id) ?? null) : null;
      active = { spot, problem, copy };
      setGhost(point);
      setDrag({ names, spot, problem, copy });
    };
    const pan = (): void => {
      const box = latest.current.root.current?.getBoundingClientRect();
      if (box && active) {
        const edge = 48;
        const dx = point.x < box.left + edge ? 10 : point.x > box.right - edge ? -10 : 0;
        const dy = point.y < box.top + edge ? 10 : point.y > box.bottom - edge ? -10 : 0;
        if (dx !== 0 || dy !== 0) {
          const { x, y, zoom } = getViewport();
          void setViewport({ x: x + dx, y: y + dy, zoom });
          follow(active.copy);
        }
      }
      frame = requestAnimationFrame(pan);
    };
    const move = (moved: PointerEvent): void => {
      point = { x: moved.clientX, y: moved.clientY };
      if (!active) {
        if (readOnly || item.kind === "trigger" || Math.hypot(point.x - start.x, point.y - start.y) < THRESHOLD) return;
        frame = requestAnimationFrame(pan);
      }
      follow(moved.altKey);
    };
    const end = (cancelled: boolean): void => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("keydown", key, true);
      cancelAnimationFrame(frame);
      const last = active;
      setDrag(null);
      setGhost(null);
      if (last) {
        if (!cancelled && last.spot && last.problem === null) latest.current.onMove?.(names, last.spot, last.copy);
      } else if (!cancelled) {
        select(item.name, { shiftKey: event.shiftKey, ctrlKey: event.ctrlKey, metaKey: event.metaKey });
        if (!modified) onOpen?.(item.name);
      }
    };
    const up = (): void => end(false);
    const key = (pressed: KeyboardEvent): void => {
      if (pressed.key !== "Escape") return;
      pressed.stopPropagation();
      end(true);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    window.addEventListener("keydown", key, true);
  }, [screenToFlowPosition, getViewport, setViewport, getZoom]);
  return { drag, ghost, onPointerDown };
}

/** What hangs on the pointer while dragging, with the reason where it may not drop. */
export function Ghost({ drag, at }: { readonly drag: Drag; readonly at: Point }) {
  const first = titleOf(drag.names[0] ?? "");
  return (
    <>
      <div className={styles.ghost} style={{ left: at.x + 12, top: at.y + 12 }}>
        <div className={styles.text}>
          <div className={styles.title}>{drag.names.length > 1 ? `${String(drag.names.length)} actions` : first}</div>
          <div className={styles.subtitle}>{drag.problem !== null ? "Cannot move here" : drag.copy ? "Drop to copy" : drag.spot && drag.problem === null ? "Drop to move here" : "Move to a plus sign"}</div>
        </div>
      </div>
      {drag.spot && drag.problem !== null && (
        <div className={styles.reason} role="status" style={at.y > window.innerHeight - 180 ? { left: at.x + 12, bottom: window.innerHeight - at.y + 8 } : { left: at.x + 12, top: at.y + 68 }}>
          {drag.problem}
        </div>
      )}
    </>
  );
}

const OPERATION = "application/x-millrace-operation";

/** Operations dragged from the browser drop on the same spots. */
export function useOperationDrop(drawn: Layout, onDrop: ((operation: string, place: Place) => void) | undefined): { drag: Drag | null; handlers: React.HTMLAttributes<HTMLDivElement> } {
  const { screenToFlowPosition, getZoom } = useReactFlow();
  const [drag, setDrag] = useState<Drag | null>(null);
  const spotAt = (event: React.DragEvent): Spot | null =>
    nearestSpot(drawn, screenToFlowPosition({ x: event.clientX, y: event.clientY }), (REACH * 2) / Math.min(1, getZoom()));
  if (!onDrop) return { drag: null, handlers: {} };
  return {
    drag,
    handlers: {
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes(OPERATION)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
        const spot = spotAt(event);
        if (spot?.id !== drag?.spot?.id || !drag) setDrag({ names: [], spot, problem: null, copy: true });
      },
      onDragLeave: (event) => {
        if (!event.currentTarget.contains(event.relatedTarget instanceof globalThis.Node ? event.relatedTarget : null)) setDrag(null);
      },
      onDrop: (event) => {
        const operation = event.dataTransfer.getData(OPERATION);
        const spot = spotAt(event);
        setDrag(null);
        if (operation === "" || !spot) return;
        event.preventDefault();
        onDrop(operation, spot);
      },
    },
  };
}
