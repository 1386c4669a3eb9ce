import { expect, it } from "vitest";
import { readSpan, saySpan } from "./spans";

it.each([["90", 90], ["30 s", 30], ["5min", 300], ["1.5 h", 5400], ["1,5 H", 5400], ["250 ms", 0.25], ["2 d", 172_800], [" 3 m ", 180]])("reads %s", (text, seconds) => {
  expect(readSpan(text)).toBe(seconds);
});

it.each(["", "soon", "5 parsecs", "-3", "0", "1e9", "9999999999"])("refuses %s", (text) => {
  expect(readSpan(text)).toBeNull();
});

it.each([[90, "90 s"], [300, "5 min"], [5400, "90 min"], [7200, "2 h"], [172_800, "2 d"], [0.25, "250 ms"], [1.5, "1.5 s"]])("says %s", (seconds, text) => {
  expect(saySpan(seconds)).toBe(text);
  expect(readSpan(text)).toBe(seconds);
});
