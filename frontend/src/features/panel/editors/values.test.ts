import { expect, it } from "vitest";
import { schemaOf } from "./values";

it("describes all items of a list, not the first alone", () => {
  expect(schemaOf([{ a: 1 }, { a: 1.5, b: "x" }, { a: null }])).toEqual({
    type: "array",
    items: { type: "object", properties: { a: { type: "number" }, b: { type: "string" } } },
  });
  expect(schemaOf(["a", 1])).toEqual({ type: "array", items: { type: ["string", "integer"] } });
  expect(schemaOf([])).toEqual({ type: "array" });
});
