import { Checkbox } from "../../ui/Checkbox";
import { NumberField } from "../../ui/NumberField";
import { SecretField } from "../../ui/SecretField";
import { Select } from "../../ui/Select";
import { TextArea } from "../../ui/TextArea";
import { TextField } from "../../ui/TextField";
import type { Field, Values } from "./schemaForm";

interface SchemaFieldsProps {
  readonly fields: readonly Field[];
  readonly values: Values;
  readonly onChange: (values: Values) => void;
  readonly secretsSet: readonly string[];
  readonly errorOf: (name: string) => string | undefined;
}

export function SchemaFields({ fields, values, onChange, secretsSet, errorOf }: SchemaFieldsProps) {
  return fields.map((field) => (
    <SchemaField
      key={field.name}
      field={field}
      value={values[field.name] ?? field.initial}
      stored={secretsSet.includes(field.name)}
      error={errorOf(field.name)}
      onChange={(value) => onChange({ ...values, [field.name]: value })}
    />
  ));
}

interface SchemaFieldProps {
  readonly field: Field;
  readonly value: string | number | boolean;
  readonly stored: boolean;
  readonly error: string | undefined;
  readonly onChange: (value: string | number | boolean) => void;
}

function SchemaField({ field, value, stored, error, onChange }: SchemaFieldProps) {
  const common = { label: field.title, description: field.description, error, required: field.required };
  switch (field.kind) {
    case "secret":
      return <SecretField {...common} stored={stored} value={String(value)} onChange={onChange} />;
    case "choice":
      return <Select {...common} data={[...field.choices]} value={String(value)} onChange={(next) => onChange(next ?? "")} />;
    case "boolean":
      return (
        <Checkbox label={field.title} description={field.description} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
      );
    case "number":
      return (
        <NumberField
          {...common}
          value={typeof value === "boolean" ? "" : value}
          {...(field.minimum === undefined ? {} : { min: field.minimum })}
          {...(field.maximum === undefined ? {} : { max: field.maximum })}
          thousandSeparator={false}
          onChange={onChange}
        />
      );
    case "multiline":
      return <TextArea {...common} value={String(value)} onChange={(event) => onChange(event.currentTarget.value)} />;
    default:
      return (
        <TextField
          {...common}
          placeholder={field.placeholder}
          autoComplete="off"
          value={String(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
