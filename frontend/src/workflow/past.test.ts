import { describe, expect, it } from "vitest";
import { afterIt, beforeIt, sittingsOf, stepWords, type PastEdits } from "./past";

const step = (revision: number, minute: number, author = "Ana", edits: PastEdits["edits"] = []): PastEdits => ({
  revision, author, edits, at: new Date(Date.UTC(2026, 0, 1, 9, minute)).toISOString(),
});

describe("sittings", () => {
  it("end with a pause, another person or a published version", () => {
    const steps = [step(9, 50), step(8, 45), step(7, 44, "Bob"), step(6, 43), step(5, 42), step(4, 20), step(3, 11), step(2, 10)];
    const sittings = sittingsOf(steps, [5]);
    expect(sittings.map((each) => [each.author, beforeIt(each), afterIt(each)])).toEqual([
      ["Ana", 7, 9], ["Bob", 6, 7], ["Ana", 5, 6], ["Ana", 4, 5], ["Ana", 1, 4],
    ]);
  });
});

describe("what was done", () => {
  it("is said once, and cut after three", () => {
    const input = (field: string) => ({ name: "setInput", arguments: { action: "Send_mail", path: "/x", text: "1", field } });
    expect(stepWords(step(2, 0, "Ana", [input("Subject"), input("Subject"), { name: "removeActions", arguments: { names: ["Wait"] } }]))).toBe("Changed Subject of Send mail; deleted Wait");
    expect(stepWords(step(2, 0, "Ana", ["A", "B", "C", "D", "E"].map(input)))).toBe("Changed A of Send mail; changed B of Send mail; changed C of Send mail; and 2 more");
  });
  it("is said of edits that are not known or came without what they were about", () => {
    expect(stepWords(step(2, 0, "Ana", [{ name: "restoreDraft", arguments: {} }]))).toBe("Went back to an earlier moment");
    expect(stepWords(step(2, 0, "Ana", [{ name: "fromTomorrow", arguments: null }]))).toBe("Changed the definition");
    expect(stepWords(step(2, 0, "Ana", [{ name: "removeActions" }]))).toBe("Changed the definition");
  });
});
