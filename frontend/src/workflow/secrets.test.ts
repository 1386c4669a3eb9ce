import { describe, expect, it } from "vitest";
import { openDraft } from "./draft";
import { find } from "./graph";
import { clearSecret } from "./secrets";

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
