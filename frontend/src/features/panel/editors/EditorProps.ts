import type { Document, Node } from "../../../workflow/document";
import type { Field } from "../fields";

export interface EditorProps {
  readonly field: Field;
  readonly document: Document;
  /** The value as it stands, undefined when absent. */
  readonly node: Node | undefined;
  readonly labelId: string;
  readonly readOnly: boolean;
  /** Writes JSON text; null removes the member. */
  readonly onText: (text: string | null) => void;
}
