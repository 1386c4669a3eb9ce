import fc from "fast-check";
import { describe as group, expect, test } from "vitest";
import { openDraft, type Draft } from "./draft";
import { adapted, apply, describe, patched, Refused, type Edit } from "./edits";
import { everyAction, find, readGraph } from "./graph";
import { layout, type Place } from "./layout";
import { namesIn, renameIn } from "./references";
import { copyText, pastedActions } from "./structure";

const SAMPLE = `{
  "definition": {
    "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
    "contentVersion": "1.0.0.0",
    "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
    "actions": {
      "Get_order": {
        "type": "Http",
        "inputs": {"method": "GET", "uri": "https://shop.example/orders/@{triggerBody()?['id']}"},
        "runAfter": {}
      },
      "Check": {
        "type": "If",
        "expression": {"and": [{"greater": ["@body('Get_order')?['total']", 100]}]},
        "actions": {
          "Large": {"type": "Compose", "inputs": "@outputs('Get_order')", "runAfter": {}},
          "Log_large": {"type": "Compose", "inputs": "x", "runAfter": {"Large": ["Succeeded"]}}
        },
        "runAfter": {"Get_order": ["Succeeded"]}
      },
      "Handle": {"type": "Compose", "inputs": 1e3, "runAfter": {"Get_order": ["Failed", "TimedOut"]}},
      "Each": {
        "type": "Foreach",
        "foreach": "@body('Get_order')?['items']",
        "actions": {
          "One": {"type": "Compose", "inputs": "@items('Each')", "runAfter": {}},
          "Choose": {
            "type": "Switch",
            "expression": "@item()?['kind']",
            "cases": {"Case_a": {"case": "a", "actions": {"In_a": {"type": "Compose", "inputs": 12345678901234567890}}}},
            "default": {"actions": {}},
            "runAfter": {"One": ["Succeeded"]}
          }
        },
        "runAfter": {"Check": ["Succeeded"]}
      },
      "Answer": {"type": "Response", "inputs": {"statusCode": 200, "body": "@{body('Get_order')} isn't 'Get_order'"}, "runAfter": {"Each": ["Succeeded"], "Handle": ["Succeeded", "Skipped"]}}
    }
  },
  "kind": "Stateful"
}
`;

const open = (): Draft => openDraft(SAMPLE);
const links = (draft: Draft, name: string): Record<string, readonly string[]> =>
  Object.fromEntries((find(draft.graph, name)?.action.runAfter ?? []).map((link) => [link.name, link.statuses]));
const top = (after: readonly string[], before: readonly string[]): Place => ({ container: null, branch: "actions", after, before });

