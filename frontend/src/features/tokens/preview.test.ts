import { describe, expect, it } from "vitest";
import type { TokenGroup } from "../../workflow/tokens";
import { rooted, sampleOf, sampleText, withLearned } from "./learned";
import { openCall, parametersOf } from "./signature";
import { caretAt, templateOf } from "./templates";

describe("what is evaluated for a field", () => {
  it("is its text, or the value where the text is JSON", () => {
    expect(templateOf("Dear @{triggerBody()}", false)).toBe("Dear @{triggerBody()}");
    expect(templateOf('{"a": "@triggerBody()"}', true)).toEqual({ a: "@triggerBody()" });
    expect(templateOf("no expression", true)).toBeNull();
    expect(templateOf("ana@example.com", false)).toBeNull();
    expect(templateOf('{"a": "@tri', true)).toBeNull();
  });
});

describe("the call around the caret", () => {
  it("counts its parameters, not those of inner calls or of text", () => {
    expect(openCall("concat('a, (', length(b), ")).toEqual({ name: "concat", parameter: 2, from: 0 });
    expect(openCall("if(equals(a,")).toEqual({ name: "equals", parameter: 1, from: 3 });
    expect(openCall("concat(body('x')?['")).toEqual({ name: "concat", parameter: 0, from: 0 });
    expect(openCall("concat('a')")).toBeNull();
  });
  it("finds the parameters in a signature", () => {
    const signature = "addHours(timestamp: string, hours: int, format?: string)";
    expect(parametersOf(signature).map(({ from, to }) => signature.slice(from, to))).toEqual(["timestamp: string", "hours: int", "format?: string"]);
    expect(parametersOf("utcNow()")).toEqual([]);
  });
});

describe("what a run teaches", () => {
  const values = new Map<string, unknown>([["body('Get')", { id: 7, lines: [{ n: 1 }], who: { name: "Ana" } }]]);
  const group: TokenGroup = {
    id: "Get", title: "Get", kind: "action", action: null,
    tokens: [
      { id: "Get/body", label: "Body", path: ["body"], type: "any", expression: "body('Get')", description: "" },
      { id: "Get/body/id", label: "Number", path: ["body", "id"], type: "integer", expression: "body('Get')?['id']", description: "" },
    ],
  };
  it("gives samples by path", () => {
    expect(rooted("body('O''Neil')?['a']?['b c']")).toEqual({ root: "body('O''Neil')", path: ["a", "b c"] });
    expect(rooted("concat(body('a'), 'x')")).toBeNull();
    expect(sampleOf("body('Get')?['who']?['name']", values)).toBe("Ana");
    expect(sampleOf("body('Other')", values)).toBeUndefined();
    expect(sampleText([1, 2])).toBe("2 items");
    expect(sampleText("a\n b")).toBe("a b");
  });
  it("adds members that no schema tells of, and keeps those that one does", () => {
    const learned = withLearned(group, values);
    expect(learned.tokens.map((token) => token.label)).toEqual(["Body", "lines", "who", "name", "Number"]);
    expect(learned.tokens.map((token) => token.type)).toEqual(["object", "array", "object", "string", "integer"]);
    expect(learned.tokens[3]?.expression).toBe("body('Get')?['who']?['name']");
  });
});

it("marks the place of a mistake", () => {
  expect(caretAt("@concat('a'", 10)).toEqual({ before: "@concat('a", at: "'", after: "" });
  expect(caretAt("x".repeat(100), 50).before.startsWith("…")).toBe(true);
});
