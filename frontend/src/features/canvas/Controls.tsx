import { useReactFlow, useStore } from "@xyflow/react";
import { IconArrowsMaximize, IconFold, IconMap, IconMapOff, IconMinus, IconPlus } from "@tabler/icons-react";
import { useRef } from "react";
import { IconButton } from "../../ui/IconButton";
import { later } from "../../ui/later";
import { steady } from "../../ui/steady";
import type { MinimapProps } from "./Minimap";
import { fit, motion } from "./useCanvasKeys";
import styles from "./canvas.module.css";

const Minimap = later(() => import("./Minimap").then((module) => module.Minimap));

interface ControlsProps extends MinimapProps {
  readonly allCollapsed: boolean;
  readonly map: boolean;
  readonly onMap: () => void;
  readonly onCollapseAll: () => void;
}

/** Zoom, fit, collapse and the small map. */
export function Controls(props: ControlsProps) {
  const { drawn, map, allCollapsed, onMap, onCollapseAll } = props;
  const flow = useReactFlow();
  const bar = useRef<HTMLDivElement>(null);
  const whole = (): void => {
    const root = bar.current?.parentElement;
    if (root) void fit(flow, drawn, root);
  };
  return (
    <>
      <div ref={bar} className={styles.controls} role="toolbar" aria-label="View">
        <Buttons map={map} allCollapsed={allCollapsed} onWhole={whole} onMap={onMap} onCollapseAll={onCollapseAll} />
      </div>
      {map && <Minimap drawn={drawn} statuses={props.statuses} problems={props.problems} />}
    </>
  );
}

interface ButtonsProps {
  readonly map: boolean;
  readonly allCollapsed: boolean;
  readonly onWhole: () => void;
  readonly onMap: () => void;
  readonly onCollapseAll: () => void;
}

/** Not drawn again by an edit, as the flow is. */
const Buttons = steady<ButtonsProps>(function Buttons({ map, allCollapsed, onWhole, onMap, onCollapseAll }) {
  const flow = useReactFlow();
  const percent = useStore((state) => Math.round(state.transform[2] * 100));
  return (
    <>
      <IconButton size="small" label="Zoom out" keys="-" icon={<IconMinus size={16} />} onClick={() => void flow.zoomOut({ duration: motion(120) })} />
      <button type="button" className={styles.zoom} aria-label={`${String(percent)} %, zoom to 100 %`} onClick={() => void flow.zoomTo(1, { duration: motion(120) })}>
        {percent} %
      </button>
      <IconButton size="small" label="Zoom in" keys="+" icon={<IconPlus size={16} />} onClick={() => void flow.zoomIn({ duration: motion(120) })} />
      <IconButton size="small" label="Show the whole workflow" keys="1" icon={<IconArrowsMaximize size={16} />} onClick={onWhole} />
      <IconButton size="small" label={allCollapsed ? "Expand all" : "Collapse all"} icon={<IconFold size={16} />} onClick={onCollapseAll} />
      <IconButton size="small" label={map ? "Hide the map" : "Show the map"} keys="M" icon={map ? <IconMapOff size={16} /> : <IconMap size={16} />} onClick={onMap} />
    </>
  );
});
