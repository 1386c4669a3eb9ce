import { describe as group, expect, test } from "vitest";
import { openDraft } from "./draft";
import { adapted, apply, describe, patched, type Edit } from "./edits";
import { find, type Action } from "./graph";
import { reachWords, sharedSettings, type SettingChange } from "./settings";
import { jsonOf } from "./tree";

const SAMPLE = `{
  "triggers": {"manual": {"type": "Request", "inputs": {}}},
  "actions": {
    "Ask": {"type": "Http", "inputs": {"uri": "https://a", "retryPolicy": {"type": "none"}}, "runAfter": {}},
    "Book": {
      "type": "Http",
      "inputs": {"uri": "https://b"},
      "limit": {"timeout": "PT5M"},
      "operationOptions": "SuppressWorkflowHeaders",
      "trackedProperties": {"order": "@body('Ask')", "kind": "b"},
      "runtimeConfiguration": {"secureData": {"properties": ["outputs"]}},
      "runAfter": {"Ask": ["Succeeded"]}
    },
    "Note": {"type": "Compose", "inputs": "x", "trackedProperties": {"kind": "b"}, "runAfter": {"Book": ["Succeeded", "Failed"]}},
    "Each": {"type": "Foreach", "foreach": "@body('Ask')", "actions": {}, "runAfter": {"Book": ["Succeeded"], "Note": ["Skipped"]}}
  }
}
`;

const open = () => openDraft(SAMPLE);
const ALL = ["manual", "Ask", "Book", "Note", "Each"];
const shared = (names: readonly string[], draft = open()) =>
  sharedSettings(names.flatMap((name) => find(draft.graph, name) ?? []), () => null);
const one = (names: readonly string[], setting: string) => shared(names).find((each) => each.setting === setting);
const change = (setting: SettingChange["setting"], text: string | null, names: readonly string[] = ["Ask", "Book"], property = ""): SettingChange => ({ names, setting, property, text });
const set = (...changes: SettingChange[]): Edit => ({ name: "setSettings", arguments: { changes } });
const value = (action: Action | undefined): Record<string, unknown> => (action ? (jsonOf(action.value) as Record<string, unknown>) : {});
const after = (edit: Edit, name: string) => value(find(apply(open(), edit).draft.graph, name)?.action);

group("what several actions share", () => {
  test("who takes a setting and who cannot, in a sentence", () => {
    const retry = one(ALL, "retryPolicy");
    expect(retry?.can).toEqual(["Ask", "Book"]);
    expect(retry && reachWords(retry)).toBe("Retry policy of 2 actions; 3 cannot have one: manual, Note and Each.");
    expect(reachWords({ setting: "timeout", can: ["Ask_it"], cannot: [] })).toBe("Timeout of Ask it.");
    expect(one(["Ask", "Note"], "concurrency")).toBeUndefined();
    expect(one(ALL, "concurrency")?.can).toEqual(["Each"]);
    expect(one(["Ask", "Book"], "runAfter")?.cannot).toEqual(["Ask"]);
  });

  test("the same value, or different ones", () => {
    expect(one(["Ask", "Book"], "retryPolicy")?.values.get("")).toEqual({ same: false, text: '{"type":"none"}' });
    expect(one(["Ask", "Note"], "timeout")?.values.get("")).toEqual({ same: true, text: null });
    expect(one(["Ask", "Book"], "security")?.values.get("inputs")).toEqual({ same: true, text: "false" });
    expect(one(["Ask", "Book"], "security")?.values.get("outputs")?.same).toBe(false);
    expect(one(["Book", "Note"], "trackedProperties")?.values.get("kind")).toEqual({ same: true, text: '"b"' });
    expect(one(["Book", "Note"], "trackedProperties")?.values.get("order")?.same).toBe(false);
    // Two links of one action may differ as well.
    expect(one(["Each"], "runAfter")?.values.get("Succeeded")?.same).toBe(false);
  });
});

