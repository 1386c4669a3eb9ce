import { expect, test } from "vitest";
import { adapted, apply, openDraft } from "./edits";
import { find } from "./graph";
import { repetitionOver } from "./tokens";

const draft = openDraft(JSON.stringify({
  triggers: { manual: { type: "Request", inputs: {} } },
  actions: {
    List: { type: "Compose", inputs: [1, 2] },
    For_each: { type: "Foreach", foreach: "@outputs('List')", actions: { Inner: { type: "Compose", inputs: "" } }, runAfter: { List: ["Succeeded"] } },
    Say: { type: "Compose", inputs: "", runAfter: { For_each: ["Succeeded"] } },
    Start: { type: "InitializeVariable", inputs: { variables: [] } },
    Pick: { type: "Select", inputs: { from: [], select: "" } },
  },
}, null, 2));
const over = (name: string, list: string) => repetitionOver(draft.graph, name, list);

test("a loop that goes over the list already gives its items, else a new one would", () => {
  expect(over("Inner", "outputs('List')")).toEqual({ loop: "For_each", wraps: false });
  expect(over("Inner", "triggerBody()?['tags']")).toEqual({ loop: "For_each_2", wraps: true });
  expect(over("Say", "outputs('List')")).toEqual({ loop: "For_each_2", wraps: true });
});

test("what stands outside of loops only is not repeated, nor anything over a list that is inside the step", () => {
  expect([over("Start", "outputs('List')"), over("For_each", "outputs('List')"), over("manual", "outputs('List')"), over("Pick", "item()?['tags']"), over("Gone", "outputs('List')")]).toEqual([null, null, null, null, null]);
});

test("the new loop goes over the list, whatever that is called by the time the edit arrives", () => {
  const edit = adapted({ name: "wrap", arguments: { names: ["Say"], type: "Foreach", name: "For_each_2", over: "@outputs('List')" } }, "List", "Orders");
  const wrapped = apply(apply(draft, { name: "rename", arguments: { from: "List", to: "Orders" } }).draft, edit).draft;
  expect(wrapped.document.text).toContain('"foreach": "@outputs(\'Orders\')"');
  expect(find(wrapped.graph, "Say")?.parent?.action.name).toBe("For_each_2");
});
