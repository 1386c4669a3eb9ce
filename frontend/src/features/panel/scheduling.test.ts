import { describe, expect, it } from "vitest";
import { parse } from "../../workflow/document";
import { recurrenceWords } from "../../workflow/words";
import { belongsTo, frequencyOf, momentIn, momentText, numbersIn, numbersOf, shownAtOnce } from "./scheduling";

const tree = (value: unknown) => parse(JSON.stringify(value)).root;

describe("the form of a schedule", () => {
  it("offers what means something at the frequency", () => {
    const frequency = frequencyOf(tree({ type: "Recurrence", recurrence: { frequency: "Week" } }));
    expect(frequency).toBe("week");
    expect(["weekDays", "monthDays", "hours", "endTime"].map((name) => belongsTo(name, frequency))).toEqual([true, false, true, true]);
    expect(["weekDays", "monthDays", "hours", "endTime"].map((name) => shownAtOnce(name, frequency))).toEqual([true, false, true, false]);
    expect(belongsTo("hours", "minute")).toBe(false);
    // An operation that merely has a member of that name.
    expect(frequencyOf(tree({ type: "Compose" }))).toBeNull();
    expect([belongsTo("minutes", null), shownAtOnce("minutes", null)]).toEqual([true, false]);
  });

  it("reads lists of numbers, however they are written", () => {
    expect(numbersOf(tree(["8", 17]))).toEqual([8, 17]);
    expect(numbersOf(tree(7))).toEqual([7]);
    expect(numbersOf(undefined)).toEqual([]);
    expect(numbersOf(tree("@parameters('hours')"))).toBeNull();
    expect(numbersOf(tree([1.5]))).toBeNull();
    expect(numbersIn("30, 0;15 15", 0, 59)).toEqual([0, 15, 30]);
    expect([numbersIn("", 0, 59), numbersIn("60", 0, 59), numbersIn("half", 0, 59)]).toEqual([[], null, null]);
  });

  it("shows moments in a calendar and writes them as they were", () => {
    expect(momentIn("2026-09-07T08:00:00")).toEqual({ local: "2026-09-07T08:00", utc: false });
    expect(momentIn("2026-09-07T08:00:05.000Z")).toEqual({ local: "2026-09-07T08:00:05", utc: true });
    for (const text of ["", "@utcNow()", "2026-09-07", "2026-09-07T08:00:00+02:00"]) expect(momentIn(text)).toBeNull();
    expect([momentText("2026-09-07T08:00", true), momentText("2026-09-07T08:00:05", false)]).toEqual(["2026-09-07T08:00:00Z", "2026-09-07T08:00:05"]);
  });

  it("says a schedule in words", () => {
    const words = (recurrence: unknown): string => recurrenceWords(tree(recurrence));
    expect(words({ frequency: "Week", interval: 2, timeZone: "UTC", schedule: { weekDays: ["Monday", "Friday"], hours: ["17", 8], minutes: [5] } })).toBe("Every 2 weeks on Mon, Fri at 08:05, 17:05 UTC");
    expect(words({ frequency: "Month", interval: 1, schedule: { monthDays: [1, 22, -1], hours: 6 } })).toBe("Every month on the 1st, the 22nd, the last day at 06:00");
    expect(words({ frequency: "Month", interval: 1, schedule: { monthlyOccurrences: [{ dayOfWeek: "Friday", occurrence: -1 }, { day: "Monday", occurrence: 3 }] } })).toBe("Every month on the last Friday, the 3rd Monday");
    expect(words({ frequency: "Day", interval: 1, schedule: { minutes: [30] } })).toBe("Every day at minute 30");
    expect(words({})).toBe("No schedule yet");
  });
});