group("settings of several actions in one step", () => {
  test("each gets it, what else it has stays, and one inverse puts everything back", () => {
    const done = apply(open(), set(change("retryPolicy", '{"type": "fixed", "count": 2, "interval": "PT10S"}'), change("timeout", '"PT1M"')));
    expect(value(find(done.draft.graph, "Ask")?.action)).toMatchObject({ inputs: { uri: "https://a", retryPolicy: { type: "fixed", count: 2 } }, limit: { timeout: "PT1M" } });
    expect(value(find(done.draft.graph, "Book")?.action)).toMatchObject({ inputs: { uri: "https://b", retryPolicy: { type: "fixed" } }, limit: { timeout: "PT1M" }, operationOptions: "SuppressWorkflowHeaders" });
    expect(patched(done.draft, done.inverse).draft.document.text).toBe(SAMPLE);
    expect(describe(done.edit)).toBe("Changed retry policy and timeout of Ask and Book");
  });

  test("security of one side leaves the other side as it is, and triggers have no inputs to hide", () => {
    const edit = set(change("security", "true", ["manual", "Ask", "Book"], "inputs"));
    expect(after(edit, "Book")).toMatchObject({ runtimeConfiguration: { secureData: { properties: ["inputs", "outputs"] } } });
    expect(after(edit, "Ask")).toMatchObject({ runtimeConfiguration: { secureData: { properties: ["inputs"] } } });
    expect(after(edit, "manual")).not.toHaveProperty("runtimeConfiguration");
    expect(after(set(change("security", "false", ["Book"], "outputs")), "Book").runtimeConfiguration).toEqual({});
  });

  test("options keep their neighbours", () => {
    expect(after(set(change("asyncPattern", "true")), "Book").operationOptions).toBe("SuppressWorkflowHeaders, DisableAsyncPattern");
    expect(after(set(change("asyncPattern", "true")), "Ask").operationOptions).toBe("DisableAsyncPattern");
  });

  test("one outcome of every link; none left is refused", () => {
    const edit = set(change("runAfter", "true", ["Note", "Each"], "TimedOut"));
    expect(after(edit, "Each").runAfter).toEqual({ Book: ["Succeeded", "TimedOut"], Note: ["Skipped", "TimedOut"] });
    expect(after(edit, "Note").runAfter).toEqual({ Book: ["Succeeded", "Failed", "TimedOut"] });
    expect(() => apply(open(), set(change("runAfter", "false", ["Book", "Each"], "Succeeded")))).toThrow("“Book” would never run");
  });

  test("tracked properties are added, changed and taken away by name", () => {
    const edit = set(change("trackedProperties", null, ["Ask", "Note", "Book"], "kind"), change("trackedProperties", '"@{1}"', ["Ask", "Note", "Book"], "new"));
    expect(after(edit, "Ask").trackedProperties).toEqual({ new: "@{1}" });
    expect(after(edit, "Note").trackedProperties).toEqual({ new: "@{1}" });
    expect(after(edit, "Book").trackedProperties).toEqual({ order: "@body('Ask')", new: "@{1}" });
    expect(after(set(change("trackedProperties", null, ["Note"], "kind")), "Note")).not.toHaveProperty("trackedProperties");
    expect(patched(apply(open(), edit).draft, apply(open(), edit).inverse).draft.document.text).toBe(SAMPLE);
  });

  test("what is so already is not written again; who is gone is left out", () => {
    expect(apply(open(), set(change("timeout", '"PT5M"', ["Book", "Gone"]))).patch).toEqual([]);
    expect(() => apply(open(), set(change("timeout", '"PT5M"', ["Gone"])))).toThrow("not there any more");
    expect(adapted(set(change("timeout", '"PT5M"')), "Book", "Order")).toEqual(set(change("timeout", '"PT5M"', ["Ask", "Order"])));
  });

  test("many actions at once are put back, byte for byte", () => {
    const text = JSON.stringify({ actions: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`A${String(index)}`, { type: "Http", inputs: { uri: "x" }, ...(index % 3 === 0 ? { limit: { timeout: "PT9S" } } : {}) }])) }, null, 2);
    const done = apply(openDraft(text), set(change("timeout", '"PT1M"', Array.from({ length: 60 }, (_, index) => `A${String(index)}`))));
    expect(done.draft.document.text.match(/"PT1M"/g)).toHaveLength(60);
    expect(patched(done.draft, done.inverse).draft.document.text).toBe(text);
  });
});
