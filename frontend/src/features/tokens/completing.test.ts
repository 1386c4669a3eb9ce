import { describe, expect, it } from "vitest";
import type { TokenGroup } from "../../workflow/tokens";
import { aboutOf, expressionStart, suggestionsFor } from "./completing";
import type { FunctionEntry } from "./TokenContext";

const token = (expression: string, label: string, type = "any") => ({ id: expression, label, path: [], type, expression, description: "" });
const group = (kind: TokenGroup["kind"], title: string, tokens: TokenGroup["tokens"]): TokenGroup => ({ id: title, title, kind, action: null, tokens });
const groups: readonly TokenGroup[] = [
  group("loop", "Each_line", [token("items('Each_line')?['what']", "what", "string")]),
  group("action", "Get_order", [token("body('Get_order')", "Body"), token("body('Get_order')?['customer']", "customer", "object"), token("body('Get_order')?['customer']?['e-mail']", "e-mail", "string"), token("body('Get_order')?['customer']?['name']", "name", "string")]),
  group("variables", "Variables", [token("variables('it''s')", "it's")]),
];
const entry = (name: string, maxArgs: number | null): FunctionEntry => ({ name, category: "string", signature: `${name}(text: string)`, summary: "Joins.", returns: "String", minArgs: 0, maxArgs });
const functions = [entry("concat", null), entry("guid", 0)];
const labels = (before: string, asked = false): string[] | null => suggestionsFor(before, { groups, functions }, asked)?.options.map((one) => one.label) ?? null;

describe("completion inside an expression", () => {
  it("knows where an expression is", () => {
    expect([expressionStart("plain"), expressionStart("@@con"), expressionStart("@con"), expressionStart("Dear @{con"), expressionStart("Dear @{a} and"), expressionStart("Dear @{concat('}', ")]).toEqual([-1, -1, 1, 7, -1, 7]);
    expect(labels("con")).toBeNull();
    expect(labels("@concat('con")).toBeNull();
  });

  it("offers functions and values for a word, with brackets that fit", () => {
    const found = suggestionsFor("@{con", { groups, functions }, false);
    expect(found?.from).toBe(2);
    expect(found?.options.slice(0, 2).map((one) => one.apply)).toEqual(["concat(", "guid()"]);
    expect(labels("@concat(")).toBeNull();
    expect(labels("@concat(", true)?.length).toBe(8);
  });

  it("offers names between quotes", () => {
    expect(labels("@body('")).toEqual(["Get_order"]);
    expect(labels("@formDataValue('Get")).toEqual(["Get_order"]);
    expect(labels("@items('")).toEqual(["Each_line"]);
    expect(suggestionsFor("@variables('", { groups, functions }, false)?.options).toEqual([{ label: "it's", kind: "name", apply: "it''s" }]);
  });

  it("offers members one step on, however the way there is written", () => {
    expect(labels("@body('Get_order')?['")).toEqual(["customer"]);
    for (const way of ["body('Get_order')?['customer']?['", "body('Get_order')['customer']['", "body('Get_order').customer['", "BODY('get_order')?.customer?['n"]) expect(labels(`@${way}`)).toEqual(["e-mail", "name"]);
    // Behind a dot only what can stand there without quotes.
    expect(labels("@body('Get_order')?.customer?.")).toEqual(["name"]);
    const bracket = suggestionsFor("Dear @{items('Each_line')?['wh", { groups, functions }, false);
    expect([bracket?.from, bracket?.options[0]?.apply]).toEqual([28, "what'"]);
  });

  it("says what a function does and gives", () => {
    expect(aboutOf(entry("concat", null))).toBe("Joins. Gives string. (String)");
  });
});
