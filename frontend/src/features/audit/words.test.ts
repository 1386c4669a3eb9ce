import { describe, expect, it } from "vitest";
import { actionWords, changeWords, kindWords } from "./words";

describe("changeWords", () => {
  it("names what differs, with the old fact first", () => {
    expect(changeWords({ role: "editor", name: "Bo" }, { role: "admin", name: "Bo" })).toBe("role: editor → admin");
  });

  it("shows what came and what went", () => {
    expect(changeWords(null, { days: 30, runs: null })).toBe("days: 30; runs: null");
    expect(changeWords({ open: true }, null)).toBe("open: true");
  });

  it("has nothing to say without facts", () => {
    expect(changeWords(null, null)).toBe("");
    expect(changeWords([1], "x")).toBe("");
    expect(changeWords(null, { version: 1, comment: "" })).toBe("version: 1");
  });
});

describe("words", () => {
  it("falls back to the name of what it does not know", () => {
    expect(actionWords("workflow.publish")).toBe("Published a workflow");
    expect(actionWords("ship.launch")).toBe("ship.launch");
    expect(kindWords("workflow")).toBe("Workflows");
    expect(kindWords("token")).toBe("API tokens");
  });
});
