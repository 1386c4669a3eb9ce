import type { Document, Node } from "../../workflow/document";
import { at } from "../../workflow/document";
import { escapePart } from "../../workflow/tree";

/** A JSON schema member with the hints of manifests. */
export interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly format?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly items?: FieldSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly FieldSchema[];
  readonly "x-path"?: string;
  readonly "x-ms-editor"?: string;
  readonly "x-ms-editor-options"?: Readonly<Record<string, unknown>>;
  readonly "x-ms-visibility"?: string;
  readonly "x-ms-dynamic-tree"?: { readonly settings?: { readonly canSelectParentNodes?: boolean; readonly canSelectLeafNodes?: boolean } };
  readonly "x-ms-dynamic-values"?: { readonly operationId?: string; readonly parameters?: Readonly<Record<string, unknown>> };
}

export type EditorName =
  | "text" | "multiline" | "number" | "boolean" | "enum" | "combobox" | "dictionary" | "array" | "json" | "schema" | "code" | "condition" | "variable" | "table"
  | "hours" | "minutes" | "monthdays" | "monthlyoccurrences" | "datetime" | "authentication" | "timezone" | "duration" | "expression" | "html" | "workflow" | "any" | "weekdays" | "items" | "object" | "content" | "tree";

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly editor: EditorName;
  /** Pointer below the action. */
  readonly path: string;
  readonly required: boolean;
  readonly visibility: "important" | "normal" | "advanced";
  readonly schema: FieldSchema;
}

const NAMED: Readonly<Record<string, EditorName>> = {
  multiline: "multiline", dictionary: "dictionary", array: "array", schema: "schema", code: "code", condition: "condition", variable: "variable", variablename: "variable", table: "table",
  authentication: "authentication", timezone: "timezone", expression: "expression", html: "html", workflow: "workflow", combobox: "combobox", dropdown: "enum", text: "text", string: "text", json: "json",
  duration: "duration", hours: "hours", minutes: "minutes", weekdays: "weekdays", monthdays: "monthdays", monthlyoccurrences: "monthlyoccurrences", datetime: "datetime",
};

function typeOf(schema: FieldSchema): string {
  if (typeof schema.type === "string") return schema.type;
  const first = schema.type?.find((one) => one !== "null") ?? schema.anyOf?.map(typeOf).find((one) => one !== "null");
  return first ?? "";
}

function editorOf(name: string, schema: FieldSchema): EditorName {
  if (name === "weekDays") return "weekdays";
  if (schema.format === "binary") return "content";
  if (schema.items?.properties) return "items";
  const given = NAMED[schema["x-ms-editor"]?.toLowerCase() ?? ""];
  if (given) return given;
  if (schema["x-ms-dynamic-tree"]) return "tree";
  if (schema["x-ms-dynamic-values"]) return "combobox";
  if (schema.enum) return "enum";
  if (schema.format === "duration" || /timeout$/i.test(schema["x-path"] ?? "")) return "duration";
  if (/timeZone$/i.test(name)) return "timezone";
  switch (typeOf(schema)) {
    case "string":
      return "text";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return "array";
    case "object":
      return schema.properties ? "object" : "json";
    default:
      return "any";
  }
}

/** The form of an operation, in the schema's order: required and important first. */
export function fieldsOf(inputs: FieldSchema, serviceProvider: boolean): Field[] {
  const required = new Set(inputs.required ?? []);
  const fields = Object.entries(inputs.properties ?? {}).map(([name, schema]): Field => {
    const dotted = schema["x-path"] ?? (serviceProvider ? `inputs.parameters.${name}` : `inputs.${name}`);
    const visibility = required.has(name) || schema["x-ms-visibility"] === "important" ? "important" : schema["x-ms-visibility"] === "advanced" ? "advanced" : "normal";
    return {
      name, title: schema.title ?? name, description: schema.description ?? "", editor: editorOf(name, schema), schema, visibility, required: required.has(name),
      path: dotted.split(".").map((part) => `/${escapePart(part)}`).join(""),
    };
  });
  const rank = { important: 0, normal: 1, advanced: 2 };
  return fields.map((field, index) => ({ field, index })).sort((one, other) => rank[one.field.visibility] - rank[other.field.visibility] || one.index - other.index).map((one) => one.field);
}

/** The members of an object below a path, in the schema's order. */
export function membersOf(schema: FieldSchema, path: string): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, member]): Field => ({
    name, title: member.title ?? name, description: member.description ?? "", editor: editorOf(name, member), schema: member, visibility: "normal", required: required.has(name), path: `${path}/${escapePart(name)}`,
  }));
}

/** A JSON value as people edit it in a text field: strings as they are, everything else as JSON. */
export function shownText(document: Document, pointer: string): string {
  const node = at(document, pointer);
  if (!node) return "";
  return node.kind === "string" ? String(node.value) : prettyText(document, node);
}

export function prettyText(document: Document, node: Node): string {
  const text = document.text.slice(node.start, node.end);
  if (node.kind !== "object" && node.kind !== "array") return text;
  const line = document.text.lastIndexOf("\n", node.start) + 1;
  const margin = /^[ \t]*/.exec(document.text.slice(line))?.[0] ?? "";
  return text.includes("\n") ? text.split("\n").map((one, index) => (index > 0 && one.startsWith(margin) ? one.slice(margin.length) : one)).join("\n") : text;
}

export function textDefault(schema: FieldSchema): string {
  const value = schema.default;
  if (value === undefined || value === null || value === "") return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

