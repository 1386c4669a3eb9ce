import "@xyflow/react/dist/base.css";
import { Background, BackgroundVariant, ReactFlow, type Node, type NodeTypes, type Viewport } from "@xyflow/react";
import { createContext, memo, useContext } from "react";

/** What stands on the pane, in the coordinates of the layout. */
export const DrawingContext = createContext<React.ReactNode>(null);

function Drawing() {
  return useContext(DrawingContext);
}

// React Flow is the viewport: it pans and zooms one node, which holds all that is drawn. Nodes of its own would each listen to its
// store and be drawn a second time after every edit.
const DRAWING: Node[] = [{
  id: "drawing", type: "drawing", position: { x: 0, y: 0 }, data: {}, width: 1, height: 1, measured: { width: 1, height: 1 },
  draggable: false, selectable: false, focusable: false, connectable: false, style: { pointerEvents: "none" },
}];
const NO_EDGES: never[] = [];
const NODE_TYPES: NodeTypes = { drawing: Drawing };

interface PaneProps {
  readonly view: Viewport;
  readonly dots: boolean;
  /** A click on nothing. */
  readonly onClick: (event: React.MouseEvent) => void;
}

/** Pans and zooms what the context has. An edit changes that alone: the pane is not drawn again. */
export const FlowPane = memo(function FlowPane({ view, dots, onClick }: PaneProps) {
  return (
    <ReactFlow
      ref={plain}
      defaultViewport={view}
      nodes={DRAWING}
      edges={NO_EDGES}
      nodeTypes={NODE_TYPES}
      minZoom={0.04}
      maxZoom={2}
      panOnScroll
      zoomOnDoubleClick={false}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      elementsSelectable={false}
      disableKeyboardA11y
      selectionKeyCode={null}
      multiSelectionKeyCode={null}
      deleteKeyCode={null}
      onPaneClick={onClick}
    >
      {dots && <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} color="var(--mr-dot-grid)" />}
    </ReactFlow>
  );
});

/** One region of the page takes keys as an application does, and that is the canvas: React Flow's own, inside it, is a box. */
function plain(element: HTMLElement | null): void {
  element?.setAttribute("role", "presentation");
}
