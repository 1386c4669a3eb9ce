import { expect, it } from "vitest";
import { arrivedAt, isRunId, runIdIn } from "./runId";

it("tells an id from what is cut off or something else", () => {
  expect(isRunId("019a4c1e-8f00-7abc-8def-0123456789ab")).toBe(true);
  expect(isRunId("019A4C1E-8F00-7ABC-8DEF-0123456789AB")).toBe(true);
  expect(isRunId("019a4c1e-8f00-7abc-8def-0123456789a")).toBe(false);
  expect(isRunId("order-4711")).toBe(false);
});

it("finds the id in what was pasted", () => {
  const id = "019a4c1e-8f00-7abc-8def-0123456789ab";
  expect(runIdIn(` "${id.toUpperCase()}",\n`)).toBe(id);
  expect(runIdIn(`https://flows.example/t/acme/w/019a0000-8f00-7abc-8def-0123456789ab/runs/${id}?node=Send`)).toBe(id);
  expect(runIdIn(id.slice(0, -1))).toBeNull();
  expect(runIdIn(`${id}0`)).toBeNull();
  expect(runIdIn("order-4711")).toBeNull();
});

it("reads the time from an id", () => {
  const at = Date.parse("2026-03-01T12:00:00.123Z");
  const hex = at.toString(16).padStart(12, "0");
  expect(arrivedAt(`${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`)?.toISOString()).toBe("2026-03-01T12:00:00.123Z");
  expect(arrivedAt("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")).toBeNull();
  expect(arrivedAt("00000000-0000-7000-8000-000000000000")).toBeNull();
});
