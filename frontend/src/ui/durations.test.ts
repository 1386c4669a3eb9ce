import { expect, it } from "vitest";
import { formatDuration, formatRelative } from "./durations";

it.each([
  [0, "0 ms"],
  [340, "340 ms"],
  [1200, "1.2 s"],
  [59_960, "1 m 00 s"],
  [184_000, "3 m 04 s"],
  [7_500_000, "2 h 05 m"],
  [273_600_000, "3 d 04 h"],
  [Number.NaN, "–"],
])("formats %d ms as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

it.each([
  [0, "just now"],
  [-120, "2 minutes ago"],
  [-3600, "1 hour ago"],
  [-86_400, "yesterday"],
  [30, "in a moment"],
  [7200, "in 2 hours"],
])("says %d seconds from now as %s", (seconds, text) => {
  const now = new Date("2026-01-15T12:00:00Z");
  expect(formatRelative(new Date(now.getTime() + seconds * 1000), now)).toBe(text);
});
