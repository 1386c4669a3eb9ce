import { expect, test } from "vitest";
import type { RunCell, RunColumn } from "../../api/types";
import { parse } from "../../workflow/document";
import { readGraph } from "../../workflow/graph";
import { arranged, factsOf, gridRows } from "./gridRows";

const cell = (status: RunCell["status"], durationMs: number | null): RunCell => ({ status, code: null, durationMs });
const column = (actions: Record<string, RunCell>): RunColumn => ({
  id: "r", workflow: { id: "w", name: "W" }, version: 1, status: "Succeeded", code: null, error: null, trigger: { name: "t", type: null }, upTo: null, startedAt: "", endedAt: null,
  durationMs: null, clientTrackingId: null, origin: "callback", sourceRun: null, firstFailedAction: null, waitsFor: null, actions,
});
const took = (...durations: number[]): RunColumn[] => durations.map((ms) => column({ Send: cell("Succeeded", ms) }));

test("an action that takes longer and longer is said to", () => {
  expect(factsOf("Send", took(100, 110, 90, 100, 300, 310, 290, 300)).trend).toBeCloseTo(3, 1);
  expect(factsOf("Send", took(100, 110, 90, 100, 105, 95)).trend).toBe(1);
  expect(factsOf("Send", took(1, 1, 1, 4, 4, 4)).trend).toBe(1); // three milliseconds nobody feels
  expect(factsOf("Send", took(1, 900)).trend).toBeNull();
});

test("what was skipped or still runs is neither a success nor a failure", () => {
  const columns = [column({ A: cell("Failed", 10) }), column({ A: cell("Skipped", 0) }), column({ A: cell("Running", null) }), column({ A: cell("Succeeded", 30) }), column({})];
  const facts = factsOf("A", columns);
  expect(facts.failing).toBe(0.5);
  expect(facts.durations).toEqual([10, 30]);
  expect(factsOf("B", columns)).toEqual({ median: null, p95: null, durations: [], trend: null, failing: null });
});

const graph = readGraph(parse(JSON.stringify({
  triggers: { manual: { type: "Request" } },
  actions: { Check: { type: "If", actions: { Send: { type: "Http", runAfter: {} } }, else: { actions: {} }, runAfter: {} }, Last: { type: "Compose", runAfter: { Check: ["Succeeded"] } } },
})));

test("rows follow the flow, and end with what only older runs had", () => {
  const rows = gridRows(graph, [column({ Old: cell("Succeeded", 1) })]);
  expect(rows.map((row) => [row.name, row.level, row.holds])).toEqual([["Check", 1, true], [null, 2, true], ["Send", 3, false], [null, 2, false], ["Last", 1, false], ["Old", 1, false]]);
});

test("folded is what is inside; another order lists actions alone", () => {
  const rows = gridRows(graph, [column({ Send: cell("Failed", 900), Last: cell("Succeeded", 20) })]);
  expect(arranged(rows, "flow", new Set(["Check"])).map((row) => row.name)).toEqual(["Check", "Last"]);
  expect(arranged(rows, "failing", new Set()).map((row) => row.name)).toEqual(["Send", "Last", "Check"]);
  expect(arranged(rows, "slowest", new Set())[0]?.name).toBe("Send");
});
