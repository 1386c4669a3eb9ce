import { expect, test } from "vitest";
import type { WorkflowItem } from "../../api/types";
import { eligible, leftWords } from "./chosen";

const some = (...states: WorkflowItem["state"][]): WorkflowItem[] => states.map((state, index) => ({ id: String(index), name: `W${String(index)}`, state }) as WorkflowItem);
const ids = (found: readonly WorkflowItem[]): string[] => found.map(({ id }) => id);

test("what is on already or was never published is not switched on, and is counted by reason", () => {
  const { able, left } = eligible("enable", some("on", "off", "draft", "on", "off"));
  expect(ids(able)).toEqual(["1", "4"]);
  expect(leftWords(left)).toBe("3 of those selected are left out: 2 are on already, 1 was never published.");
});

test("one that is left out is said in the singular", () => {
  const { able, left } = eligible("disable", some("off", "on"));
  expect(ids(able)).toEqual(["1"]);
  expect(leftWords(left)).toBe("1 of those selected is left out: 1 is off already.");
});

test("everything can be deleted", () => {
  const { able, left } = eligible("delete", some("on", "draft"));
  expect(able).toHaveLength(2);
  expect(leftWords(left)).toBe("");
});
