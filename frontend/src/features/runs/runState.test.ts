import { expect, it } from "vitest";
import type { RunDetail } from "../../api/types";
import { parse } from "../../workflow/document";
import { readGraph } from "../../workflow/graph";
import { loopsAround, parseTurns, turnsFor } from "./nesting";
import { applyChange, durationOf, firstFailure, isNews, triggerState } from "./runState";

const run: RunDetail = {
  id: "r",
  workflow: { id: "w", name: "Orders" },
  version: 1,
  status: "Running",
  code: null,
  error: null,
  trigger: { name: "manual", type: "Request" },
  startedAt: "2026-01-01T00:00:00Z",
  endedAt: null,
  durationMs: null,
  clientTrackingId: null,
  origin: "callback",
  sourceRun: null,
  upTo: null,
  firstFailedAction: null,
  waitsFor: null,
  ahead: null, calledBy: null,
  seq: 3,
  text: "{}",
  actions: { A: { status: "Succeeded", code: "OK", startedAt: "2026-01-01T00:00:00Z", endedAt: "2026-01-01T00:00:01Z", tries: 1 } },
  response: null,
  waits: {}, requestId: null,
};

it("tells what waits for a place anew without a number, until it has begun", () => {
  const waiting: RunDetail = { ...run, status: "Waiting", seq: 0, waitsFor: "Waits until fewer than 2 runs of this workflow are active.", ahead: 2 };
  const nearer = { run: { status: "Waiting", ahead: 1 } } as const;
  expect(isNews(waiting, nearer, 0)).toBe(true);
  expect(applyChange(waiting, nearer, 0).ahead).toBe(1);
  const begun = applyChange(waiting, { run: { status: "Running", waitsFor: null, ahead: null }, actions: [] }, 1);
  expect([begun.status, begun.waitsFor, begun.seq]).toEqual(["Running", null, 1]);
  expect(isNews(begun, nearer, 0)).toBe(false);
  expect(applyChange(waiting, { actions: [] }, 2).status).toBe("Running");
});

it("says of the trigger that it waits while nothing has begun, not that it succeeded in no time", () => {
  const began = { startedAt: "2026-01-01T00:00:00Z", waitsFor: "Waits until no other run of this trigger is active." };
  expect(triggerState({ ...run, ...began, status: "Waiting", endedAt: null })).toEqual({ status: "Waiting", startedAt: began.startedAt, endedAt: null });
  expect(triggerState({ ...run, ...began, status: "Cancelled", endedAt: null }).status).toBe("Cancelled");
  expect(triggerState({ ...run, ...began, waitsFor: null })).toEqual({ status: "Succeeded", startedAt: began.startedAt, endedAt: began.startedAt });
});

it("replaces what waits as a whole, whatever its number", () => {
  const hold = { reason: "2 ahead", since: "2026-01-01T00:00:00Z", until: null };
  const held = applyChange(run, { waits: { A: hold } }, run.seq);
  expect(held.waits).toEqual({ A: hold });
  expect(applyChange(held, { actions: [] }, 4).waits).toEqual({ A: hold });
  expect(applyChange(held, { waits: {} }, run.seq)).toEqual(run);
});

it("merges a change of an action and keeps what the change does not say", () => {
  const next = applyChange(run, { actions: [{ action: "B", repetition: "", status: "Running", startedAt: "2026-01-01T00:00:01Z" }] }, 4);
  expect(next.actions.B).toEqual({ status: "Running", code: null, startedAt: "2026-01-01T00:00:01Z", endedAt: null, tries: 0 });
  expect(next.actions.A).toBe(run.actions.A);
  expect(next.seq).toBe(4);
});

it("leaves the action alone when one repetition changes, but takes the loop's counts", () => {
  const counts = { total: 3, succeeded: 1, failed: 1, running: 1, skipped: 0, cancelled: 0 };
  const next = applyChange(run, { actions: [{ action: "A", repetition: "1", status: "Failed" }], loops: { Each: counts } }, 5);
  expect(next.actions.A?.status).toBe("Succeeded");
  expect(next.actions.Each?.repetitions).toEqual(counts);
});

it("ends the run and finds the first failure by time when the server names none", () => {
  const ended = applyChange(
    run,
    {
      actions: [
        { action: "Late", status: "Failed", endedAt: "2026-01-01T00:00:09Z" },
        { action: "Early", status: "TimedOut", endedAt: "2026-01-01T00:00:05Z" },
      ],
      run: { status: "Failed", endedAt: "2026-01-01T00:00:10Z" },
    },
    6,
  );
  expect(ended.status).toBe("Failed");
  expect(firstFailure(ended)).toBe("Early");
  expect(firstFailure({ ...ended, firstFailedAction: "Late" })).toBe("Late");
  expect(durationOf(ended)).toBe(10_000);
});

it("knows which turns an action needs", () => {
  const graph = readGraph(
    parse(
      `{"definition":{"triggers":{},"actions":{"Outer":{"type":"Foreach","foreach":"@x","actions":{"If":{"type":"If","expression":{},"actions":{"Inner":{"type":"Until","expression":"@true","actions":{"Leaf":{"type":"Compose","inputs":1}}}}}}},"Top":{"type":"Compose","inputs":1}}}}`,
    ),
  );
  expect(loopsAround(graph, "Leaf").map((entry) => entry.action.name)).toEqual(["Outer", "Inner"]);
  expect(turnsFor(graph, "Leaf", [4])).toBeNull();
  expect(turnsFor(graph, "Leaf", [4, 1, 9])).toBe("4-1");
  expect(turnsFor(graph, "Top", [4])).toBe("");
  expect(parseTurns("4-1")).toEqual([4, 1]);
  expect(parseTurns("x-1")).toEqual([]);
});
