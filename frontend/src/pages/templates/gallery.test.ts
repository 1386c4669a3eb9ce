import { describe, expect, it } from "vitest";
import type { TemplateItem } from "../../api/types";
import { authorOf, fits, fitsCategory, listOf, OWN, sorted } from "./gallery";

const template = (title: string, change: Partial<TemplateItem> = {}): TemplateItem => ({
  id: title, title, summary: "", category: "Data", triggerType: "Request", connectors: [], actions: 3, own: false, by: null, changedAt: null, ...change,
});

describe("the gallery", () => {
  it("wants every chosen connector, not any of them", () => {
    const both = template("Both", { connectors: ["http", "email"] });
    const one = template("One", { connectors: ["email"] });
    expect([both, one].filter((each) => fits(each, { connectors: ["email", "http"] }))).toEqual([both]);
    expect([both, one].filter((each) => fits(each, { connectors: [] }))).toEqual([both, one]);
  });

  it("takes triggers by their word", () => {
    const schedule = template("Schedule", { triggerType: "Recurrence" });
    const window = template("Window", { triggerType: "SlidingWindow" });
    const call = template("Call");
    expect([schedule, window, call].filter((each) => fits(each, { connectors: [], trigger: "Schedule" }))).toEqual([schedule, window]);
  });

  it("finds words of the title and of the author", () => {
    const mine = template("Orders", { own: true, by: "Ana Kovač" });
    expect(fits(mine, { q: "ana orders", connectors: [] })).toBe(true);
    expect(fits(mine, { q: "millrace", connectors: [] })).toBe(false);
    expect(fits(template("Orders"), { q: "millrace", connectors: [] })).toBe(true);
  });

  it("names an author who has left", () => {
    expect(authorOf({ own: true, by: null })).toBe("a former member");
  });

  it("suggests one's own, then the small ones; or goes by name", () => {
    const large = template("A large one", { connectors: ["http", "email"] });
    const small = template("Small", { connectors: ["http"] });
    const old = template("Old", { own: true, changedAt: "2026-01-01T00:00:00Z" });
    const fresh = template("Fresh", { own: true, changedAt: "2026-02-01T00:00:00Z" });
    const all = [large, old, small, fresh];
    expect(sorted(all, undefined)).toEqual([fresh, old, small, large]);
    expect(sorted(all, "name")).toEqual([large, fresh, old, small]);
    expect(all.filter((each) => fitsCategory(each, OWN))).toEqual([old, fresh]);
  });

  it("reads a list once each", () => {
    expect(listOf("email,,http,email")).toEqual(["email", "http"]);
    expect(listOf(undefined)).toEqual([]);
  });
});
