import { expect, test } from "vitest";
import { openDraft } from "../../workflow/draft";
import { find } from "../../workflow/graph";
import { sharedSettings } from "../../workflow/settings";
import { settingsChanges, standInFor, wantedWith, type Wanted } from "./severalSettings";

const { graph } = openDraft(`{"actions": {
  "One": {"type": "Http", "inputs": {"retryPolicy": {"type": "fixed", "count": 2, "interval": "PT9S"}}, "limit": {"timeout": "PT5M"}, "trackedProperties": {"a": "1"}},
  "Two": {"type": "Http", "inputs": {"retryPolicy": {"type": "fixed", "count": 2, "interval": "PT9S"}}, "trackedProperties": {"a": "1", "b": "2"}}
}}`);
const shared = sharedSettings(["One", "Two"].flatMap((name) => find(graph, name) ?? []), () => null);
const NONE: Wanted = new Map();

test("the stand-in has what both have, and says where they differ", () => {
  const { document, different } = standInFor(shared, NONE);
  expect(JSON.parse(document.text)).toMatchObject({ actions: { Each: { inputs: { retryPolicy: { count: 2 } }, trackedProperties: { a: "1" } } } });
  expect(document.text).not.toContain("timeout");
  expect([...different]).toEqual(["/limit/timeout", "/trackedProperties"]);
  expect(settingsChanges(shared, NONE)).toEqual([]);
});

test("a part of a value that is set is a change of the whole value; set back it is none", () => {
  const wanted = wantedWith(shared, NONE, "/inputs/retryPolicy/count", "5");
  expect(settingsChanges(shared, wanted)).toEqual([{ names: ["One", "Two"], setting: "retryPolicy", property: "", text: '{"type": "fixed","count": 5,"interval": "PT9S"}' }]);
  expect(settingsChanges(shared, wantedWith(shared, wanted, "/inputs/retryPolicy/count", "2"))).toEqual([]);
});

test("a value that differs can be set, also to nothing", () => {
  const wanted = wantedWith(shared, NONE, "/limit/timeout", null);
  expect(settingsChanges(shared, wanted)).toMatchObject([{ setting: "timeout", text: null }]);
  expect(standInFor(shared, wanted).different.has("/limit/timeout")).toBe(false);
});

test("tracked properties change name by name; a name that is still being typed leaves nothing behind", () => {
  let wanted = wantedWith(shared, NONE, "/trackedProperties", '{"a": "1", "o": "x"}');
  wanted = wantedWith(shared, wanted, "/trackedProperties", '{"a": "1", "or": "x"}');
  expect(settingsChanges(shared, wanted)).toEqual([{ names: ["One", "Two"], setting: "trackedProperties", property: "or", text: '"x"' }]);
  wanted = wantedWith(shared, wanted, "/trackedProperties", '{"or": "x"}');
  expect(settingsChanges(shared, wanted).map((one) => [one.property, one.text])).toEqual([["or", '"x"'], ["a", null]]);
});
