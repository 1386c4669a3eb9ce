import { parse } from "../../../workflow/document";
import { expressionRanges } from "../../../workflow/references";

function isJson(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Text somebody typed into a field that takes any value, as JSON text: objects, arrays, numbers and words become values,
 * everything else a string. `{"a": @{x}}`, with an expression outside of quotes, becomes `{"a": "@x"}`.
 */
export function looseJson(text: string): string {
  const trimmed = text.trim();
  if (/^(?:-?\d+(?:\.\d+)?|true|false|null)$/.test(trimmed)) return trimmed;
  if (!/^[[{]/.test(trimmed)) return JSON.stringify(text);
  if (isJson(trimmed)) return trimmed;
  const filled = quotedExpressions(trimmed);
  return isJson(filled) ? filled : JSON.stringify(text);
}

function quotedExpressions(text: string): string {
  let made = "";
  let from = 0;
  for (const range of expressionRanges(` ${text}`)) {
    const start = range.start - 3;
    const before = text.slice(from, start);
    const quotes = (made + before).replace(/\\./g, "").split('"').length - 1;
    made += before;
    made += quotes % 2 === 0 ? JSON.stringify(`@${text.slice(start + 2, range.end - 1)}`) : text.slice(start, range.end);
    from = range.end;
  }
  return made + text.slice(from);
}

/** A number typed into a field: as a number where it is one, else (an expression) as text. */
export function numberJson(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  return /^-?\d+(?:\.\d+)?$/.test(trimmed) ? trimmed : JSON.stringify(text);
}

const isExpression = (text: string): boolean => /^@[^@]|@\{/.test(text);

export { isExpression };

type Schema = Record<string, unknown>;

/** A schema that fits a sample value. */
export function schemaOf(sample: unknown): Schema {
  if (sample === null) return {};
  if (Array.isArray(sample)) return sample.length === 0 ? { type: "array" } : { type: "array", items: sample.map(schemaOf).reduce(both) };
  if (typeof sample === "object") {
    return { type: "object", properties: Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, schemaOf(value)])) };
  }
  if (typeof sample === "number") return { type: Number.isInteger(sample) ? "integer" : "number" };
  return { type: typeof sample };
}

const typesOf = (schema: Schema): string[] => (Array.isArray(schema.type) ? schema.type.map(String) : schema.type === undefined ? [] : [String(schema.type)]);

/** A schema that fits what either fits: items of a list seldom all look the same. */
function both(one: Schema, other: Schema): Schema {
  const [first, second] = [typesOf(one), typesOf(other)];
  if (first.length === 0 || second.length === 0) return first.length === 0 ? other : one;
  const numeric = new Set([...first, ...second]);
  if (numeric.has("number")) numeric.delete("integer");
  const types = [...numeric];
  const members = [one.properties, other.properties].map((properties) => (properties ?? {}) as Record<string, Schema>);
  const [left = {}, right = {}] = members;
  const properties = Object.fromEntries([...new Set([...Object.keys(left), ...Object.keys(right)])].map((name) => [name, left[name] && right[name] ? both(left[name], right[name]) : (left[name] ?? right[name])]));
  const items = one.items && other.items ? both(one.items as Schema, other.items as Schema) : (one.items ?? other.items);
  return { type: types.length === 1 ? types[0] : types, ...(numeric.has("object") ? { properties } : {}), ...(items === undefined ? {} : { items }) };
}
