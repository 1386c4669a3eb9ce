/** Every command of the designer with its keys: the palette offers them, the sheet lists them, the canvas and the page obey them. */
import type { CanvasCommand } from "../../features/canvas/CanvasContext";
import type { Shortcut } from "../../features/palette/ShortcutSheet";

/** What a command of the page asks for. */
export type PageCommand =
  | "palette" | "go-to" | "keys" | "undo" | "redo" | "run" | "run-with-body" | "publish" | "outline" | "problems" | "split" | "code" | "canvas"
  | "next-problem" | "previous-problem" | "add" | "paste" | "runs" | "versions" | "history" | "workflows" | "parameters" | "connections" | "save-template" | "download"
  | "debug" | "data" | "test" | "run-up-to" | "pin" | "lens" | "panel" | "saved";

/** A key that the canvas itself obeys. */
export interface Press {
  readonly key: string;
  readonly shiftKey?: boolean;
}

export interface Command {
  readonly title: string;
  readonly group: "Actions" | "Selection" | "View" | "Workflow";
  readonly keys?: string;
  /** Changes the definition. */
  readonly edits?: boolean;
  /** How many chosen actions it needs; `action` is one that is no trigger. */
  readonly needs?: "one" | "action" | "some";
  /** What only those may do who have this permission. */
  readonly asks?: "run" | "look" | "publish" | "template";
  readonly does: { readonly canvas: CanvasCommand } | { readonly page: PageCommand } | { readonly press: Press };
}

const one = { group: "Actions", edits: true, needs: "one" } as const;
const tried = { group: "Actions", needs: "action", asks: "run" } as const;
const some = { group: "Actions", edits: true, needs: "some" } as const;

