import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { checkTemplate, type Callable } from "./check";

interface Case {
  readonly template: string;
  readonly position: number;
  readonly says: string;
}

/** The server refuses the same templates at the same places: tests/language/test_parse_cases.py. */
const cases = JSON.parse(readFileSync(resolve(process.cwd(), "../tests/language/cases/calls.json"), "utf-8")) as Case[];

const takes = (name: string, minArgs: number, maxArgs: number | null): Callable => ({ name, minArgs, maxArgs });
const functions = [
  takes("concat", 1, null), takes("length", 1, 1), takes("toUpper", 1, 1), takes("toLower", 1, 1), takes("sub", 2, 2), takes("body", 1, 1),
  takes("if", 3, 3), takes("utcNow", 0, 1), takes("formatDateTime", 1, 3),
];

describe("calls", () => {
  it.each(cases.map((one) => [one.template, one] as const))("%j is marked", (template, one) => {
    const found = checkTemplate(template, functions);
    expect(found).toHaveLength(1);
    expect(found[0]?.from).toBe(one.position);
    expect(found[0]?.message).toContain(one.says);
    expect(template.slice(found[0]?.from, found[0]?.to)).toMatch(/^\w+$/);
  });

  it("says nothing of calls that are right, of short forms, and without a table of functions", () => {
    for (const template of ["@Concat('concta(1)', length('a'))", "@actionBody('A')", "@@concta('a')", "concta('a')", "@{utcNow()}"]) {
      expect(checkTemplate(template, functions)).toEqual([]);
    }
    expect(checkTemplate("@concta('a')")).toEqual([]);
  });

  it("finds every wrong call of a template", () => {
    expect(checkTemplate("@concta(lenght('a'), toUpper())", functions).map((one) => one.from)).toEqual([1, 8, 21]);
  });

  it("still says what is wrong with the spelling", () => {
    expect(checkTemplate("@concat('a'", functions)).toEqual([{ from: 10, to: 11, message: "A bracket is not closed: add a )." }]);
  });
});
