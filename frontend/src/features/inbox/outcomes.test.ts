import { describe, expect, it } from "vitest";
import { kindWord, outcomeFilters, outcomeLook } from "./outcomes";

const shown = ["new", "started", "split", "batched", "deduplicated", "filtered", "skipped", "rejected", "quarantined", "cancelled"] as const;

describe("outcomes of arrivals", () => {
  it("every outcome that people meet is found by exactly one filter", () => {
    const found = outcomeFilters.flatMap((filter) => filter.value.split(","));
    expect([...found].sort()).toEqual([...shown].sort());
  });

  it("no two outcomes are told in the same words", () => {
    expect(new Set(shown.map((state) => outcomeLook(state).word)).size).toBe(shown.length);
  });

  it("a kind that is not known yet keeps its own name", () => {
    expect(kindWord("callback")).toBe("Callback URL");
    expect(kindWord("carrier-pigeon")).toBe("carrier-pigeon");
  });
});
