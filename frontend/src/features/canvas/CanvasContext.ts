import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { StoreApi } from "zustand/vanilla";
import type { Catalogue } from "../../workflow/catalogue";
import type { Item, Place, Spot } from "../../workflow/layout";
import type { Mark } from "../../workflow/merged";

/** What the run view knows of one action. */
export interface CardStatus {
  readonly status: string;
  readonly startedAt?: string | null | undefined;
  readonly endedAt?: string | null | undefined;
  readonly tries?: number | undefined;
  readonly code?: string | null | undefined;
  readonly repetitions?: { readonly total: number; readonly succeeded: number; readonly failed: number; readonly running: number; readonly skipped: number; readonly cancelled: number } | null | undefined;
}

export interface CardProblems {
  readonly errors: number;
  readonly warnings: number;
  readonly first: string;
}

export interface Drag {
  readonly names: readonly string[];
  readonly spot: Spot | null;
  readonly problem: string | null;
  readonly copy: boolean;
}

/** A command of the canvas with the actions it is for. */
export type CanvasCommand =
  | "open" | "rename" | "delete" | "delete-contents" | "copy" | "cut" | "duplicate" | "add-after" | "add-parallel" | "paste-after" | "wrap-Scope" | "wrap-If" | "wrap-Foreach"
  | "wrap-Until" | "wrap-Switch" | "unwrap" | "extract" | "collapse" | "add-case" | "delete-branch" | "run-after" | "paste-parallel" | "move-to" | "select-before" | "select-after" | "add-note" | "case-left" | "case-right";

export interface Moment {
  readonly selected: ReadonlySet<string>;
  readonly focus: string | null;
  readonly drag: Drag | null;
  /** The connection being drawn from a card, and which cards it may end at. */
  readonly link: { readonly from: string; readonly over: string | null; readonly targets: ReadonlySet<string> } | null;
}

export interface CanvasValue {
  readonly readOnly: boolean;
  readonly running: boolean;
  readonly catalogue: Catalogue | null;
  /** What changes while somebody points, chooses and drags: each card listens to its own part of it only. */
  readonly moment: StoreApi<Moment>;
  readonly statuses: Readonly<Record<string, CardStatus>> | null;
  readonly problems: ReadonlyMap<string, CardProblems>;
  /** Given: the canvas shows what differs between two versions. By lower-case name. */
  readonly marks: ReadonlyMap<string, Mark> | null;
  readonly turns: Readonly<Record<string, number>>;
  readonly onTurn: ((loop: string, turn: number) => void) | undefined;
  readonly startLink: ((event: React.PointerEvent, from: string) => void) | undefined;
  /** Somebody clicked the line between two actions. */
  readonly onEdge: ((from: string, to: string, at: { readonly x: number; readonly y: number }) => void) | undefined;
  readonly onPointerDown: (event: React.PointerEvent, item: Item) => void;
  readonly onOpen: (name: string) => void;
  readonly onMenu: (event: React.MouseEvent, item: Item) => void;
  readonly onToggle: (name: string) => void;
  readonly onAdd: (place: Place, element: Element) => void;
  readonly onAddTrigger: (element: Element) => void;
  readonly onCommand: (command: CanvasCommand, names: readonly string[], branch?: string) => void;
}

export const CanvasContext = createContext<CanvasValue | null>(null);

export function useCanvas(): CanvasValue {
  const value = useContext(CanvasContext);
  if (!value) throw new Error("A card stands outside of a canvas.");
  return value;
}

/** A part of what changes from moment to moment; a plain value, so that others' changes draw nothing again. */
export function useMoment<Part extends string | number | boolean | null | undefined>(select: (moment: Moment) => Part): Part {
  return useStore(useCanvas().moment, select);
}