group("structure", () => {
  test("an action put on an edge takes the edge's statuses, and what followed runs after it", () => {
    const { draft } = apply(open(), { name: "addAction", arguments: { place: top(["Get_order"], ["Handle"]), name: "Wait a bit", text: '{"type": "Wait"}' } });
    expect(links(draft, "Wait a bit")).toEqual({ Get_order: ["Failed", "TimedOut"] });
    expect(links(draft, "Handle")).toEqual({ "Wait a bit": ["Succeeded"] });
    expect(links(draft, "Check")).toEqual({ Get_order: ["Succeeded"] });
  });

  test("into an If without else: the branch is written first", () => {
    const { draft } = apply(open(), { name: "addAction", arguments: { place: { container: "Check", branch: "else/actions", after: [], before: [] }, name: "Small", text: '{"type": "Compose"}' } });
    expect(find(draft.graph, "Small")?.pointer).toBe("/definition/actions/Check/else/actions/Small");
  });

  test("what was not edited keeps its bytes", () => {
    const { draft } = apply(open(), { name: "setInput", arguments: { action: "Large", path: "/inputs", text: '"new"', field: "Inputs" } });
    expect(draft.document.text).toBe(SAMPLE.replace('"@outputs(\'Get_order\')"', '"new"'));
  });

  test("deleting reconnects: successors run after what the deleted action ran after", () => {
    const { draft } = apply(open(), { name: "removeActions", arguments: { names: ["Check", "Each"] } });
    expect(links(draft, "Answer")).toEqual({ Get_order: ["Succeeded"], Handle: ["Succeeded", "Skipped"] });
  });

  test("rename rewrites links and expressions, and nothing that only looks like the name", () => {
    const { draft } = apply(open(), { name: "rename", arguments: { from: "Get_order", to: "Fetch it's" } });
    expect(draft.document.text).toContain("@{body('Fetch it''s')} isn't 'Get_order'");
    expect(draft.document.text).toContain("@body('Fetch it''s')?['items']");
    expect(links(draft, "Handle")).toEqual({ "Fetch it's": ["Failed", "TimedOut"] });
  });

  test("move keeps everything and reconnects both ends", () => {
    const { draft } = apply(open(), { name: "moveActions", arguments: { names: ["Handle"], place: { container: "Check", branch: "actions", after: ["Large"], before: ["Log_large"] } } });
    expect(find(draft.graph, "Handle")?.parent?.action.name).toBe("Check");
    expect(links(draft, "Handle")).toEqual({ Large: ["Succeeded"] });
    expect(links(draft, "Log_large")).toEqual({ Handle: ["Succeeded"] });
    expect(links(draft, "Answer")).toEqual({ Each: ["Succeeded"], Get_order: ["Failed", "TimedOut"] });
  });

  test("a container never moves into itself, and nothing runs in a circle", () => {
    const inside = { container: "Each", branch: "actions", after: ["One"], before: [] };
    expect(() => apply(open(), { name: "moveActions", arguments: { names: ["Each"], place: inside } })).toThrow(Refused);
    expect(() => apply(open(), { name: "setRunAfter", arguments: { action: "Get_order", links: [{ name: "Answer", statuses: ["Succeeded"] }] } })).toThrow(/cannot run after/);
  });

  test("wrap and unwrap give the same graph back", () => {
    const before = open();
    const wrapped = apply(before, { name: "wrap", arguments: { names: ["Check", "Each"], type: "Scope", name: "Work" } }).draft;
    expect(links(wrapped, "Work")).toEqual({ Get_order: ["Succeeded"] });
    expect(links(wrapped, "Each")).toEqual({ Check: ["Succeeded"] });
    expect(links(wrapped, "Answer")).toEqual({ Work: ["Succeeded"], Handle: ["Succeeded", "Skipped"] });
    const back = apply(wrapped, { name: "unwrap", arguments: { action: "Work" } }).draft;
    for (const action of everyAction(before.graph)) expect(links(back, action.name)).toEqual(links(before, action.name));
    expect(() => apply(before, { name: "wrap", arguments: { names: ["Get_order", "Each"], type: "Scope", name: "Work" } })).toThrow(Refused);
  });

  test("rename reaches scripts and what they depend on", () => {
    const script = (code: string, ...actions: string[]) => ({ type: "JavaScriptCode", inputs: { code, explicitDependencies: { actions, includeTrigger: true } } });
    const before = {
      triggers: {},
      actions: {
        Get: { type: "Compose", inputs: 1 },
        J: script("const a = workflowContext.actions.get.outputs; return [workflowContext . actions [ 'Get' ], workflowContext.actions.Getter, other.actions.Get];", "GET", "J"),
      },
    };
    const renamed = (to: string) => JSON.parse(apply(openDraft(JSON.stringify(before)), { name: "rename", arguments: { from: "Get", to } }).draft.document.text) as typeof before;
    expect(renamed("Fetch").actions.J.inputs).toEqual(
      script("const a = workflowContext.actions.Fetch.outputs; return [workflowContext . actions ['Fetch'], workflowContext.actions.Getter, other.actions.Get];", "Fetch", "J").inputs,
    );
    expect(renamed("Fetch it's").actions.J.inputs.code).toBe(
      `const a = workflowContext.actions["Fetch it's"].outputs; return [workflowContext . actions ['Fetch it\\'s'], workflowContext.actions.Getter, other.actions.Get];`,
    );
  });

  test("pasting what was copied renames it, and what refers to it", () => {
    const before = open();
    const fragments = pastedActions(copyText(before, ["Each"]));
    const { draft } = apply(before, { name: "paste", arguments: { place: top(["Answer"], []), fragments } });
    expect(links(draft, "Each_2")).toEqual({ Answer: ["Succeeded"] });
    expect(draft.document.text).toContain("@items('Each_2')");
    expect(draft.graph.duplicates).toEqual([]);
    expect(draft.document.text).toContain("12345678901234567890");
  });

  test("a taken name becomes a free one", () => {
    const applied = apply(open(), { name: "addAction", arguments: { place: top(["Answer"], []), name: "Check", text: '{"type": "Compose"}' } });
    expect(applied.focus).toBe("Check_2");
  });

  test("a remote rename reaches a waiting edit", () => {
    const edit: Edit = { name: "setInput", arguments: { action: "Get_order", path: "/inputs/body", text: '"@body(\'Get_order\')"', field: "Body" } };
    expect(adapted(edit, "get_order", "Fetch")).toEqual({ name: "setInput", arguments: { action: "Fetch", path: "/inputs/body", text: '"@body(\'Fetch\')"', field: "Body" } });
    expect(describe(edit)).toBe("Changed Body of Get order");
  });

  test("edited code becomes small splices", () => {
    const applied = apply(open(), { name: "replaceFromCode", arguments: { text: SAMPLE.replace('"x"', '"y"') } });
    expect(applied.patch).toHaveLength(1);
    expect(() => apply(open(), { name: "replaceFromCode", arguments: { text: "{" } })).toThrow(Refused);
  });
});

