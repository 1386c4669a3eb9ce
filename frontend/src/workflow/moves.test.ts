import { describe, expect, test } from "vitest";
import { openDraft } from "./draft";
import { apply, patched } from "./edits";
import { alongFlow } from "./graph";
import { linkProblem, linkTargets } from "./moves";

const draft = openDraft(JSON.stringify({
  triggers: { manual: { type: "Request" } },
  actions: {
    First: { type: "Compose", inputs: 1, runAfter: {} },
    Left: { type: "Compose", inputs: 1, runAfter: { First: ["Succeeded"] } },
    Right: { type: "Scope", actions: { Inside: { type: "Compose", inputs: 1, runAfter: {} } }, runAfter: { First: ["Succeeded"] } },
    Last: { type: "Compose", inputs: 1, runAfter: { Left: ["Succeeded"] } },
  },
}, null, 2));
const { graph } = draft;

describe("what may run after what", () => {
  test("an action beside it that does not lead to it", () => {
    expect(linkProblem(graph, "Right", "Last")).toBeNull();
    expect(linkProblem(graph, "Left", "Right")).toBeNull();
    expect([...linkTargets(graph, "Right")]).toEqual(["Left", "Last"]);
  });

  test("every refusal says why", () => {
    expect(linkProblem(graph, "First", "First")).toMatch(/after itself/);
    expect(linkProblem(graph, "First", "Left")).toMatch(/already runs after/);
    expect(linkProblem(graph, "Last", "First")).toMatch(/wait for each other/);
    expect(linkProblem(graph, "Left", "Inside")).toMatch(/in another branch/);
    expect(linkProblem(graph, "Left", "manual")).toMatch(/trigger/);
    expect(linkProblem(graph, "manual", "Last")).toMatch(/trigger by itself/);
    expect(linkProblem(graph, "Left", "Gone")).toMatch(/not in the workflow/);
  });

  test("a connection that was drawn is taken back byte for byte", () => {
    const done = apply(draft, { name: "setRunAfter", arguments: { action: "Last", links: [{ name: "Left", statuses: ["Succeeded"] }, { name: "Right", statuses: ["Failed", "TimedOut"] }] } });
    expect(done.draft.graph.entries.get("last")?.action.runAfter.map((link) => link.name)).toEqual(["Left", "Right"]);
    expect(patched(done.draft, done.inverse).draft.document.text).toBe(draft.document.text);
  });

  test("along the flow, before and after", () => {
    expect(alongFlow(graph, "Last", "before")).toEqual(["First", "Left"]);
    expect(alongFlow(graph, "First", "after")).toEqual(["Left", "Right", "Last"]);
    expect(alongFlow(graph, "Inside", "before")).toEqual([]);
  });
});
