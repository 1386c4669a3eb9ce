import { describe, expect, it } from "vitest";
import { openDraft } from "../../workflow/draft";
import { declaredIn, freeParameter, readAs, usesOf, wrongName } from "./declared";

const draft = openDraft(
  JSON.stringify({
    definition: {
      parameters: {
        $connections: { type: "Object" }, limit: { type: "int", defaultValue: 7 }, who: { type: "String", defaultValue: "ana", metadata: { description: "Who is told." } }, pin: { type: "SecureString" }, parameter1: { type: "Object", defaultValue: { a: [1] } },
      },
      triggers: {},
      actions: { Say: { type: "Compose", inputs: { a: "@parameters('who')", b: "Up to @{parameters('Limit')} of @{parameters('who')}", c: "parameters('pin')" } } },
    },
  }),
);

describe("parameters of a definition", () => {
  it("reads what is declared, as people write it", () => {
    const declared = declaredIn(draft.document, draft.graph);
    expect(declared.map((one) => [one.name, one.type, one.secure, one.standard])).toEqual([["limit", "Int", false, "7"], ["who", "String", false, "ana"], ["pin", "SecureString", true, null], ["parameter1", "Object", false, '{"a":[1]}']]);
    expect(declared[1]?.description).toBe("Who is told.");
    expect(freeParameter(declared)).toBe("parameter2");
  });

  it("counts the expressions that read each, and no plain text", () => {
    expect([...usesOf(draft.document)]).toEqual([["who", 2], ["limit", 1]]);
  });

  it("takes what fits the type, and says what is wrong with the rest", () => {
    expect(readAs("String", "12")).toEqual({ json: '"12"' });
    expect(readAs("Int", " 12 ")).toEqual({ json: "12" });
    expect(readAs("Int", "1.5")).toEqual({ wrong: "A whole number is needed." });
    expect(readAs("Float", "1e3")).toEqual({ json: "1e3" });
    expect(readAs("Bool", "True")).toEqual({ json: "true" });
    expect(readAs("Array", '{"a": 1}')).toEqual({ wrong: "A list is needed: [ … ]" });
    expect(readAs("SecureObject", '{"key": 1}')).toEqual({ json: '{"key": 1}' });
    expect(readAs("Int", "@appsetting('N')")).toEqual({ json: "\"@appsetting('N')\"" });
    expect(readAs("Object", "{")).toEqual({ wrong: "An object in JSON is needed: { … }" });
  });

  it("refuses names that others have or that expressions cannot say", () => {
    const declared = declaredIn(draft.document, draft.graph);
    expect(wrongName("WHO", "pin", declared)).toContain("already");
    expect(wrongName("who", "who", declared)).toBe("");
    for (const name of ["", "a b", "it's", "$connections", "a/b"]) expect(wrongName(name, "pin", declared)).not.toBe("");
  });
});