group("references", () => {
  test("only names inside expressions", () => {
    expect(namesIn("@concat(body('A'), 'body(''A'')')").map((use) => use.name)).toEqual(["A"]);
    expect(namesIn("body('A') @{outputs('B')} @@{body('C')}").map((use) => use.name)).toEqual(["B"]);
    expect(renameIn("@variables('A')", "action", "A", "B")).toBe("@variables('A')");
  });
});

function randomEdit(draft: Draft, pick: (below: number) => number): Edit | null {
  const actions = everyAction(draft.graph);
  const action = actions[pick(actions.length)];
  const spots = layout(draft.graph).spots;
  const spot = spots[pick(spots.length)];
  if (!action || !spot) return null;
  const place: Place = { container: spot.container, branch: spot.branch, after: spot.after, before: spot.before };
  const choices: Edit[] = [
    { name: "addAction", arguments: { place, name: "New", text: '{"type": "Compose", "inputs": "@body(\'Get_order\')"}' } },
    { name: "removeActions", arguments: { names: [action.name] } },
    { name: "moveActions", arguments: { names: [action.name], place } },
    { name: "rename", arguments: { from: action.name, to: `R${String(pick(1000))}` } },
    { name: "setInput", arguments: { action: action.name, path: "/inputs/a/b", text: "[1, {\"x\": 2}]", field: "A" } },
    { name: "wrap", arguments: { names: [action.name], type: ["Scope", "If", "Switch", "Foreach", "Until"][pick(5)] ?? "Scope", name: `W${String(pick(1000))}` } },
    { name: "unwrap", arguments: { action: action.name } },
    { name: "duplicate", arguments: { names: [action.name] } },
    { name: "setRunAfter", arguments: { action: action.name, links: [] } },
  ];
  return choices[pick(choices.length)] ?? null;
}

group("laws", () => {
  test("a move after its neighbour has gone is undone as it was done", () => {
    const before = open();
    const { draft, inverse } = patched(before, [
      { op: "set", at: "/definition/actions/Each/runAfter", text: "{}" },
      { op: "remove", at: "/definition/actions/Handle" },
      { op: "move", at: "/definition/actions/Check", to: "/definition/actions/Each/actions/Check", before: "One" },
    ]);
    expect(find(draft.graph, "Check")?.parent?.action.name).toBe("Each");
    const said = (text: string): string => JSON.stringify(JSON.parse(text));
    expect(said(patched(draft, inverse).draft.document.text)).toBe(said(before.document.text));
  });

  test("do, then undo, gives the same text; no sibling link dangles; names stay unique", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 6, maxLength: 40 }), (numbers) => {
        let draft = open();
        let at = 0;
        const pick = (below: number): number => (numbers[at++ % numbers.length] ?? 0) % Math.max(1, below);
        for (let round = 0; round < 6; round += 1) {
          const edit = randomEdit(draft, pick);
          at += round;
          if (!edit) continue;
          let applied;
          try {
            applied = apply(draft, edit);
          } catch (error) {
            if (error instanceof Refused) continue;
            throw error;
          }
          const back = patched(applied.draft, applied.inverse).draft;
          expect(JSON.parse(back.document.text)).toEqual(JSON.parse(draft.document.text));
          draft = applied.draft;
          expect(draft.graph.duplicates).toEqual([]);
          for (const action of everyAction(draft.graph)) {
            const siblings = find(draft.graph, action.name)?.branch?.actions.map((one) => one.name) ?? [];
            for (const link of action.runAfter) expect(siblings).toContain(link.name);
          }
        }
      }),
      { numRuns: 120 },
    );
  }, 60_000);

  test("actions that did not change keep their identity", () => {
    const before = open();
    const { draft } = apply(before, { name: "setInput", arguments: { action: "Handle", path: "/inputs", text: "2", field: "Inputs" } });
    expect(find(draft.graph, "Each")?.action).toBe(find(before.graph, "Each")?.action);
    expect(find(draft.graph, "Handle")?.action).not.toBe(find(before.graph, "Handle")?.action);
    expect(readGraph(draft.document, draft.graph).root.actions).toBe(draft.graph.root.actions);
  });
});

