import { useReactFlow, useStore } from "@xyflow/react";
import { memo } from "react";
import { statusLook } from "../../ui/statuses";
import type { Layout } from "../../workflow/layout";
import type { CardProblems, CardStatus } from "./CanvasContext";
import styles from "./canvas.module.css";

export interface MinimapProps {
  readonly drawn: Layout;
  readonly statuses: Readonly<Record<string, CardStatus>> | null;
  readonly problems: ReadonlyMap<string, CardProblems>;
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const WIDTH = 180;
const HEIGHT = 120;

/** The whole flow in small, with what is seen of it. */
export function Minimap({ drawn, statuses, problems }: MinimapProps) {
  const flow = useReactFlow();
  const view = useStore((state) => `${String(state.transform[0])} ${String(state.transform[1])} ${String(state.transform[2])} ${String(state.width)} ${String(state.height)}`);
  const [x = 0, y = 0, zoom = 1, width = 1, height = 1] = view.split(" ").map(Number);
  const scale = Math.min((WIDTH - 12) / Math.max(1, drawn.width), (HEIGHT - 12) / Math.max(1, drawn.height));
  const left = (WIDTH - drawn.width * scale) / 2;
  const top = (HEIGHT - drawn.height * scale) / 2;
  const go = (event: React.PointerEvent<SVGSVGElement>): void => {
    if (event.buttons === 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    void flow.setCenter((event.clientX - box.left - left) / scale, (event.clientY - box.top - top) / scale, { zoom });
  };
  const key = (event: React.KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    void flow.setViewport({ x: x - step[0] * width * 0.25, y: y - step[1] * height * 0.25, zoom });
  };
  return (
    <svg className={styles.minimap} width={WIDTH} height={HEIGHT} onPointerDown={go} onPointerMove={go} onKeyDown={key} tabIndex={0} role="group" aria-label="Map of the workflow. Arrow keys move what is seen.">
      <g transform={`translate(${String(left)} ${String(top)}) scale(${String(scale)})`}>
        <Blocks drawn={drawn} statuses={statuses} problems={problems} scale={scale} />
        <rect x={-x / zoom} y={-y / zoom} width={width / zoom} height={height / zoom} fill="var(--mr-accent)" fillOpacity={0.08} stroke="var(--mr-accent)" strokeWidth={1.5 / scale} />
      </g>
    </svg>
  );
}

interface BlocksProps extends MinimapProps {
  readonly scale: number;
}

/** Every card as a block. Drawn again when the flow changes, not while it moves. */
const Blocks = memo(function Blocks({ drawn, statuses, problems, scale }: BlocksProps) {
  return drawn.items.filter((item) => item.kind !== "branch").map((item) => {
    const status = statuses?.[item.name];
    const wrong = problems.get(item.name.toLowerCase())?.errors;
    const fill = status ? `var(--mr-${statusLook(status.status).tone}-fg)` : wrong ? "var(--mr-failed-fg)" : "var(--mr-border)";
    const frame = item.kind === "container" && !item.collapsed;
    return <rect key={item.id} x={item.x} y={item.y} width={item.width} height={item.height} rx={12} fill={frame ? "none" : fill} stroke={frame ? "var(--mr-divider)" : "none"} strokeWidth={1.2 / scale} />;
  });
});
