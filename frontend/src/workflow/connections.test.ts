import { describe, expect, test } from "vitest";
import { connectionChoices, connectionUses, referenceOf, stateOf } from "./connections";
import { apply, describe as words, openDraft, patched, type Draft } from "./edits";
import { find } from "./graph";

const provider = (connection: string, id = "email") => ({ type: "ServiceProvider", inputs: { parameters: {}, serviceProviderConfiguration: { connectionName: connection, operationId: "sendEmail", serviceProviderId: `/serviceProviders/${id}` } } });
const byKey = (key: string) => ({ type: "ApiConnection", inputs: { host: { connection: { name: `@parameters('$connections')['${key}']['connectionId']` } }, method: "post", path: "/v2/Mail" } });
const byName = (connectionName: string) => ({ type: "OpenApiConnection", inputs: { host: { apiId: "/providers/Microsoft.PowerApps/apis/shared_office365", operationId: "SendEmailV2", connectionName } } });
const drafted = (actions: object): Draft => openDraft(JSON.stringify({ definition: { triggers: {}, actions } }, null, 2));
const of = (draft: Draft, name: string) => {
  const entry = find(draft.graph, name);
  return entry ? referenceOf(entry.action) : null;
};

describe("connections in use", () => {
  const draft = drafted({
    One: provider("office"), Box: { type: "Scope", actions: { Two: provider("Office"), Three: byKey("office365-2") } }, Four: provider("", "storage"), Five: provider("", "email"), Six: { type: "Compose", inputs: "x" },
  });

  test("each is said once, with all that use it; who needs none and has none is left out", () => {
    const uses = connectionUses(draft.graph, (action) => action.name === "Five");
    expect(uses.map((one) => [one.service, one.name, one.actions])).toEqual([["email", "office", ["One", "Two"]], ["office365", "office365-2", ["Three"]], ["email", "", ["Five"]]]);
  });

  test("its state, also where ours does the work of Azure's", () => {
    const here = [{ name: "OFFICE", connector: "email", state: "failing" }, { name: "office365-2", connector: "email", state: "ok" }];
    const state = (name: string, connectors: readonly string[] = ["email"]) => {
      const one = of(draft, name);
      return one && stateOf(one, here, connectors);
    };
    expect([state("One"), state("Three"), state("Five"), state("Four"), state("Three", [])]).toEqual(["failing", "ok", "none", "foreign", "foreign"]);
    expect(stateOf({ service: "email", name: "gone", managed: false }, here, ["email"])).toBe("missing");
  });

  test("what could take its place", () => {
    const here = [{ name: "post", connector: "email" }, { name: "disk", connector: "storage" }];
    const uses = connectionUses(drafted({ A: byKey("office365"), B: byName("mail"), C: byKey("sql") }).graph, () => false);
    expect(connectionChoices({ service: "office365", name: "office365", managed: true }, here, uses)).toEqual(["post", "office365", "mail"]);
    expect(connectionChoices({ service: "email", name: "x", managed: false }, here, uses)).toEqual(["post"]);
  });
});

describe("reassigning", () => {
  const text = { One: provider("office"), Two: provider("office"), Three: byKey("office365-2"), Four: byName("mail") };

  test("all actions at once, in every spelling, and back to the byte", () => {
    const draft = drafted(text);
    const edit = { name: "setConnection", arguments: { names: ["One", "Two", "Three", "Four"], connection: "post" } } as const;
    const done = apply(draft, edit);
    expect(["One", "Two", "Three", "Four"].map((name) => of(done.draft, name)?.name)).toEqual(["post", "post", "post", "post"]);
    expect(of(done.draft, "Three")?.service).toBe("office365");
    expect(of(done.draft, "Four")?.service).toBe("office365");
    expect(patched(done.draft, done.inverse).draft.document.text).toBe(draft.document.text);
    expect(words(edit)).toBe("Connected One, Two, Three and 1 more to post");
  });

  test("one that this workflow uses is written as it is written there", () => {
    const draft = drafted({ ...text, Five: byKey("office365") });
    const done = apply(draft, { name: "setConnection", arguments: { names: ["Three"], connection: "office365" } });
    expect(done.draft.document.text).toContain("['office365']['connectionId']");
    expect(done.draft.document.text).not.toContain("referenceName");
  });

  test("a managed action without a connection gets one", () => {
    const draft = drafted({ Bare: { type: "ApiConnection", inputs: { host: { apiId: "/apis/office365" }, method: "post", path: "/v2/Mail" } } });
    const done = apply(draft, { name: "setConnection", arguments: { names: ["Bare"], connection: "post" } });
    expect(of(done.draft, "Bare")).toEqual({ service: "office365", name: "post", managed: true });
  });

  test("who was deleted meanwhile is left out; nobody left is said", () => {
    const draft = drafted(text);
    expect(apply(draft, { name: "setConnection", arguments: { names: ["Gone", "Two"], connection: "post" } }).patch).toHaveLength(1);
    expect(() => apply(draft, { name: "setConnection", arguments: { names: ["Gone"], connection: "post" } })).toThrow("is not there any more");
  });
});
