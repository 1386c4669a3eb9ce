import { describe, expect, test } from "vitest";
import { parse } from "./document";
import { referencesIn, remapped } from "./remapping";

const mail = (connection: string): string => JSON.stringify({
  type: "Scope",
  actions: { Send: { type: "ServiceProvider", inputs: { parameters: {}, serviceProviderConfiguration: { connectionName: connection, operationId: "sendEmail", serviceProviderId: "/serviceProviders/smtp" } } } },
}, null, 2);
const name = (text: string): string => /"connectionName": "([^"]*)"/.exec(text)?.[1] ?? "none";

describe("connections of pasted actions", () => {
  test("one that is here stays, and the text with it", () => {
    const fragments = [{ name: "Try", text: mail("office") }];
    const done = remapped(fragments, [{ name: "office", connector: "smtp" }, { name: "spare", connector: "smtp" }]);
    expect(done).toEqual({ fragments, replaced: [], missing: [], open: [] });
  });

  test("the only one of its connector takes the place of a strange one", () => {
    const done = remapped([{ name: "Try", text: mail("office") }], [{ name: "post", connector: "SMTP" }, { name: "office", connector: "storage" }]);
    expect(name(done.fragments[0]?.text ?? "")).toBe("post");
    expect(done.replaced).toEqual([{ from: "office", to: "post" }]);
    expect(done.fragments[0]?.text.replace("post", "office")).toBe(mail("office"));
  });

  test("several or none: the action waits for a choice", () => {
    const many = remapped([{ name: "Try", text: mail("office") }], [{ name: "one", connector: "smtp" }, { name: "two", connector: "smtp" }]);
    expect([name(many.fragments[0]?.text ?? ""), many.missing]).toEqual(["", ["smtp"]]);
    const chosen = remapped([{ name: "Try", text: mail("office") }], [{ name: "one", connector: "smtp" }, { name: "two", connector: "smtp" }], [], new Map([[many.open[0]?.id ?? "", "two"]]));
    expect([name(chosen.fragments[0]?.text ?? ""), chosen.open, chosen.missing]).toEqual(["two", [], []]);
    expect(remapped([{ name: "Try", text: mail("office") }], []).missing).toEqual(["smtp"]);
  });
});

const managed = (host: object): string => JSON.stringify({ type: "Scope", actions: { Send: { type: "ApiConnection", inputs: { host, method: "post", path: "/v2/Mail" } } } }, null, 2);
const consumption = (key: string) => ({ connection: { name: `@parameters('$connections')['${key}']['connectionId']` } });
const hostOf = (text: string | undefined) => (JSON.parse(text ?? "") as { actions: { Send: { inputs: { host: unknown } } } }).actions.Send.inputs.host;
const usedIn = (...hosts: object[]) => {
  const text = JSON.stringify(Object.fromEntries(hosts.map((host, index) => [`A${String(index)}`, { inputs: { host } }])));
  return referencesIn(parse(text).root, text);
};

describe("connections of managed connectors", () => {
  const fragments = [{ name: "Try", text: managed(consumption("office365-2")) }];

  test("what this workflow uses too stays, and the text with it", () => {
    expect(remapped(fragments, [], usedIn(consumption("office365-2"), consumption("office365")))).toEqual({ fragments, replaced: [], missing: [], open: [] });
  });

  test("the one of the same API that this workflow uses takes its place, as it is written there", () => {
    for (const host of [consumption("office365"), { connection: { referenceName: "office365" } }, { apiId: "/subscriptions/x/managedApis/office365", connection: { referenceName: "mail" } }]) {
      const done = remapped(fragments, [{ name: "store", connector: "storage" }], usedIn(host, consumption("sql")));
      expect(hostOf(done.fragments[0]?.text)).toEqual({ connection: host.connection });
      expect(done.replaced).toHaveLength(1);
    }
  });

  test("one of ours that does the API's work takes its place, and what the API is stays known", () => {
    const done = remapped(fragments, [{ name: "post", connector: "Email" }, { name: "store", connector: "storage" }]);
    expect(hostOf(done.fragments[0]?.text)).toEqual({ connection: { referenceName: "post" }, apiId: "/apis/office365" });
    expect(done.replaced).toEqual([{ from: "office365-2", to: "post" }]);
    const flow = [{ name: "Try", text: managed({ apiId: "/providers/Microsoft.PowerApps/apis/shared_office365", connectionName: "shared_office365-1", operationId: "SendEmailV2" }) }];
    expect(hostOf(remapped(flow, [{ name: "post", connector: "email" }]).fragments[0]?.text)).toMatchObject({ connectionName: "post", operationId: "SendEmailV2" });
  });

  test("one of ours by the same name is meant, also among several", () => {
    const done = remapped(fragments, [{ name: "Office365-2", connector: "email" }, { name: "post", connector: "email" }]);
    expect(hostOf(done.fragments[0]?.text)).toEqual({ connection: { referenceName: "Office365-2" } });
    expect([done.replaced, done.open]).toEqual([[], []]);
  });

  test("among several somebody chooses; later is an answer too", () => {
    const known = [{ name: "post", connector: "email" }];
    const used = usedIn(consumption("office365"));
    const [asked] = remapped(fragments, known, used).open;
    expect(asked).toMatchObject({ service: "office365", from: "office365-2", choices: ["office365", "post"] });
    const answered = (name: string) => remapped(fragments, known, used, new Map([[asked?.id ?? "", name]]));
    expect(hostOf(answered("post").fragments[0]?.text)).toEqual({ connection: { referenceName: "post" }, apiId: "/apis/office365" });
    expect(hostOf(answered("office365").fragments[0]?.text)).toEqual(consumption("office365"));
    expect(answered("")).toEqual({ fragments, replaced: [], missing: ["office365"], open: [] });
  });

  test("without any the text stays, and it is said", () => {
    expect(remapped(fragments, [{ name: "store", connector: "storage" }])).toEqual({ fragments, replaced: [], missing: ["office365"], open: [] });
    const computed = [{ name: "Try", text: managed({ connection: { name: "@variables('which')" } }) }];
    expect(remapped(computed, [{ name: "post", connector: "email" }]).fragments).toEqual(computed);
  });
});