const PREVIEW = `{
  "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2015-08-01-preview/workflowdefinition.json#",
  "actions": {
    "A": {"type": "Http", "inputs": {"n": 1e3}, "conditions": []},
    "B": {"type": "Compose", "inputs": "@body('A')", "conditions": [{"dependsOn": "A"}, {"dependsOn": "manual"}, {"dependsOn": "A"}]},
    "C": {"type": "Compose", "inputs": 1, "conditions": [{"expression": "@equals(1, 1)"}, {"dependsOn": "B"}]},
    "D": {"type": "Compose", "inputs": 2, "runAfter": {}, "conditions": [{"dependsOn": "C"}]}
  }
}
`;

group("the order of the preview schemas", () => {
  const draft = openDraft(PREVIEW);
  const edited = (edit: Edit): Draft => apply(draft, edit).draft;
  const written = (found: Draft, name: string): unknown => (JSON.parse(found.document.text) as { actions: Record<string, unknown> }).actions[name];

  test("dependsOn is drawn as run-after, unless there is a runAfter", () => {
    expect(["A", "B", "C", "D"].map((name) => links(draft, name))).toEqual([{}, { A: ["Succeeded"] }, { B: ["Succeeded"] }, {}]);
    const y = (name: string): number => layout(draft.graph).items.find((item) => item.action?.name === name)?.y ?? NaN;
    expect(y("A")).toBeLessThan(y("B"));
    expect(y("B")).toBeLessThan(y("C"));
    expect(y("D")).toBe(y("A"));
    expect(draft.document.text).toBe(PREVIEW);
  });

  test("an edit of something else keeps every other byte", () => {
    const { document } = edited({ name: "setInput", arguments: { action: "C", path: "/inputs", field: "Inputs", text: "7" } });
    expect(document.text).toBe(PREVIEW.replace('"inputs": 1,', '"inputs": 7,'));
  });

  test("a rename goes through it", () => {
    const found = edited({ name: "rename", arguments: { from: "A", to: "Fetch" } });
    expect(found.document.text).toBe(PREVIEW.replace('"A":', '"Fetch":').replace("body('A')", "body('Fetch')").replaceAll('"dependsOn": "A"', '"dependsOn": "Fetch"'));
    expect(links(found, "B")).toEqual({ Fetch: ["Succeeded"] });
  });

  test("other links are written as they are today, and expressions stay", () => {
    const found = edited({ name: "setRunAfter", arguments: { action: "C", links: [{ name: "A", statuses: ["Failed"] }] } });
    expect(written(found, "C")).toEqual({ type: "Compose", inputs: 1, conditions: [{ expression: "@equals(1, 1)" }], runAfter: { A: ["Failed"] } });
    expect(written(found, "B")).toEqual({ type: "Compose", inputs: "@body('A')", conditions: [{ dependsOn: "A" }, { dependsOn: "manual" }, { dependsOn: "A" }] });
  });

  test("what followed a deleted action follows what that followed", () => {
    const found = edited({ name: "removeActions", arguments: { names: ["B"] } });
    expect(links(found, "C")).toEqual({ A: ["Succeeded"] });
    expect(written(edited({ name: "removeActions", arguments: { names: ["A"] } }), "B")).toEqual({ type: "Compose", inputs: "@body('A')", runAfter: {} });
  });

  test("pasted actions keep the order among themselves", () => {
    const fragments = pastedActions(copyText(draft, ["A", "B"]));
    const found = edited({ name: "paste", arguments: { place: top(["D"], []), fragments } });
    expect(links(found, "B_2")).toEqual({ A_2: ["Succeeded"] });
    expect(links(found, "A_2")).toEqual({ D: ["Succeeded"] });
    expect(written(found, "B_2")).not.toHaveProperty("conditions");
  });
});
