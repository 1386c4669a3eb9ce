import { expect, it } from "vitest";
import { fieldMoment, fieldText, momentText, writtenMoment } from "./zone";

it("takes for a moment only what says its offset", () => {
  expect(writtenMoment("2026-11-23T20:00:00.1234567Z")?.toISOString()).toBe("2026-11-23T20:00:00.123Z");
  expect(writtenMoment("2026-11-23T21:00+01:00")?.toISOString()).toBe("2026-11-23T20:00:00.000Z");
  for (const text of ["2026-11-23", "2026-11-23T20:00:00", "2026-13-40T00:00:00Z", "at 2026-11-23T20:00:00Z", "20261123"]) expect(writtenMoment(text)).toBeNull();
});

it("says UTC where it is", () => {
  expect(momentText(new Date("2026-11-23T20:00:00Z"), "utc")).toMatch(/8:00:00.PM UTC|20:00:00 UTC/);
  expect(momentText(new Date("2026-11-23T20:00:00Z"), "local")).not.toContain("UTC");
});

it("fills a field by the clock of the zone and reads it back", () => {
  expect(fieldText("2026-11-23T20:00:00Z", "utc")).toBe("2026-11-23T20:00");
  for (const zone of ["utc", "local"] as const) expect(new Date(fieldMoment(fieldText("2026-11-23T20:00:00Z", zone), zone)).toISOString()).toBe("2026-11-23T20:00:00.000Z");
  expect(fieldMoment("", "utc")).toBe("");
});
