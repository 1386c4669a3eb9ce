import { describe, expect, it } from "vitest";
import { found, type Findable } from "./finding";

const row = (label: string, more: Partial<Findable> = {}): Findable => ({ label, group: "Trigger", expression: `triggerBody()?['${label}']`, sample: "", fit: "fits", ...more });
const labels = (rows: readonly Findable[], query: string): string[] => found(rows, query).map((one) => one.label);

describe("searching values", () => {
  const rows = [row("customerName"), row("name"), row("number", { fit: "other" }), row("city", { sample: "Zagreb" }), row("total", { group: "Get order" })];

  it("finds by name, place, path and value", () => {
    expect(labels(rows, "customer")).toEqual(["customerName"]);
    expect(labels(rows, "zagreb")).toEqual(["city"]);
    expect(labels(rows, "get order")).toEqual(["total"]);
    expect(labels(rows, "order total")).toEqual(["total"]);
  });

  it("puts the name itself first, then names that contain it", () => {
    expect(labels(rows, "name")).toEqual(["name", "customerName"]);
  });

  it("forgives a slip of the finger", () => {
    expect(labels(rows, "custmer")).toContain("customerName");
    expect(labels(rows, "zagrep")).toContain("city");
  });

  it("ranks what fits first and hides nothing", () => {
    const two = [row("number", { fit: "other" }), row("numberText")];
    expect(labels(two, "numb")).toEqual(["numberText", "number"]);
  });

  it("finds nothing where nothing is", () => {
    expect(labels(rows, "qqqq")).toEqual([]);
  });
});
