import { expect, test } from "vitest";
import { begun, filtered, MOST_ROWS, NO_EVENTS, NO_FILTERS, recorded, turnWords } from "./eventLog";

const RUN = { id: "r", at: "2026-01-01T00:00:00.000Z", words: "Draft" };
const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, "0")}.000Z`;
const action = (name: string, second: number, more: object = {}) => ({ action: name, repetition: "", status: "Succeeded" as const, code: "OK", startedAt: at(second), endedAt: at(second + 1), tries: 1, ...more });
const names = (log: typeof NO_EVENTS) => [...log.rows.values()].map((row) => row.action);

test("rows stand in the order in which they began, below their run", () => {
  const log = recorded(begun(NO_EVENTS, RUN), "r", { run: { status: "Running" }, actions: [action("Late", 5), action("Early", 1)] });
  expect(names(log)).toEqual([null, "Early", "Late"]);
  expect([...log.rows.values()][0]).toMatchObject({ status: "Running", summary: "Draft" });
});

test("what is told again changes its row and adds none", () => {
  const going = recorded(begun(NO_EVENTS, RUN), "r", { actions: [action("Ask", 1, { status: "Running", endedAt: null })] });
  const done = recorded(going, "r", { actions: [action("Ask", 1, { status: "Failed", code: "NotFound", tries: 3 })] });
  expect(done.rows.size).toBe(2);
  expect([...done.rows.values()][1]).toMatchObject({ status: "Failed", endedAt: at(2), summary: "The service answered 404, not found. · 3 tries" });
  expect(recorded(done, "r", { actions: [action("Ask", 1, { status: "Failed", code: "NotFound", tries: 3 })] }).rows).toEqual(done.rows);
});

test("turns of loops are rows of their own, however they are spelled", () => {
  const log = recorded(NO_EVENTS, "r", { actions: [action("One", 1, { repetition: "0" }), action("One", 2, { repetition: [1, 0] }), action("One", 3, { repetition: "[1, 0]" })] });
  expect([...log.rows.values()].map((row) => row.repetition)).toEqual(["0", "1-0"]);
  expect(turnWords("1-0")).toBe("turn 2 · 1");
});

test("an action in a loop is listed turn by turn, not as a whole as well", () => {
  const whole = recorded(NO_EVENTS, "r", { actions: [action("One", 1), action("Two", 1)] });
  expect(names(whole)).toEqual(["One", "Two"]);
  const turns = recorded(whole, "r", { actions: [action("One", 1, { repetition: "0" }), action("One", 1)] });
  expect([...turns.rows.values()].map((row) => [row.action, row.repetition])).toEqual([["Two", ""], ["One", "0"]]);
});

test("a run began when the server says so, not by the clock of the browser", () => {
  const log = recorded(begun(NO_EVENTS, { ...RUN, at: at(30) }), "r", { run: { status: "Succeeded", endedAt: "2026-01-01T00:00:10.000Z", durationMs: 2_500 } });
  expect([...log.rows.values()][0]?.startedAt).toBe("2026-01-01T00:00:07.500Z");
  const early = recorded(begun(NO_EVENTS, { ...RUN, at: at(30) }), "r", { actions: [action("One", 12)] });
  expect([...early.rows.values()][0]?.startedAt).toBe(at(12));
});

test("the oldest rows make room", () => {
  const many = recorded(begun(NO_EVENTS, RUN), "r", { actions: Array.from({ length: MOST_ROWS + 9 }, (_, index) => action("One", 1, { repetition: String(index) })) });
  expect(many.rows.size).toBe(MOST_ROWS);
  expect(many.dropped).toBe(10);
  expect([...many.rows.values()].at(-1)?.repetition).toBe(String(MOST_ROWS + 8));
});

test("a run that failed says why beside what it is", () => {
  const log = recorded(begun(NO_EVENTS, RUN), "r", { run: { status: "Failed", endedAt: at(9), error: { code: "ActionFailed", message: "Ask failed." } as never } });
  expect([...log.rows.values()][0]).toMatchObject({ status: "Failed", summary: "Draft · Ask failed." });
  expect([...recorded(log, "r", { run: { status: "Succeeded" } }).rows.values()][0]?.summary).toBe("Draft");
});

test("filters keep the run above what fits", () => {
  const log = recorded(begun(begun(NO_EVENTS, RUN), { ...RUN, id: "other" }), "r", { actions: [action("Ask_it", 1), action("Book", 2, { status: "Failed", code: "NotFound" })] });
  expect(filtered(log, NO_FILTERS)).toHaveLength(4);
  expect(filtered(log, { ...NO_FILTERS, status: "Failed" }).map((row) => row.action)).toEqual([null, "Book"]);
  expect(filtered(log, { ...NO_FILTERS, text: "ask it" }).map((row) => row.action)).toEqual([null, "Ask_it"]);
  expect(filtered(log, { ...NO_FILTERS, action: "Book", status: "Succeeded" })).toEqual([]);
});
