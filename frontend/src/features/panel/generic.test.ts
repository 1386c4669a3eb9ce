import { expect, test } from "vitest";
import { parse } from "../../workflow/document";
import { readGraph } from "../../workflow/graph";
import { genericInputs } from "./generic";

const inputsOf = (inputs: unknown) => {
  const found = readGraph(parse(JSON.stringify({ triggers: {}, actions: { A: { type: "OpenApiConnection", inputs } } }))).root.actions[0];
  if (!found) throw new Error("no action");
  return genericInputs(found);
};

test("an operation of Power Automate has a field for each parameter, at its place in the text", () => {
  const { base, fields } = inputsOf({
    host: { operationId: "UpdateRecord" },
    parameters: { entityName: "accounts", "item/name": "@triggerBody()?['name']", $top: 5, "item/active": true, "item/tags": ["a"] },
    authentication: "@parameters('$authentication')",
  });
  expect(base).toBe("/inputs/parameters");
  expect(fields.map((field) => [field.title, field.editor, field.path])).toEqual([
    ["Entity name", "text", "/inputs/parameters/entityName"], ["Item / Name", "text", "/inputs/parameters/item~1name"], ["Top", "number", "/inputs/parameters/$top"],
    ["Item / Active", "boolean", "/inputs/parameters/item~1active"], ["Item / Tags", "json", "/inputs/parameters/item~1tags"],
  ]);
});

test("a managed connection of Logic Apps shows its request", () => {
  const { fields } = inputsOf({ host: { connection: { name: "x" } }, method: "get", path: "/x", queries: { a: 1 }, body: { b: 2 }, retryPolicy: { type: "none" } });
  expect(fields.map((field) => [field.name, field.editor])).toEqual([["method", "enum"], ["path", "text"], ["queries", "dictionary"], ["body", "json"]]);
});

test("long text has room", () => {
  expect(inputsOf({ parameters: { body: "a\nb", filter: "x".repeat(80) } }).fields.map((field) => field.editor)).toEqual(["multiline", "multiline"]);
});

test("inputs that are one value are one field", () => {
  expect(inputsOf("@triggerBody()").fields.map((field) => field.path)).toEqual(["/inputs"]);
  expect(inputsOf("@triggerBody()").base).toBeNull();
});
