import { useReactFlow } from "@xyflow/react";
import { useEffect, useRef, useState } from "react";
import type { Item, Layout } from "../../workflow/layout";
import styles from "./canvas.module.css";

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const inside = (outer: Frame, item: Item): boolean =>
  item.x >= outer.left && item.y >= outer.top && item.x + item.width <= outer.left + outer.width && item.y + item.height <= outer.top + outer.height;

/** The actions that lie whole in a frame; of a container that does, the container alone. */
function framed(drawn: Layout, frame: Frame): string[] {
  const found = drawn.items.filter((item) => (item.kind === "card" || item.kind === "container") && inside(frame, item));
  const containers = found.filter((item) => item.kind === "container");
  const within = (item: Item): boolean => containers.some((outer) => outer !== item && item.x >= outer.x && item.y >= outer.y && item.x + item.width <= outer.x + outer.width && item.y + item.height <= outer.y + outer.height);
  return found.filter((item) => !within(item)).map((item) => item.name);
}

interface MarqueeProps {
  readonly root: React.RefObject<HTMLDivElement | null>;
  readonly drawn: Layout;
  readonly selected: readonly string[];
  readonly onSelect: (names: readonly string[]) => void;
}

/** Shift and drag on the empty canvas selects what lies in the frame (with Ctrl as well: in addition). */
export function Marquee(options: MarqueeProps) {
  const { screenToFlowPosition } = useReactFlow();
  const [frame, setFrame] = useState<Frame | null>(null);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    const element = latest.current.root.current;
    if (!element) return undefined;
    const down = (event: PointerEvent): void => {
      if (!event.shiftKey || event.button !== 0 || !(event.target instanceof Element) || !event.target.classList.contains("react-flow__pane")) return;
      // Without this the canvas would move instead.
      event.preventDefault();
      event.stopPropagation();
      element.focus({ preventScroll: true });
      const before = event.ctrlKey || event.metaKey ? latest.current.selected : [];
      const box = element.getBoundingClientRect();
      const move = (moved: PointerEvent): void => {
        const at = { x: Math.min(event.clientX, moved.clientX), y: Math.min(event.clientY, moved.clientY) };
        const size = { width: Math.abs(moved.clientX - event.clientX), height: Math.abs(moved.clientY - event.clientY) };
        setFrame({ left: at.x - box.left, top: at.y - box.top, ...size });
        const from = screenToFlowPosition(at);
        const to = screenToFlowPosition({ x: at.x + size.width, y: at.y + size.height });
        const found = framed(latest.current.drawn, { left: from.x, top: from.y, width: to.x - from.x, height: to.y - from.y });
        const next = [...before.filter((name) => !found.includes(name)), ...found];
        if (next.join("\n") !== latest.current.selected.join("\n")) latest.current.onSelect(next);
      };
      const up = (): void => {
        window.removeEventListener("pointermove", move);
        window.removeEventListener("pointerup", up);
        setFrame(null);
        // The click that ends the drag would clear the selection.
        const swallow = (clicked: MouseEvent): void => clicked.stopPropagation();
        window.addEventListener("click", swallow, true);
        setTimeout(() => window.removeEventListener("click", swallow, true));
      };
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", up);
    };
    element.addEventListener("pointerdown", down, true);
    return () => element.removeEventListener("pointerdown", down, true);
  }, [screenToFlowPosition]);
  return frame && <div className={styles.marquee} style={frame} />;
}
