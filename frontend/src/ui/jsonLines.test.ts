import { expect, it } from "vitest";
import { search, visibleLines } from "./jsonLines";
import { readJson } from "./jsonTree";

const order = readJson(`{"order":{"lines":[{"sku":"A-1"},{"sku":"B-2"}],"it's":true},"note":null}`);

it("shows containers down to the open depth, with paths in the language's own spelling", () => {
  const lines = visibleLines(order, (_, depth) => depth < 2);
  expect(lines.map((line) => line.path)).toEqual(["", "['order']", "['order']['lines']", "['order']['it''s']", "['note']"]);
});

it("finds names and values and names the containers to open", () => {
  const found = search(order, "b-2");
  expect(found.hits).toEqual(["['order']['lines'][1]['sku']"]);
  expect([...found.ancestors]).toEqual(["", "['order']", "['order']['lines']", "['order']['lines'][1]"]);
  expect(search(order, "").hits).toEqual([]);
  expect(search(order, "s", 1).hits).toHaveLength(1);
});
