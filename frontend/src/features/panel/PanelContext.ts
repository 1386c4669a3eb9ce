import { createContext, useContext, type ComponentType, type ReactNode } from "react";
import type { Edit } from "../../workflow/edits";
import type { EditorProps } from "./editors/EditorProps";
import type { Entry } from "../../workflow/graph";

/** The text field with tokens; the page puts it in, so that the panel need not know where tokens come from. */
export interface TextEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label: string;
  readonly labelId?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly multiline?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  readonly mono?: boolean | undefined;
  readonly invalid?: boolean | undefined;
  readonly wants?: string | undefined;
  /** Takes the focus when it is first drawn: a row that was just added. */
  readonly autoFocus?: boolean | undefined;
  /** False where the text is no template of its own. */
  readonly preview?: boolean | undefined;
}

export interface Choice {
  readonly value: string;
  readonly title: string;
}

export interface ConnectionChoice {
  readonly name: string;
  readonly connector: string;
  readonly state: string;
}

/** A time zone by its Windows id; `offset` in minutes ahead of UTC, `place` the IANA name. */
export interface ZoneChoice {
  readonly name: string;
  readonly offset: number;
  readonly place: string;
}

/** A folder or what is in one. */
export interface Branch extends Choice {
  readonly isParent: boolean;
}

export interface Branches {
  readonly items: readonly Branch[];
  readonly more: boolean;
}

/** What the engine makes of a template over the chosen data. */
export interface Evaluation {
  /** Another key: other data. */
  readonly key: string;
  readonly value: (template: unknown, signal: AbortSignal) => Promise<{ readonly value?: unknown; readonly truncated?: boolean; readonly error?: { readonly message: string } }>;
}

/** When a recurrence comes round; an error in words where it cannot be followed. */
export interface Occurrences {
  readonly times: readonly string[];
  readonly zone: string;
  readonly counted: boolean;
  readonly error: string;
}

export interface PickWorkflowProps {
  /** What the definition names the chosen one by; "": none is chosen. */
  readonly reference: string;
  readonly labelId: string | undefined;
  readonly readOnly: boolean;
  /** Below the workflows. */
  readonly always: readonly { readonly value: string; readonly label: string }[];
  /** Where there is none to choose. */
  readonly none: ReactNode;
  /** An id, or a value of `always`. */
  readonly onPick: (value: string) => void;
}

export interface PanelValue {
  readonly entry: Entry;
  readonly readOnly: boolean;
  readonly edit: (edit: Edit) => boolean;
  /** Several actions are chosen: pointers below them where they do not have the same. */
  readonly different?: ReadonlySet<string> | undefined;
  readonly TextEditor: ComponentType<TextEditorProps>;
  /** The editor of a field by its kind, for forms inside of forms. */
  readonly FieldEditor: ComponentType<EditorProps>;
  /** Null where no run or sample is chosen. */
  readonly evaluate: Evaluation | null;
  readonly variables: readonly { readonly name: string; readonly type: string }[];
  readonly PickWorkflow: ComponentType<PickWorkflowProps>;
  readonly zones: readonly ZoneChoice[];
  /** The choices of a field, asked from the connector. */
  readonly loadChoices: (field: string) => Promise<readonly Choice[]>;
  /** Keeps a secret as a secure parameter of the workflow, named like that; what reads it, or null where it could not be kept. */
  readonly keepSecret: (name: string, secret: string, before: string) => string | null;
  readonly forecast: (recurrence: Readonly<Record<string, unknown>>) => Promise<Occurrences>;
  /** What a folder of a field's tree holds, or with `search` whatever has such a name. */
  readonly browse: (field: string, folder: string, search: string) => Promise<Branches>;
}

export const PanelContext = createContext<PanelValue | null>(null);

export function usePanel(): PanelValue {
  const value = useContext(PanelContext);
  if (!value) throw new Error("A form field stands outside of the panel.");
  return value;
}
