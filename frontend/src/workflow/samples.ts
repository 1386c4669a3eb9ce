/** A value that fits a JSON schema, to start from when a run is started by hand. */
import type { Node } from "./document";
import { member, stringOf } from "./tree";

function sample(schema: Node | undefined, depth: number): unknown {
  const example = member(schema, "example") ?? member(schema, "default") ?? member(schema, "enum")?.items[0];
  if (example && example.kind !== "object" && example.kind !== "array") return example.kind === "number" ? Number(example.value) : example.value;
  const type = stringOf(member(schema, "type")) ?? (member(schema, "properties") ? "object" : "");
  switch (type) {
    case "object":
      return Object.fromEntries((member(schema, "properties")?.members ?? []).map((one) => [one.name, depth > 6 ? null : sample(one.value, depth + 1)]));
    case "array":
      return depth > 6 ? [] : [sample(member(schema, "items"), depth + 1)];
    case "integer":
      return 1;
    case "number":
      return 1.5;
    case "boolean":
      return true;
    case "string":
      return "text";
    default:
      return null;
  }
}

/** Indented JSON text; an empty object where nothing is known. */
export function sampleOf(schema: Node | undefined): string {
  const value = schema ? sample(schema, 0) : null;
  return JSON.stringify(value ?? {}, null, 2);
}
