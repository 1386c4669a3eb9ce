import { describe as group, expect, test } from "vitest";
import { at } from "./document";
import { openDraft, type Draft } from "./draft";
import { apply, patched } from "./edits";
import { extraction, type Extraction } from "./extract";
import { find } from "./graph";
import { jsonOf } from "./tree";

type Members = Readonly<Record<string, unknown>>;
const after = (...names: readonly string[]): Members => ({ runAfter: Object.fromEntries(names.map((name) => [name, ["Succeeded"]])) });
const compose = (inputs: unknown, ...names: readonly string[]): Members => ({ type: "Compose", inputs, ...after(...names) });
const workflow = (actions: Members, more: Members = {}): Draft =>
  openDraft(JSON.stringify({ definition: { parameters: {}, triggers: { manual: { type: "Request", kind: "Http", inputs: { schema: { type: "object", properties: { id: { type: "integer" } } } } } }, actions, ...more }, kind: "Stateful" }, null, 2));

const made = (draft: Draft, ...names: readonly string[]): Extraction => {
  const plan = extraction(draft, names);
  if (plan.problem !== null) throw new Error(plan.problem);
  return plan;
};
const refusal = (draft: Draft, ...names: readonly string[]): string | null => extraction(draft, names).problem;
const valueAt = (draft: Draft, pointer: string): unknown => {
  const node = at(draft.document, `/definition${pointer}`);
  return node ? JSON.parse(JSON.stringify(jsonOf(node))) : undefined;
};
const expressions = (carried: Extraction["passed"]): Members => Object.fromEntries(carried.map((one) => [one.name, one.expression]));
const done = (draft: Draft, plan: Extraction): Draft => apply(draft, plan.edit({ id: "c-1", name: "Ask a price" }).edit).draft;

const SHOP = workflow({
  First: compose("@triggerBody()"),
  Price: compose({ "@{triggerBody()?['id']}": "id", kept: "it's @@{not} an expression", n: 12 }, "First"),
  Ask: { type: "Http", inputs: { method: "POST", uri: "https://shop.example/@{outputs('First')?['kind']}", body: "@outputs('Price')", queries: { all: "@first(triggerBody()?['lines'])?['id']" } }, ...after("Price") },
  Answer: { type: "Response", inputs: { statusCode: 200, body: { whole: "@body('Ask')", total: "Total @{body('Ask')?['total']} of @{outputs('First')}" } }, ...after("Ask") },
}, { outputs: { total: { type: "Int", value: "@body('Ask')?['total']" } } });

group("a block becomes a child", () => {
  const plan = made(SHOP, "Ask", "Price");
  const child = openDraft(plan.text);

  test("what it reads from outside is passed, each value once, under a name of its own", () => {
    expect(expressions(plan.passed)).toEqual({ id: "triggerBody()?['id']", kind: "outputs('First')?['kind']", lines: "triggerBody()?['lines']" });
    expect(valueAt(child, "/triggers/manual")).toEqual({ type: "Request", kind: "Http", inputs: { schema: { type: "object", properties: { id: { type: "integer" }, kind: {}, lines: {} } } } });
    expect(valueAt(child, "/actions/Price")).toEqual({ ...compose({ "@{triggerBody()?['id']}": "id", kept: "it's @@{not} an expression", n: 12 }), runAfter: {} });
    expect(valueAt(child, "/actions/Ask/inputs")).toEqual({ method: "POST", uri: "https://shop.example/@{triggerBody()?['kind']}", body: "@outputs('Price')", queries: { all: "@first(triggerBody()?['lines'])?['id']" } });
    expect(valueAt(child, "/actions/Ask/runAfter")).toEqual({ Price: ["Succeeded"] });
  });

  test("its last action answers with what is read of it", () => {
    expect(expressions(plan.returned)).toEqual({ Ask: "body('Ask')", total: "body('Ask')?['total']" });
    expect(valueAt(child, "/actions/Response")).toEqual({
      type: "Response", kind: "Http", inputs: { statusCode: 200, body: { Ask: "@body('Ask')", total: "@body('Ask')?['total']" } }, runAfter: { Ask: ["Succeeded"] },
    });
    expect(child.graph.count).toBe(3);
  });

  test("one action calls it in its place, and everything reads the call", () => {
    const now = done(SHOP, plan);
    expect(now.graph.root.actions.map((action) => action.name)).toEqual(["First", "Call_Ask_a_price", "Answer"]);
    expect(valueAt(now, "/actions/Call_Ask_a_price")).toEqual({
      type: "Workflow", runAfter: { First: ["Succeeded"] },
      inputs: { host: { triggerName: "manual", workflow: { id: "c-1" } }, body: { id: "@triggerBody()?['id']", kind: "@outputs('First')?['kind']", lines: "@triggerBody()?['lines']" } },
    });
    expect(valueAt(now, "/actions/Answer")).toEqual({
      type: "Response", runAfter: { Call_Ask_a_price: ["Succeeded"] },
      inputs: { statusCode: 200, body: { whole: "@body('Call_Ask_a_price')?['Ask']", total: "Total @{body('Call_Ask_a_price')?['total']} of @{outputs('First')}" } },
    });
    expect(valueAt(now, "/outputs/total/value")).toBe("@body('Call_Ask_a_price')?['Ask']?['total']");
  });

  test("undo brings back the text as it was", () => {
    const applied = apply(SHOP, plan.edit({ id: "c-1", name: "Ask a price" }).edit);
    expect(patched(applied.draft, applied.inverse).draft.document.text).toBe(SHOP.document.text);
  });
});

