import { expect, it } from "vitest";
import { initialValues, readFields, submitted } from "./schemaForm";

const form = {
  type: "object",
  required: ["host"],
  properties: {
    host: { type: "string", title: "Server", examples: ["smtp.example.com"] },
    port: { type: "integer", default: 587, minimum: 1, maximum: 65535 },
    encryption: { type: "string", enum: ["STARTTLS", "None"], default: "STARTTLS" },
    password: { type: "string", format: "password", writeOnly: true },
    readOnly: { type: "boolean" },
  },
};

it("reads one field per property, in order, with its editor", () => {
  const fields = readFields(form);
  expect(fields.map((field) => [field.name, field.kind, field.required])).toEqual([
    ["host", "text", true],
    ["port", "number", false],
    ["encryption", "choice", false],
    ["password", "secret", false],
    ["readOnly", "boolean", false],
  ]);
  expect(fields[0]?.placeholder).toBe("smtp.example.com");
});

it("starts from stored values, else from defaults", () => {
  const fields = readFields(form);
  expect(initialValues(fields, { host: "mail", port: 25 })).toEqual({ host: "mail", port: 25, encryption: "STARTTLS", password: "", readOnly: false });
});

it("never sends an empty secret, but sends what was chosen", () => {
  const fields = readFields(form);
  const values = { ...initialValues(fields), host: "mail", readOnly: true };
  expect(submitted(fields, values)).toEqual({ host: "mail", port: 587, encryption: "STARTTLS", readOnly: true });
  expect(submitted(fields, { ...values, password: "s3cret" }).password).toBe("s3cret");
});