export const COMMANDS: readonly Command[] = [
  { title: "Add an action at the end", group: "Actions", edits: true, does: { page: "add" } },
  { title: "Add an action after", keys: "A", ...one, does: { canvas: "add-after" } },
  { title: "Add a parallel branch", keys: "Shift+A", ...one, does: { canvas: "add-parallel" } },
  { title: "Rename", keys: "F2", ...one, does: { canvas: "rename" } },
  { title: "Change when it runs", ...one, does: { canvas: "run-after" } },
  { title: "Test this action…", keys: "T", ...tried, does: { page: "test" } },
  { title: "Run up to here…", keys: "Shift+T", ...tried, does: { page: "run-up-to" } },
  { title: "Pin or unpin its output", keys: "P", group: "Actions", edits: true, needs: "action", does: { page: "pin" } },
  { title: "Add a note", keys: "N", group: "Actions", edits: true, does: { press: { key: "n" } } },
  { title: "Move to…", keys: "Ctrl+M", ...some, does: { canvas: "move-to" } },
  { title: "Copy", keys: "Ctrl+C", ...some, edits: false, does: { canvas: "copy" } },
  { title: "Cut", keys: "Ctrl+X", ...some, does: { canvas: "cut" } },
  { title: "Duplicate", keys: "Ctrl+D", ...some, does: { canvas: "duplicate" } },
  { title: "Paste after", keys: "Ctrl+V", ...one, does: { canvas: "paste-after" } },
  { title: "Paste as a parallel branch", keys: "Ctrl+Shift+V", ...one, does: { canvas: "paste-parallel" } },
  { title: "Paste at the end", group: "Actions", edits: true, does: { page: "paste" } },
  { title: "Delete", keys: "Del", ...some, does: { canvas: "delete" } },
  { title: "Wrap in a scope", keys: "Ctrl+G", ...some, does: { canvas: "wrap-Scope" } },
  { title: "Wrap in a condition", ...some, does: { canvas: "wrap-If" } },
  { title: "Wrap in a for each", ...some, does: { canvas: "wrap-Foreach" } },
  { title: "Wrap in an until", ...some, does: { canvas: "wrap-Until" } },
  { title: "Wrap in a switch", ...some, does: { canvas: "wrap-Switch" } },
  { title: "Unwrap", keys: "Ctrl+Shift+G", ...one, does: { canvas: "unwrap" } },
  { title: "Extract into a child workflow…", keys: "Ctrl+Shift+X", ...some, does: { canvas: "extract" } },
  { title: "Select what runs before", keys: "U", group: "Selection", needs: "one", does: { canvas: "select-before" } },
  { title: "Select what runs after", keys: "Y", group: "Selection", needs: "one", does: { canvas: "select-after" } },
  { title: "Go to an action", keys: "Ctrl+F / Ctrl+P", group: "View", does: { page: "go-to" } },
  { title: "Show the whole workflow", keys: "1", group: "View", does: { press: { key: "1" } } },
  { title: "Show the selection", keys: "2", group: "View", does: { press: { key: "2" } } },
  { title: "Zoom to 100 %", keys: "0", group: "View", does: { press: { key: "0" } } },
  { title: "Zoom in", keys: "+", group: "View", does: { press: { key: "+" } } },
  { title: "Zoom out", keys: "-", group: "View", does: { press: { key: "-" } } },
  { title: "Collapse or expand", keys: "C", group: "View", needs: "one", does: { press: { key: "c" } } },
  { title: "Collapse or expand all", keys: "Shift+C", group: "View", does: { press: { key: "C", shiftKey: true } } },
  { title: "Show or hide the map", keys: "M", group: "View", does: { press: { key: "m" } } },
  { title: "Show or hide the outline", keys: "Ctrl+B", group: "View", does: { page: "outline" } },
  { title: "Show or hide the problems", keys: "Ctrl+J", group: "View", does: { page: "problems" } },
  { title: "Show or hide what happens in runs started here", keys: "Ctrl+E", group: "View", does: { page: "debug" } },
  { title: "Show or hide the values of the action", keys: "Ctrl+Shift+E", group: "View", asks: "look", does: { page: "data" } },
  { title: "Show or hide the panel of the action", keys: "Ctrl+I", group: "View", needs: "some", does: { page: "panel" } },
  { title: "Choose the run whose values are shown", keys: "L", group: "View", needs: "one", asks: "look", does: { page: "lens" } },
  { title: "Canvas and code side by side", keys: "Ctrl+\\", group: "View", does: { page: "split" } },
  { title: "Code only", group: "View", does: { page: "code" } },
  { title: "Canvas only", group: "View", does: { page: "canvas" } },
  { title: "Next problem", keys: "]", group: "Workflow", does: { page: "next-problem" } },
  { title: "Previous problem", keys: "[", group: "Workflow", does: { page: "previous-problem" } },
  { title: "Undo", keys: "Ctrl+Z", group: "Workflow", edits: true, does: { page: "undo" } },
  { title: "Redo", keys: "Ctrl+Y / Ctrl+Shift+Z", group: "Workflow", edits: true, does: { page: "redo" } },
  { title: "Run the draft", keys: "Ctrl+Enter", group: "Workflow", asks: "run", does: { page: "run" } },
  { title: "Run with a body…", keys: "Ctrl+Shift+Enter", group: "Workflow", asks: "run", does: { page: "run-with-body" } },
  { title: "Publish…", group: "Workflow", asks: "publish", does: { page: "publish" } },
  { title: "Parameters of the workflow…", group: "Workflow", does: { page: "parameters" } },
  { title: "Connections of the workflow…", group: "Workflow", does: { page: "connections" } },
  { title: "Save as template…", group: "Workflow", asks: "template", does: { page: "save-template" } },
  { title: "Download the definition", group: "Workflow", does: { page: "download" } },
  { title: "Is everything saved?", keys: "Ctrl+S", group: "Workflow", does: { page: "saved" } },
  { title: "Runs of this workflow", group: "Workflow", does: { page: "runs" } },
  { title: "Versions of this workflow", group: "Workflow", does: { page: "versions" } },
  { title: "Changes of the draft", keys: "Ctrl+Alt+Z", group: "Workflow", does: { page: "history" } },
  { title: "All workflows", group: "Workflow", does: { page: "workflows" } },
  { title: "All commands", keys: "Ctrl+K", group: "Workflow", does: { page: "palette" } },
  { title: "Keys of the designer", keys: "? / F1", group: "Workflow", does: { page: "keys" } },
];

/** Keys that are no command: how to get around. */
export const MOVING: readonly Shortcut[] = [
  { group: "Getting around", title: "To the action above, below, beside", keys: "Arrows" },
  { group: "Getting around", title: "Open the action", keys: "Enter" },
  { group: "Getting around", title: "Back to the canvas, clear the selection", keys: "Esc" },
  { group: "Getting around", title: "More commands for the action", keys: "Shift+F10" },
  { group: "Selection", title: "Add to the selection", keys: "Shift+Arrows / Shift+Click" },
  { group: "Selection", title: "Select in a frame", keys: "Shift+Drag" },
  { group: "Selection", title: "Select all", keys: "Ctrl+A" },
  { group: "Actions", title: "Move up or down, into or out of a container", keys: "Alt+Arrows" },
  { group: "Actions", title: "Move a case, in the outline", keys: "Alt+Up / Alt+Down" },
  { group: "Actions", title: "Copy while dragging", keys: "Alt+Drag" },
];

export const SHORTCUTS: readonly Shortcut[] = [...MOVING, ...COMMANDS.flatMap(({ title, keys, group }) => (keys === undefined ? [] : [{ group, title, keys }]))];