group("values", () => {
  test("of loops, variables, parameters and the run", () => {
    const draft = workflow({
      Start: { type: "InitializeVariable", inputs: { variables: [{ name: "v", type: "string", value: "x" }] }, runAfter: {} },
      Each: { type: "Foreach", foreach: "@triggerBody()", ...after("Start"), actions: {
        One: compose("@concat(variables('v'), item()?['a'], items('Each'), parameters('P'), workflow().run.name, triggerOutputs()['headers']['X'])"),
        Inner: { type: "Foreach", foreach: "@item()?['lines']", actions: { Two: compose("@item()") }, ...after("One") },
        Pick: { type: "Query", inputs: { from: "@item()?['lines']", where: "@equals(item()?['id'], items('Each')?['id'])" }, ...after("Inner") },
      } },
    }, { parameters: { P: { type: "Int", defaultValue: 1 } } });
    const plan = made(draft, "One", "Inner", "Pick");
    const child = openDraft(plan.text);
    expect(expressions(plan.passed)).toEqual({
      v: "variables('v')", a: "item()?['a']", Each_item: "items('Each')", P: "parameters('P')", workflow: "workflow()", outputs: "triggerOutputs()", lines: "item()?['lines']", id: "items('Each')?['id']",
    });
    expect(valueAt(child, "/actions/One/inputs")).toBe("@concat(triggerBody()?['v'], triggerBody()?['a'], triggerBody()?['Each_item'], triggerBody()?['P'], triggerBody()?['workflow'].run.name, triggerBody()?['outputs']['headers']['X'])");
    expect(valueAt(child, "/actions/Inner/foreach")).toBe("@triggerBody()?['lines']");
    expect(valueAt(child, "/actions/Inner/actions/Two/inputs")).toBe("@item()");
    expect(valueAt(child, "/actions/Pick/inputs")).toEqual({ from: "@triggerBody()?['lines']", where: "@equals(item()?['id'], triggerBody()?['id'])" });
    expect(valueAt(child, "/triggers/manual/inputs/schema/properties")).toMatchObject({ v: { type: "string" }, P: { type: "integer" } });
    const now = done(draft, plan);
    expect(find(now.graph, "Call_Ask_a_price")?.parent?.action.name).toBe("Each");
  });

  test("of the same last name get names of their own", () => {
    const draft = workflow({ A: compose("@triggerBody()"), B: compose("@concat(triggerBody()?['id'], outputs('A')?['id'], triggerBody()?['old']?['id'])", "A") });
    expect(expressions(made(draft, "B").passed)).toEqual({ id: "triggerBody()?['id']", A_id: "outputs('A')?['id']", body_id: "triggerBody()?['old']?['id']" });
  });

  test("of which only the whole is sure to be there are carried whole", () => {
    const draft = workflow({
      A: compose("a"), If: { type: "If", expression: "@equals(outputs('A')?['kind'], 1)", actions: { In: compose("@concat(outputs('A')?['id'], triggerBody()?['id'])") }, ...after("A") },
      Later: { type: "Scope", actions: { Reads: compose("@outputs('In')?['x']") }, ...after("If") },
    });
    const plan = made(draft, "If");
    expect(expressions(plan.passed)).toEqual({ kind: "outputs('A')?['kind']", A: "outputs('A')", id: "triggerBody()?['id']" });
    expect(valueAt(openDraft(plan.text), "/actions/If/actions/In/inputs")).toBe("@concat(triggerBody()?['A']?['id'], triggerBody()?['id'])");
    expect(valueAt(done(draft, plan), "/actions/Later/actions/Reads/inputs")).toBe("@body('Call_Ask_a_price')?['In']?['x']");
  });

  test("that the block makes and reads itself stay in it, its own variables too", () => {
    const draft = workflow({ Start: { type: "InitializeVariable", inputs: { variables: [{ name: "v", type: "string" }] }, runAfter: {} }, Set: { type: "SetVariable", inputs: { name: "V", value: "@variables('v')" }, ...after("Start") } });
    const plan = made(draft, "Start", "Set");
    expect([plan.passed, plan.returned]).toEqual([[], []]);
    expect(valueAt(openDraft(plan.text), "/actions/Set/inputs")).toEqual({ name: "V", value: "@variables('v')" });
  });

  test("that may be secret are shown by neither", () => {
    const secure = { runtimeConfiguration: { secureData: { properties: ["outputs"] } } };
    const draft = workflow({ A: { ...compose("s"), ...secure }, B: compose("@outputs('A')", "A"), C: compose("@outputs('B')", "B") });
    const plan = made(draft, "B");
    expect(valueAt(openDraft(plan.text), "/triggers/manual/runtimeConfiguration")).toEqual({ secureData: { properties: ["inputs", "outputs"] } });
    expect(valueAt(done(draft, plan), "/actions/Call_Ask_a_price/runtimeConfiguration")).toEqual({ secureData: { properties: ["inputs", "outputs"] } });
    expect(made(workflow({ A: compose("s"), B: compose("@outputs('A')", "A") }), "B").secured).toBe(false);
  });

  test("connections go along, and results that are pinned", () => {
    const host = { connection: { name: "@parameters('$connections')['mail']['connectionId']" } };
    const connections = { $connections: { type: "Object", defaultValue: { mail: { connectionId: "/x" } } } };
    const actions = { Mail: { type: "ApiConnection", inputs: { host, method: "get", path: "/x" }, runAfter: {}, runtimeConfiguration: { staticResult: { name: "Mail0", staticResultOptions: "Enabled" } } } };
    const child = openDraft(made(workflow(actions, { parameters: connections, staticResults: { Mail0: { status: "Succeeded" }, Other0: {} } }), "Mail").text);
    expect(valueAt(child, "/parameters")).toEqual(connections);
    expect(valueAt(child, "/staticResults")).toEqual({ Mail0: { status: "Succeeded" } });
    expect(refusal(workflow(actions, { parameters: { $connections: { type: "Object" } } }), "Mail")).toMatch(/Choose its connection anew/);
  });
});

