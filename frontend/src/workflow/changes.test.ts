import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changesBetween } from "./changeWords";
import { compare, isSame } from "./changes";
import { openDraft, type Draft } from "./draft";
import { apply, type Edit } from "./edits";
import { everyAction, find } from "./graph";
import { merged } from "./merged";
import { restoring } from "./restoring";

const SAMPLE = `{
  "definition": {
    "parameters": {"limit": {"type": "Int", "defaultValue": 100}},
    "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {"method": "POST"}}},
    "actions": {
      "Get_order": {"type": "Http", "inputs": {"method": "GET", "uri": "https://shop.example/orders/1", "retryPolicy": {"type": "fixed", "count": 4, "interval": "PT5S"}}, "runAfter": {}},
      "Check": {
        "type": "If",
        "expression": {"and": [{"greater": ["@body('Get_order')?['total']", 100]}]},
        "actions": {"Large": {"type": "Compose", "inputs": "large order @{body('Get_order')?['id']}", "runAfter": {}}},
        "else": {"actions": {}},
        "runAfter": {"Get_order": ["Succeeded"]}
      },
      "Send_mail": {
        "type": "ServiceProvider",
        "inputs": {
          "parameters": {"to": "a@x.example", "subject": "Order @{body('Get_order')?['id']}", "body": "Hello\\nthere"},
          "serviceProviderConfiguration": {"connectionName": "email", "operationId": "sendEmail", "serviceProviderId": "/serviceProviders/email"}
        },
        "runAfter": {"Check": ["Succeeded"]}
      }
    },
    "outputs": {}
  },
  "kind": "Stateful"
}
`;

const open = (text = SAMPLE): Draft => openDraft(text);
const edited = (...edits: Edit[]): Draft => edits.reduce((draft, edit) => apply(draft, edit).draft, open());
const set = (action: string, path: string, text: string | null): Edit => ({ name: "setInput", arguments: { action, path, text, field: "x" } });
const words = (...edits: Edit[]): string[] => changesBetween(open(), edited(...edits));

describe("words", () => {
  test("nothing but spelling is nothing", () => {
    expect(changesBetween(open(), open(JSON.stringify(JSON.parse(SAMPLE))))).toEqual([]);
  });
  test("values, short ones told", () => {
    expect(words(set("Get_order", "/inputs/method", '"POST"'), set("Get_order", "/inputs/retryPolicy/count", "2"))).toEqual(["Changed “Get order”: Method GET → POST; Retry 4 → 2"]);
    expect(words(set("Send_mail", "/inputs/parameters/body", '"Good evening\\nthere"'))).toEqual(["Changed “Send mail”: Body"]);
    expect(words(set("Send_mail", "/inputs/parameters/cc", '"b@x.example"'))).toEqual(["Changed “Send mail”: CC set to b@x.example"]);
    expect(words(set("Send_mail", "/inputs/parameters/to", null))).toEqual(["Changed “Send mail”: To removed"]);
  });
  test("conditions as sentences", () => {
    expect(words(set("Check", "/expression", `{"and": [{"greater": ["@body('Get_order')?['total']", 250]}]}`))).toEqual([
      "Changed “Check”: Condition total is greater than 100 → total is greater than 250",
    ]);
  });
  test("a rename is one change, whatever refers to it", () => {
    expect(words({ name: "rename", arguments: { from: "Get_order", to: "Fetch_order" } })).toEqual(["Renamed “Get order” to “Fetch order”"]);
  });
  test("a rename and a change together", () => {
    expect(words({ name: "rename", arguments: { from: "Send_mail", to: "Tell_customer" } }, set("Tell_customer", "/inputs/parameters/to", '"b@x.example"'))).toEqual([
      "Renamed “Send mail” to “Tell customer”, and changed To a@x.example → b@x.example",
    ]);
  });
  test("what is put between two actions is one change", () => {
    const place = { container: null, branch: "actions", after: ["Get_order"], before: ["Check"] };
    expect(words({ name: "addAction", arguments: { place, name: "Wait", text: '{"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}}' } })).toEqual(["Added “Wait”"]);
  });
  test("what is taken out between two actions is one change", () => {
    expect(words({ name: "removeActions", arguments: { names: ["Check"] } })).toEqual(["Removed “Check” with the action inside"]);
  });
  test("moves name the place", () => {
    const place = { container: "Check", branch: "else/actions", after: [], before: [] };
    expect(words({ name: "moveActions", arguments: { names: ["Large"], place } })).toEqual(["Moved “Large” into False of “Check”"]);
    expect(words({ name: "wrap", arguments: { names: ["Send_mail"], type: "Scope", name: "Mail" } })).toEqual(["Added “Mail”", "Moved “Send mail” into “Mail”"]);
  });
  test("run after in words", () => {
    const links = [{ name: "Check", statuses: ["Failed", "TimedOut"] }] as const;
    expect(words({ name: "setRunAfter", arguments: { action: "Send_mail", links } })).toEqual(["Changed “Send mail”: runs after Check failed or timed out"]);
  });
  test("parameters and the trigger", () => {
    expect(words({ name: "setParameter", arguments: { parameter: "limit", text: '{"type": "Int", "defaultValue": 200}' } }, set("manual", "/inputs/method", '"PUT"'))).toEqual([
      "Changed trigger “manual”: Method POST → PUT",
      "Changed parameter “limit”: 100 → 200",
    ]);
  });
  test("secure defaults are not told", () => {
    const before = open(SAMPLE.replace('"Int", "defaultValue": 100', '"SecureString", "defaultValue": "one"'));
    const after = open(SAMPLE.replace('"Int", "defaultValue": 100', '"SecureString", "defaultValue": "two"'));
    expect(changesBetween(before, after)).toEqual(["Changed parameter “limit”"]);
  });
  test("another type under the same name is a change of that action", () => {
    const after = open(SAMPLE.replace('"Large": {"type": "Compose", "inputs": "large order', '"Large": {"type": "ParseJson", "inputs": "large order'));
    expect(changesBetween(open(), after)).toEqual(["Changed “Large”: Type Compose → ParseJson"]);
  });
});

