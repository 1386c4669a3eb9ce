import { describe, expect, it } from "vitest";
import { openDraft } from "./draft";
import { find } from "./graph";
import { clearDefault, clearSecret } from "./secrets";

const INPUTS = {
  uri: "https://x.example/hook?v=1&sig=abcdefgh%2B1&page=@{outputs('P')}",
  headers: { "X-Api-Key": "k-1", Authorization: "@parameters('key')" },
  authentication: { type: "Basic", password: "@@home" },
};
const draft = openDraft(JSON.stringify({ triggers: {}, actions: { "Call it": { type: "Http", inputs: INPUTS } } }));
const of = (path: string) => {
  const entry = find(draft.graph, "Call it");
  return entry ? clearSecret(draft, entry, `/actions/Call it/inputs/${path}`) : null;
};

describe("a secret in clear text", () => {
  it("is the whole of a header or password", () => {
    expect(of("headers/X-Api-Key")).toMatchObject({ secret: "k-1", name: "Call_it_X_Api_Key", path: "/inputs/headers/X-Api-Key" });
    expect(of("headers/X-Api-Key")?.reads("parameters('p')")).toBe("@parameters('p')");
    expect(of("authentication/password")?.secret).toBe("@home");
  });

  it("is a part of an address, of which all else stays", () => {
    const found = of("uri");
    expect(found?.secret).toBe("abcdefgh%2B1");
    expect(found?.reads("parameters('p')")).toBe("https://x.example/hook?v=1&sig=@{parameters('p')}&page=@{outputs('P')}");
  });

  it("is not what an expression computes, nor what is gone", () => {
    expect(of("headers/Authorization")).toBeNull();
    expect(of("headers/Cookie")).toBeNull();
  });
});

describe("a secret that is the default of a secure parameter", () => {
  const text = JSON.stringify({ definition: { triggers: {}, actions: {}, parameters: { "a/b": { type: "SecureString", defaultValue: "crane" }, o: { type: "SecureObject", defaultValue: { k: 1 } } } } });
  const wrapped = openDraft(text);

  it("is found with its parameter", () => {
    expect(clearDefault(wrapped, "/definition/parameters/a~1b/defaultValue")).toEqual({ parameter: "a/b", secret: "crane", path: "/parameters/a~1b/defaultValue" });
    expect(clearDefault(wrapped, "/definition/parameters/o/defaultValue")?.secret).toEqual({ k: 1 });
  });

  it("is not what is gone or stands elsewhere", () => {
    expect(clearDefault(wrapped, "/definition/parameters/none/defaultValue")).toBeNull();
    expect(clearDefault(wrapped, "/definition/parameters/o/defaultValue/k")).toBeNull();
    expect(clearDefault(wrapped, "/definition/parameters/o/type")).toBeNull();
  });
});
