import { createContext, useContext } from "react";
import type { Look } from "../../workflow/looks";
import type { Repetition, TokenGroup } from "../../workflow/tokens";

export interface FunctionEntry {
  readonly name: string;
  readonly category: string;
  readonly signature: string;
  readonly summary: string;
  readonly returns: string;
  readonly minArgs: number;
  /** Null: any number. */
  readonly maxArgs: number | null;
}

export interface PreviewValue {
  readonly value?: unknown;
  readonly text?: string;
  readonly type?: string;
  readonly truncated?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Values of expressions at one place, as the engine gives them over the chosen data. */
export interface PreviewSource {
  /** Another key: other data. */
  readonly key: string;
  readonly evaluate: (template: unknown, signal: AbortSignal) => Promise<PreviewValue>;
  readonly evaluateAll: (templates: readonly unknown[], signal: AbortSignal) => Promise<readonly PreviewValue[]>;
}

/** Repeats the action for every item of a list. */
export interface Repeating {
  readonly over: (list: string) => Repetition | null;
  /** Puts the action into a new loop of that name; what is inserted next belongs to the same step. */
  readonly wrap: (list: string, loop: string) => boolean;
}

/** What the fields of one action can insert. */
export interface TokenSources {
  readonly groups: readonly TokenGroup[];
  readonly functions: readonly FunctionEntry[];
  readonly lookOf: (action: string | null) => Look | null;
  readonly onGoTo: (action: string) => void;
  /** Null where there is no data to show. */
  readonly preview: PreviewSource | null;
  /** Null where nothing may be changed. */
  readonly repeating: Repeating | null;
}

export const TokenContext = createContext<TokenSources>({ groups: [], functions: [], lookOf: () => null, onGoTo: () => undefined, preview: null, repeating: null });

export function useTokens(): TokenSources {
  return useContext(TokenContext);
}