describe("identity", () => {
  test("little in common is a removal and an addition", () => {
    const after = open(SAMPLE.replace('"Large": {"type": "Compose", "inputs": "large order @{body(\'Get_order\')?[\'id\']}"', '"Small": {"type": "Compose", "inputs": 1'));
    expect(changesBetween(open(), after)).toEqual(["Removed “Large”", "Added “Small” into True of “Check”"]);
  });
  test("1,000 actions in well under a second", () => {
    const actions = Array.from({ length: 1000 }, (_, index) => `"A${String(index)}": {"type": "Compose", "inputs": ${String(index)}, "runAfter": ${index === 0 ? "{}" : `{"A${String(index - 1)}": ["Succeeded"]}`}}`);
    const text = `{"definition": {"triggers": {}, "actions": {${actions.join(", ")}}}}`;
    const before = open(text);
    const after = open(text.replace('"inputs": 500,', '"inputs": 501,'));
    const started = performance.now();
    expect(changesBetween(before, after)).toEqual(["Changed “A500”: Inputs 500 → 501"]);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("merged drawing", () => {
  test("removed actions stand beside what followed them, and everything is marked", () => {
    const after = edited(
      { name: "removeActions", arguments: { names: ["Check"] } },
      { name: "addAction", arguments: { place: { container: null, branch: "actions", after: ["Send_mail"], before: [] }, name: "Done", text: '{"type": "Compose", "inputs": 1}' } },
      set("Send_mail", "/inputs/parameters/to", '"b@x.example"'),
    );
    const { draft, marks } = merged(compare(open(), after));
    expect(everyAction(draft.graph).map((action) => action.name).sort()).toEqual(["Check", "Done", "Get_order", "Large", "Send_mail"]);
    expect(find(draft.graph, "Check")?.action.runAfter.map((link) => link.name)).toEqual(["Get_order"]);
    expect(Object.fromEntries([...marks].map(([name, mark]) => [name, mark.kind]))).toEqual({ check: "removed", large: "removed", done: "added", send_mail: "changed" });
  });
  test("a container that is gone leaves no copy of what moved out of it", () => {
    const after = edited({ name: "unwrap", arguments: { action: "Check" } });
    const { draft } = merged(compare(open(), after));
    expect(draft.graph.duplicates).toEqual([]);
    expect(find(draft.graph, "Large")?.parent).toBeNull();
  });
});

const EDITS: readonly Edit[] = [
  set("Get_order", "/inputs/uri", '"https://other.example"'),
  set("Check", "/expression", '"@equals(1, 2)"'),
  set("Send_mail", "/inputs/parameters/importance", '"High"'),
  { name: "removeActions", arguments: { names: ["Large"] } },
  { name: "removeActions", arguments: { names: ["Send_mail"] } },
  { name: "removeActions", arguments: { names: ["Get_order"] } },
  { name: "addAction", arguments: { place: { container: "Check", branch: "else/actions", after: [], before: [] }, name: "Small", text: '{"type": "Compose", "inputs": "s"}' } },
];

describe("restoring one action", () => {
  test("leaves everything else as it is", () => {
    const after = edited(set("Check", "/expression", '"@equals(1, 2)"'), set("Get_order", "/inputs/method", '"POST"'));
    const compared = compare(open(), after);
    const change = compared.actions.find((one) => one.after?.action.name === "Check");
    const back = change && apply(after, restoring(compared, change)).draft;
    expect(back && changesBetween(open(), back)).toEqual(["Changed “Get order”: Method GET → POST"]);
  });
  test("restoring every change, one by one, gives the old workflow", () => {
    fc.assert(
      fc.property(fc.subarray([...EDITS]), (chosen) => {
        let draft = chosen.reduce((made, edit) => {
          try {
            return apply(made, edit).draft;
          } catch {
            return made;
          }
        }, open());
        for (let round = 0; round < 10; round += 1) {
          const comparison = compare(open(), draft);
          const change = comparison.actions.find((one) => one.kind !== "removed" || one.before?.parent === null || find(draft.graph, one.before?.parent.action.name ?? "") !== undefined);
          if (!change) break;
          draft = apply(draft, restoring(comparison, change)).draft;
        }
        expect(isSame(compare(open(), draft)) || changesBetween(open(), draft)).toBe(true);
      }),
    );
  });
});
