import { describe, expect, it } from "vitest";
import { NEVER, pauses, secondsOf, spokenPause, totalPause, triesWithin, USUAL, type RetryPolicy } from "./retries";

const growing = (interval: number, count: number, minimum = 5, maximum = 86_400): RetryPolicy => ({ kind: "exponential", count, interval, minimum, maximum });

describe("when a failed call is made again (reference 8.1)", () => {
  it("draws the default between the bounds of the reference", () => {
    expect(pauses(USUAL)).toEqual([{ least: 5, most: 7.5 }, { least: 7.5, most: 15 }, { least: 15, most: 30 }, { least: 30, most: 45 }]);
    expect(totalPause(pauses(USUAL))).toEqual({ least: 57.5, most: 97.5 });
  });

  it("doubles a growing wait, the first from nothing, within its bounds", () => {
    expect(pauses(growing(10, 3)).map(spokenPause)).toEqual(["5 s to 10 s", "10 s to 20 s", "20 s to 40 s"]);
    expect(pauses(growing(10, 3, 15, 20)).map(spokenPause)).toEqual(["15 s", "15 s to 20 s", "20 s"]);
    expect(pauses(growing(60, 90)).at(-1)).toEqual({ least: 86_400, most: 86_400 });
  });

  it("waits the same each time when fixed, and never when there is no retry", () => {
    expect(pauses({ ...NEVER, kind: "fixed", count: 3, interval: 20 })).toEqual(Array(3).fill({ least: 20, most: 20 }));
    expect(pauses(NEVER)).toEqual([]);
  });

  it("never tries more than 90 times again", () => {
    expect(pauses({ ...NEVER, kind: "fixed", count: 500, interval: 5 })).toHaveLength(90);
  });

  it("counts the tries that begin before a timeout", () => {
    expect(triesWithin(pauses(USUAL), 30)).toEqual({ sure: 3, best: 4 });
    expect(triesWithin(pauses(USUAL), 3600)).toEqual({ sure: 5, best: 5 });
  });

  it("reads durations and nothing else", () => {
    expect(secondsOf("PT1M30S")).toBe(90);
    expect(secondsOf("P1DT0.5S")).toBe(86_400.5);
    expect([secondsOf("P"), secondsOf("PT"), secondsOf("10s"), secondsOf("@variables('x')")]).toEqual([null, null, null, null]);
  });
});
