/** Fields for an operation without a manifest, read off what its text says. */
import type { Node } from "../../workflow/document";
import type { Action } from "../../workflow/graph";
import { spacedWords } from "../../workflow/services";
import { down, escapePart, member } from "../../workflow/tree";
import type { EditorName, Field, FieldSchema } from "./fields";

export interface GenericInputs {
  /** Pointer of the object that further parameters are added to; null where the inputs are no object. */
  readonly base: string | null;
  readonly fields: readonly Field[];
}

/** Members of `inputs` that say where the call goes and how, not what is asked: other tabs and the connection show them. */
const ROUTING = new Set(["host", "serviceproviderconfiguration", "parameters", "retrypolicy"]);
const METHODS: FieldSchema = { enum: ["GET", "POST", "PUT", "PATCH", "DELETE"] };

/** Characters that a field of one line still shows well. */
const LINE = 60;

export function genericInputs(action: Action): GenericInputs {
  const inputs = down(action.value, "inputs");
  if (!inputs) return { base: "/inputs", fields: [] };
  if (inputs.kind !== "object") return { base: null, fields: [genericField("", "inputs", inputs)] };
  const parameters = member(inputs, "parameters");
  const own = inputs.members.filter((one) => !ROUTING.has(one.name.toLowerCase()) && !isReference(one.name, one.value)).map((one) => genericField("/inputs", one.name, one.value));
  if (parameters?.kind !== "object") return { base: parameters || member(inputs, "host") ? null : "/inputs", fields: parameters ? [...own, genericField("/inputs", "parameters", parameters)] : own };
  return { base: "/inputs/parameters", fields: [...parameters.members.map((one) => genericField("/inputs/parameters", one.name, one.value)), ...own] };
}

export function genericField(base: string, name: string, value: Node | undefined): Field {
  const editor = editorOf(name, value);
  return { name, title: spacedWords(name), description: "", editor, path: `${base}/${escapePart(name)}`, required: false, visibility: "normal", schema: editor === "enum" ? METHODS : {} };
}

/** Power Automate writes the signed-in person as `@parameters('$authentication')`: nothing to fill in. */
function isReference(name: string, value: Node): boolean {
  return name.toLowerCase() === "authentication" && value.kind === "string";
}

function editorOf(name: string, value: Node | undefined): EditorName {
  const known = name.toLowerCase();
  if (known === "method" && (value?.kind !== "string" || !String(value.value).includes("@"))) return "enum";
  if (known === "authentication") return "authentication";
  if ((known === "queries" || known === "headers") && value?.kind === "object") return "dictionary";
  switch (value?.kind) {
    case "string":
      return /\n/.test(String(value.value)) || String(value.value).length > LINE ? "multiline" : "text";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "object":
    case "array":
      return "json";
    default:
      return "any";
  }
}
