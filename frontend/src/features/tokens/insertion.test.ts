import { expect, test } from "vitest";
import { insertionOf } from "./insertion";

function put(text: string, from: number, to: number, inside = false): string {
  const change = insertionOf(text, from, to, "x()", inside);
  const result = text.slice(0, change.from) + change.insert + text.slice(change.to);
  return `${result.slice(0, change.caret)}|${result.slice(change.caret)}`;
}

test("alone in its field an expression keeps its type", () => {
  expect(put("", 0, 0)).toBe("@x()|");
  expect(put("replaced", 0, 8)).toBe("@x()|");
});

test("in company it becomes text", () => {
  expect(put("Dear ", 5, 5)).toBe("Dear @{x()}|");
  expect(put("Dear NAME!", 5, 9)).toBe("Dear @{x()}|!");
});

test("a whole-value expression that gets company becomes text as well", () => {
  expect(put("@y()", 4, 4)).toBe("@{y()}@{x()}|");
  expect(put("@y()", 0, 0)).toBe("@{x()}|@{y()}");
});

test("inside an expression only the expression is put", () => {
  expect(put("@concat('a', )", 13, 13, true)).toBe("@concat('a', x()|)");
});
