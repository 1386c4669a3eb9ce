import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import {
  completionAt,
  ExpressionSyntaxError,
  highlight,
  parseTemplate,
  printTemplate,
  quoteName,
  referencesIn,
  type Completion,
} from "./index";
import { renameIn } from "../references";

interface Case {
  readonly template: string;
  readonly tree: string;
  readonly references: readonly { function: string; name: string; start: number; end: number }[];
  readonly error: string;
  readonly position: number;
}

/** The cases that the server's reader passes too. */
function cases(name: string): Case[] {
  const path = resolve(process.cwd(), "../tests/language/cases/parse", name);
  return JSON.parse(readFileSync(path, "utf-8")) as Case[];
}

describe("shared parse cases", () => {
  it.each(cases("trees.json").map((one) => [one.template, one] as const))("%j", (template, one) => {
    expect(printTemplate(template)).toBe(one.tree);
    const found = referencesIn(template).map(({ function: fn, name, start, end }) => ({ function: fn, name, start, end }));
    expect(found).toEqual(one.references);
    for (const { name, start, end } of found) expect(template.slice(start, end).replaceAll("''", "'")).toBe(name);
  });

  it.each(cases("errors.json").map((one) => [one.template.slice(0, 60), one] as const))("%j is refused", (_, one) => {
    let caught: unknown;
    try {
      printTemplate(one.template);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ExpressionSyntaxError);
    expect(caught).toMatchObject({ message: one.error, position: one.position });
  });
});

describe("parseTemplate", () => {
  it("gives spans of the template and keeps going behind a broken segment", () => {
    const { kind, segments } = parseTemplate("a@{1 2}b@@{@{body('X')}");
    expect(kind).toBe("interpolation");
    expect(segments.map(({ kind: k, start, end }) => [k, start, end])).toEqual([
      ["text", 0, 1],
      ["error", 3, 6],
      ["text", 7, 11],
      ["expression", 13, 22],
    ]);
    expect(segments[2]).toMatchObject({ value: "b@{" });
  });

  it("never throws", () => {
    for (const text of ["@{", "@(", "@'", "@{'a", "\ud800@{\udc00}"]) expect(() => parseTemplate(text)).not.toThrow();
  });
});

describe("renameIn", () => {
  const rename = (text: string, to = "New one"): string => renameIn(text, "action", "Get it", to);

  it("renames every place that reads the action, in any letter case, and nothing else", () => {
    expect(rename("@concat(body('Get it'), OUTPUTS('get IT')?['Get it'], 'Get it', variables('Get it'))")).toBe(
      "@concat(body('New one'), OUTPUTS('New one')?['Get it'], 'Get it', variables('Get it'))",
    );
  });

  it("reaches loops and scopes, interpolations and nested keys", () => {
    expect(rename("x@{items('Get it')} @@{body('Get it')} @{f()[result('Get it')[0]]}")).toBe(
      "x@{items('New one')} @@{body('Get it')} @{f()[result('New one')[0]]}",
    );
  });

  it("doubles quotes in the new name and finds doubled ones in the old", () => {
    expect(renameIn("@variables('it''s')", "variable", "it's", "O'Hara")).toBe("@variables('O''Hara')");
    expect(quoteName("O'Hara")).toBe("'O''Hara'");
  });

  it("leaves literals alone, and reaches what is only half typed", () => {
    for (const text of ["body('Get it')", "@@body('Get it')"]) expect(rename(text)).toBe(text);
    expect(rename("@body('Get it'")).toBe("@body('New one'");
    expect(rename("@{1 2}@{body('Get it')}")).toBe("@{1 2}@{body('New one')}");
  });

  it("keeps positions right behind characters of two units", () => {
    expect(rename("😀@{body('Get it')}😀@{body('Get it')}")).toBe("😀@{body('New one')}😀@{body('New one')}");
  });
});

describe("highlight", () => {
  const colours = (text: string): string[] =>
    highlight(text).map(({ kind, start, end }) => `${kind}:${text.slice(start, end)}`);

  it("colours a finished expression", () => {
    expect(colours("@if(true, body('A')?.x, 1.5)")).toEqual([
      "marker:@",
      "function:if",
      "punctuation:(",
      "keyword:true",
      "punctuation:,",
      "function:body",
      "punctuation:(",
      "string:'A'",
      "punctuation:)",
      "punctuation:?",
      "punctuation:.",
      "member:x",
      "punctuation:,",
      "number:1.5",
      "punctuation:)",
    ]);
  });

  it("goes on behind what is no token", () => {
    expect(colours("a@{add(#, 'x")).toEqual([
      "text:a",
      "marker:@{",
      "function:add",
      "punctuation:(",
      "error:#",
      "punctuation:,",
      "error:'x",
    ]);
    expect(colours("@{1}b")).toEqual(["marker:@{", "number:1", "marker:}", "text:b"]);
  });
});

describe("completionAt", () => {
  const at = (text: string): Completion | null => completionAt(text, text.length);

  it("offers functions at the start, after commas and while a name is typed", () => {
    expect(at("@")).toBeNull();
    expect(at("@con")).toMatchObject({ kind: "function", prefix: "con", start: 1, end: 4, inside: null });
    expect(at("Hi @{")).toMatchObject({ kind: "function", prefix: "", start: 5 });
    expect(at("@add(1, ")).toMatchObject({ kind: "function", inside: { function: "add", index: 1 } });
    expect(at("@add(1, mu")).toMatchObject({ kind: "function", prefix: "mu", inside: { function: "add", index: 1 } });
  });

  it("offers names inside quotes", () => {
    expect(at("@body('Ge")).toMatchObject({
      kind: "string",
      prefix: "Ge",
      start: 7,
      end: 9,
      inside: { function: "body", index: 0 },
    });
    expect(at("@concat(body('A'), variables('")).toMatchObject({
      kind: "string",
      prefix: "",
      inside: { function: "variables", index: 0 },
    });
  });

  it("offers members behind dots and in brackets", () => {
    expect(at("@body('A').")).toMatchObject({ kind: "member", prefix: "", of: "body('A')", path: [], bracket: false });
    expect(at("@concat(1, outputs('A')?['body'].va")).toMatchObject({
      kind: "member",
      prefix: "va",
      of: "outputs('A')",
      path: ["body"],
    });
    expect(at("@outputs('A')?['bo")).toMatchObject({
      kind: "member",
      prefix: "bo",
      of: "outputs('A')",
      path: [],
      bracket: true,
      start: 16,
    });
  });

  it("offers nothing in text and behind complete values", () => {
    expect(at("plain")).toBeNull();
    expect(at("@add(1, 2) ")).toBeNull();
    expect(at("@add(1 ")).toBeNull();
    expect(completionAt("@{1} and", 7)).toBeNull();
  });
});
