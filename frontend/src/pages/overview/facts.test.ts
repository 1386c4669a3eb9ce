import { describe, expect, it } from "vitest";
import { openDraft } from "../../workflow/draft";
import { calledNames, calledWorkflows, figuresOf, recurrenceOf } from "./facts";

const graphOf = (definition: object) => openDraft(JSON.stringify({ definition })).graph;
const call = (id: string) => ({ type: "Workflow", inputs: { host: { workflow: { id } } }, runAfter: {} });

describe("what a workflow says of itself", () => {
  it("names what it calls once, by id, by the end of an address or not at all", () => {
    const graph = graphOf({
      triggers: {},
      actions: {
        First: call("0190"),
        Inside: { type: "Scope", actions: { Again: call("/subscriptions/1/resourceGroups/a/providers/Microsoft.Logic/workflows/Billing") }, runAfter: {} },
        Gone: call("/subscriptions/1/workflows/Elsewhere"),
        Empty: call(""),
      },
    });
    expect(calledNames(graph)).toEqual(["0190", "Billing", "Elsewhere"]);
    const billing = { id: "0190", name: "Billing" };
    expect(calledWorkflows(graph, new Map([["0190", billing], ["Billing", billing], ["Elsewhere", null]]))).toEqual([
      { reference: "/subscriptions/1/resourceGroups/a/providers/Microsoft.Logic/workflows/Billing", found: { id: "0190", name: "Billing" }, actions: ["First", "Again"] },
      { reference: "/subscriptions/1/workflows/Elsewhere", found: null, actions: ["Gone"] },
    ]);
  });

  it("reads a schedule, and none where there is none", () => {
    const [schedule, request] = graphOf({
      triggers: { Every_day: { type: "Recurrence", recurrence: { frequency: "Day", interval: 1 } }, manual: { type: "Request" } }, actions: {},
    }).triggers;
    expect(schedule && recurrenceOf(schedule)).toEqual({ frequency: "Day", interval: 1 });
    expect(request && recurrenceOf(request)).toBeNull();
  });

  it("adds up the hours", () => {
    expect(figuresOf([{ ok: 2, failed: 1, running: 0 }, { ok: 3, failed: 0, running: 1 }])).toEqual({ runs: 7, succeeded: 5, failed: 1, running: 1 });
  });
});
