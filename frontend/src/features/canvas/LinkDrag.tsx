import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { titleOf } from "../../workflow/draft";
import { useCanvas } from "./CanvasContext";
import type { Point } from "./useCardDrag";
import styles from "./canvas.module.css";

/** A connection on its way from a card to another one. Points are in the window. */
interface Link {
  readonly at: Point;
  /** The card below the pointer. */
  readonly over: string | null;
  readonly problem: string | null;
}

/** Where somebody took hold of the handle below a card. */
export interface LinkStart {
  readonly from: string;
  readonly at: Point;
}

interface LinkDragProps {
  readonly start: LinkStart;
  readonly linkTargets: ((from: string) => ReadonlySet<string>) | undefined;
  readonly linkProblem: ((from: string, to: string) => string | null) | undefined;
  readonly onLink: (from: string, to: string) => void;
  readonly onEmpty: (from: string, at: Point) => void;
  readonly onEnd: () => void;
}

/** The action whose card stands at a point of the window. */
function cardAt(point: Point): string | null {
  const card = document.elementFromPoint(point.x, point.y)?.closest("[id^='card-']");
  return card ? card.id.replace(/^card-(trigger:)?/, "") : null;
}

/** From the handle below a card to another card: that one runs after it. To the empty canvas: an action is added there. */
export function LinkDrag(props: LinkDragProps) {
  const { from, at: start } = props.start;
  const { moment } = useCanvas();
  const [targets] = useState(() => props.linkTargets?.(from) ?? new Set<string>());
  const [link, setLink] = useState<Link>({ at: start, over: null, problem: null });
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useLayoutEffect(() => {
    moment.setState({ link: { from, over: link.over, targets } });
    return () => moment.setState({ link: null });
  }, [moment, from, link.over, targets]);
  useEffect(() => {
    let now: Link = { at: start, over: null, problem: null };
    const move = (moved: PointerEvent): void => {
      const at = { x: moved.clientX, y: moved.clientY };
      const over = cardAt(at);
      const other = over === from ? null : over;
      now = { at, over: other, problem: other === null ? null : (latest.current.linkProblem?.(from, other) ?? null) };
      setLink(now);
    };
    const up = (): void => {
      latest.current.onEnd();
      if (now.over !== null) {
        if (now.problem === null) latest.current.onLink(from, now.over);
      } else if (Math.hypot(now.at.x - start.x, now.at.y - start.y) < 12) latest.current.onEmpty(from, start);
      else if (document.elementFromPoint(now.at.x, now.at.y)?.closest(".react-flow__pane")) latest.current.onEmpty(from, now.at);
    };
    const key = (pressed: KeyboardEvent): void => {
      if (pressed.key !== "Escape") return;
      pressed.stopPropagation();
      latest.current.onEnd();
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    window.addEventListener("keydown", key, true);
    return () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("keydown", key, true);
    };
  }, [from, start]);
  return <LinkLine from={from} start={start} link={link} />;
}

/** The line that follows the pointer, and what dropping would do. */
function LinkLine({ from, start, link }: { readonly from: string; readonly start: Point; readonly link: Link }) {
  const { at, over, problem } = link;
  const bend = Math.max(24, Math.abs(at.y - start.y) / 2);
  const words = problem ?? (over === null ? "Drop on a card to run it after this one, or here to add an action" : `${titleOf(over)} also runs after ${titleOf(from)}`);
  return (
    <>
      <svg className={styles.linkLine} data-problem={problem !== null || undefined} aria-hidden>
        <path d={`M${String(start.x)} ${String(start.y)}C${String(start.x)} ${String(start.y + bend)} ${String(at.x)} ${String(at.y - bend)} ${String(at.x)} ${String(at.y)}`} />
        <circle cx={at.x} cy={at.y} r={4} />
      </svg>
      <div className={styles.linkWords} data-problem={problem !== null || undefined} role="status" style={{ left: at.x + 14, top: at.y + 14 }}>
        {words}
      </div>
    </>
  );
}
