import { IconCheck, IconCircleDashed, IconClock, IconPlus, IconX } from "@tabler/icons-react";
import { memo, useRef } from "react";
import { titleOf } from "../../workflow/draft";
import type { RunAfterStatus } from "../../workflow/graph";
import type { Edge, Item, Spot } from "../../workflow/layout";
import { RUN_METRICS } from "../../workflow/sizes";
import { statusesWords } from "../../workflow/words";
import { useCanvas, useMoment, type CanvasValue, type CardStatus } from "./CanvasContext";
import { Turns } from "./Turns";
import styles from "./canvas.module.css";

const RADIUS = 8;

/** An orthogonal line with rounded corners. */
function pathOf(points: readonly number[]): string {
  let d = `M${String(points[0] ?? 0)} ${String(points[1] ?? 0)}`;
  for (let index = 2; index < points.length; index += 2) {
    const x = points[index] ?? 0;
    const y = points[index + 1] ?? 0;
    const nextX = points[index + 2];
    const nextY = points[index + 3];
    if (nextX === undefined || nextY === undefined) {
      d += `L${String(x)} ${String(y)}`;
      continue;
    }
    const fromX = points[index - 2] ?? 0;
    const fromY = points[index - 1] ?? 0;
    const before = Math.hypot(x - fromX, y - fromY);
    const after = Math.hypot(nextX - x, nextY - y);
    const radius = Math.min(RADIUS, before / 2, after / 2);
    if (radius < 0.5) {
      d += `L${String(x)} ${String(y)}`;
      continue;
    }
    d += `L${String(x - ((x - fromX) / before) * radius)} ${String(y - ((y - fromY) / before) * radius)}`;
    d += `Q${String(x)} ${String(y)} ${String(x + ((nextX - x) / after) * radius)} ${String(y + ((nextY - y) / after) * radius)}`;
  }
  return d;
}

function toneOf(edge: Edge, statuses: Readonly<Record<string, CardStatus>> | null): string | undefined {
  if (!statuses || edge.to === "") return undefined;
  const target = statuses[edge.to];
  if (!target) return "idle";
  return target.status === "Skipped" || target.status === "Ignored" ? "skipped" : "taken";
}

const ICONS: Readonly<Record<RunAfterStatus, typeof IconCheck>> = { Succeeded: IconCheck, Failed: IconX, Skipped: IconCircleDashed, TimedOut: IconClock };

interface LayerProps {
  readonly loops: readonly Item[];
  readonly edges: readonly Edge[];
  readonly spots: readonly Spot[];
  readonly width: number;
  readonly height: number;
}

/** All lines in one SVG, the labels and plus buttons above them. Drawn under the cards. */
export const EdgeLayer = memo(function EdgeLayer({ edges, spots, loops, width, height }: LayerProps) {
  const { statuses, readOnly, onEdge, onAdd } = useCanvas();
  const labelled = edges.filter((edge) => edge.statuses !== null);
  return (
    <>
      <svg className={styles.edges} width={Math.max(1, width)} height={Math.max(1, height + 80)} aria-hidden>
        <defs>
          <marker id="mr-arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
            <path d="M1 1 L6.5 4 L1 7" className={styles.arrow} />
          </marker>
        </defs>
        {edges.map((edge) => (
          <Line key={edge.id} edge={edge} tone={toneOf(edge, statuses)} onEdge={edge.from !== null && edge.to !== "" ? onEdge : undefined} />
        ))}
      </svg>
      <div className={styles.above}>
        {labelled.map((edge) => (
          <EdgeLabel key={edge.id} edge={edge} />
        ))}
        {statuses && loops.map((loop) => <Turns key={loop.id} name={loop.name} x={loop.x + loop.width / 2} y={loop.y + RUN_METRICS.headerHeight + 22} />)}
        {!readOnly && spots.map((spot) => <PlusButton key={spot.id} spot={spot} onAdd={onAdd} />)}
      </div>
    </>
  );
});

interface LineProps {
  readonly edge: Edge;
  readonly tone: string | undefined;
  readonly onEdge: CanvasValue["onEdge"];
}

/** A line, and below it a wider one that nobody sees, for the pointer. */
const Line = memo(function Line({ edge, tone, onEdge }: LineProps) {
  const d = pathOf(edge.points);
  return (
    <>
      {onEdge && <path d={d} className={`nopan ${styles.edgeReach}`} onClick={(event) => onEdge(edge.from ?? "", edge.to, { x: event.clientX, y: event.clientY })} />}
      <path d={d} className={styles.edge} data-tone={tone} markerEnd={edge.to === "" ? undefined : "url(#mr-arrow)"} />
    </>
  );
});

function EdgeLabel({ edge }: { readonly edge: Edge }) {
  const { onEdge, readOnly } = useCanvas();
  const words = `${titleOf(edge.to)} runs if ${titleOf(edge.from ?? "")} ${statusesWords(edge.statuses ?? [])}`;
  const shown = edge.statuses?.length === 4 ? "in any case" : (edge.statuses ?? []).map((status) => (status === "TimedOut" ? "timed out" : status.toLowerCase())).join(", ");
  return (
    <button
      type="button"
      tabIndex={-1}
      className={`nopan ${styles.label}`}
      style={{ left: edge.labelX, top: edge.labelY }}
      title={words}
      aria-label={`${shown}: ${words}`}
      disabled={readOnly}
      onClick={(event) => onEdge?.(edge.from ?? "", edge.to, { x: event.clientX, y: event.clientY })}
    >
      {(edge.statuses ?? []).map((status) => {
        const Icon = ICONS[status];
        return <Icon key={status} size={12} stroke={2.5} data-status={status} aria-hidden />;
      })}
      <span>{shown}</span>
    </button>
  );
}

interface PlusProps {
  readonly spot: Spot;
  readonly onAdd: CanvasValue["onAdd"];
}

const PLUS = <IconPlus size={12} stroke={2.5} aria-hidden />;

const PlusButton = memo(function PlusButton({ spot, onAdd }: PlusProps) {
  const dragging = useMoment((moment) => moment.drag !== null);
  const drop = useMoment(({ drag }) => (drag?.spot?.id === spot.id ? (drag.problem === null ? "yes" : "no") : undefined));
  const button = useRef<HTMLButtonElement>(null);
  const between = spot.after.length > 0 && spot.before.length > 0 ? `between ${titleOf(spot.after[0] ?? "")} and ${titleOf(spot.before[0] ?? "")}` : spot.after.length > 0 ? `after ${titleOf(spot.after[0] ?? "")}` : spot.before.length > 0 ? `before ${titleOf(spot.before[0] ?? "")}` : "";
  return (
    <button
      ref={button}
      type="button"
      tabIndex={-1}
      className={`nopan ${styles.plus}`}
      style={{ left: spot.x, top: spot.y }}
      data-tail={spot.before.length === 0 || undefined}
      data-dragging={dragging || undefined}
      data-drop={drop}
      aria-label={`Add an action ${between}`.trim()}
      onClick={() => button.current && onAdd(spot, button.current)}
    >
      {PLUS}
    </button>
  );
});
