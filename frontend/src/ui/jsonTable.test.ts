import { expect, test } from "vitest";
import { cellText, columnsOf, tablesIn } from "./jsonTable";
import { readJson } from "./jsonTree";

const paths = (text: string): string[] => tablesIn(readJson(text)).map((table) => table.path);

test("lists of objects are found, outermost first, and not inside of each other", () => {
  expect(paths('[{"a": 1}]')).toEqual([""]);
  expect(paths('{"headers": {"x": "1"}, "body": {"value": [{"lines": [{"n": 1}]}], "count": 1}, "top": [{"a": 1}]}')).toEqual(["top", "body.value"]);
  expect(paths('{"numbers": [1, 2], "none": [], "mixed": [{"a": 1}, 2], "text": "[{}]"}')).toEqual([]);
});

test("a column for each name that some item has; numbers keep their spelling", () => {
  const [table] = tablesIn(readJson('[{"id": 12345678901234567890, "of": {"a": [1]}}, {"id": 1.50, "name": "Ana", "gone": null}]'));
  const items = table?.items ?? [];
  expect(columnsOf(items)).toEqual(["id", "of", "name", "gone"]);
  const [first, second] = items;
  if (!first || !second) throw new Error("Two items are expected.");
  expect([cellText(first, "id"), cellText(first, "name"), cellText(second, "id"), cellText(second, "gone")]).toEqual(["12345678901234567890", "", "1.50", "null"]);
  expect(cellText(first, "of").replace(/\s/g, "")).toBe('{"a":[1]}');
});
