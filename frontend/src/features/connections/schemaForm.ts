/** Reading a connection form: the JSON schema a connector declares (with the x-ms-* hints of manifests). */

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly placeholder: string | undefined;
  readonly kind: "text" | "number" | "boolean" | "choice" | "secret" | "multiline";
  readonly required: boolean;
  readonly choices: readonly string[];
  readonly initial: string | number | boolean;
  readonly advanced: boolean;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

export type Values = Readonly<Record<string, string | number | boolean>>;

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
const textIn = (schema: Schema, name: string) => (typeof schema[name] === "string" ? schema[name] : undefined);
const numberIn = (schema: Schema, name: string) => (typeof schema[name] === "number" ? schema[name] : undefined);

export function readFields(form: Schema): readonly Field[] {
  const properties = isSchema(form.properties) ? form.properties : {};
  const required = Array.isArray(form.required) ? form.required : [];
  return Object.entries(properties).flatMap(([name, schema]) => (isSchema(schema) ? [readField(name, schema, required.includes(name))] : []));
}

function readField(name: string, schema: Schema, required: boolean): Field {
  const kind = kindOf(schema);
  const examples = Array.isArray(schema.examples) ? schema.examples : [];
  const given = schema.default;
  const initial = typeof given === "string" || typeof given === "number" || typeof given === "boolean" ? given : kind === "boolean" ? false : "";
  return {
    name,
    title: textIn(schema, "title") ?? textIn(schema, "x-ms-summary") ?? name,
    description: textIn(schema, "description"),
    placeholder: typeof examples[0] === "string" ? examples[0] : undefined,
    kind,
    required,
    choices: Array.isArray(schema.enum) ? schema.enum.map(String) : [],
    initial,
    advanced: schema["x-ms-visibility"] === "advanced",
    minimum: numberIn(schema, "minimum"),
    maximum: numberIn(schema, "maximum"),
  };
}

function kindOf(schema: Schema): Field["kind"] {
  if (schema.writeOnly === true || schema.format === "password") return "secret";
  if (Array.isArray(schema.enum)) return "choice";
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "integer" || schema.type === "number") return "number";
  if (schema["x-ms-editor"] === "multiline" || schema.format === "multiline") return "multiline";
  return "text";
}

export function initialValues(fields: readonly Field[], stored: Readonly<Record<string, unknown>> = {}): Values {
  return Object.fromEntries(
    fields.map((field) => {
      const value = stored[field.name];
      const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
      return [field.name, known ? value : field.initial];
    }),
  );
}

/** What is sent: empty secrets are left out (the stored ones stay), so are empty optional numbers. */
export function submitted(fields: readonly Field[], values: Values): Record<string, string | number | boolean> {
  const sent: Record<string, string | number | boolean> = {};
  for (const field of fields) {
    const value = values[field.name] ?? field.initial;
    if (value === "" && (field.kind === "secret" || field.kind === "number" || !field.required)) continue;
    sent[field.name] = value;
  }
  return sent;
}