group("refused, with the reason", () => {
  const flow = (more: Members): Draft => workflow({ A: compose("a"), B: compose("@outputs('A')", "A"), C: compose("c", "B"), ...more });

  test.each<readonly [string, Draft, readonly string[], RegExp]>([
    ["the trigger", SHOP, ["manual", "First"], /it starts this workflow/],
    ["a response", SHOP, ["Ask", "Answer"], /“Answer” answers whoever called/],
    ["an end of the run", workflow({ S: { type: "Scope", actions: { End: { type: "Terminate", inputs: { runStatus: "Failed" }, runAfter: {} } }, runAfter: {} } }), ["S"], /“End” ends the run/],
    ["a gap", flow({}), ["A", "C"], /runs after an action outside the selection/],
    ["two containers", workflow({ A: compose("a"), S: { type: "Scope", actions: { In: compose("x") }, ...after("A") } }), ["A", "In"], /one branch only/],
    ["something beside", flow({ X: compose("x"), D: compose("d", "C", "X") }), ["C", "D"], /“D” also runs after “X”/],
    ["different beginnings", flow({ D: compose("d", "A") }), ["C", "D"], /do not run after the same actions/],
    ["somebody in the middle", flow({ X: compose("x", "A") }), ["A", "B"], /“X” runs after “A”, in the middle/],
    ["one of two ends", flow({ D: compose("d", "B"), E: compose("e", "D") }), ["C", "D"], /“E” does not wait for “C”/],
    ["a handler of one of several", flow({ H: { type: "Compose", inputs: "h", runAfter: { C: ["Failed", "TimedOut"] } } }), ["B", "C"], /extract “C” alone/],
    ["failed, but not timed out", flow({ H: { type: "Compose", inputs: "h", runAfter: { C: ["Failed"] } } }), ["C"], /only says that it failed/],
    ["a handler inside", flow({ H: { type: "Compose", inputs: "h", runAfter: { C: ["Failed"] } } }), ["C", "H"], /Wrap both in a scope/],
    ["a handler that reads it", flow({ H: { type: "Compose", inputs: "@outputs('C')", runAfter: { C: ["Failed", "TimedOut"] } } }), ["C"], /may run when it failed/],
    ["a condition that reads it after every turn", workflow({ U: { type: "Until", expression: "@equals(outputs('In')['statusCode'], 200)", actions: { In: compose("x") }, runAfter: {} } }), ["In"], /“U” reads what the selection says/],
    ["what is read after the container failed", workflow({ S: { type: "Scope", actions: { In: compose("x") }, runAfter: {} }, H: { type: "Compose", inputs: "@outputs('In')", runAfter: { S: ["Failed"] } } }), ["In"], /“H” reads what the selection says/],
    ["how it went", flow({ D: compose("@actions('C')?['status']", "C") }), ["C"], /asks how “C” went/],
    ["a computed name", flow({ D: compose("@outputs(triggerBody())", "C") }), ["D"], /name that is computed/],
    ["half an expression", flow({ D: compose("@outputs('C'", "C") }), ["D"], /cannot be read/],
    ["half an expression of who reads it", flow({ D: compose("@outputs('C'", "C") }), ["C"], /cannot be read/],
    ["a secret", workflow({ A: compose("@parameters('key')") }, { parameters: { key: { type: "SecureString" } } }), ["A"], /secure parameter “key”/],
    ["a variable from outside", workflow({ V: { type: "InitializeVariable", inputs: { variables: [{ name: "v" }] }, runAfter: {} }, S: { type: "SetVariable", inputs: { name: "v", value: 1 }, ...after("V") } }), ["S"], /cannot change variables/],
    ["a variable to outside", workflow({ V: { type: "InitializeVariable", inputs: { variables: [{ name: "v" }] }, runAfter: {} }, S: compose("@variables('v')", "V") }), ["V"], /“S” reads the variable “v”/],
    ["a script that reads", flow({ J: { type: "JavaScriptCode", inputs: { code: "return workflowContext.actions.C.outputs" }, ...after("C") } }), ["C"], /script of “J” reads “C”/],
    ["a loop around", workflow({ U: { type: "Scope", actions: { In: compose("@actions('U')") }, runAfter: {} } }), ["In"], /still running/],
  ])("%s", (_, draft, names, reason) => {
    expect(refusal(draft, ...names)).toMatch(reason);
  });

  test("but not where a handler is told the same", () => {
    const draft = flow({ H: { type: "Compose", inputs: "h", runAfter: { C: ["Failed", "TimedOut"] } } });
    expect(valueAt(done(draft, made(draft, "C")), "/actions/H/runAfter")).toEqual({ Call_Ask_a_price: ["Failed", "TimedOut"] });
  });

  test("nor for two ends that are waited for together", () => {
    const draft = flow({ D: compose("d", "B"), E: compose("@concat(outputs('C'), outputs('D'))", "C", "D") });
    const plan = made(draft, "C", "D");
    expect(valueAt(openDraft(plan.text), "/actions/Response/runAfter")).toEqual({ C: ["Succeeded"], D: ["Succeeded"] });
    expect(valueAt(done(draft, plan), "/actions/E")).toEqual(compose("@concat(body('Call_Ask_a_price')?['C'], body('Call_Ask_a_price')?['D'])", "Call_Ask_a_price"));
  });
});
