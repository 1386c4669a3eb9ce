import { expect, test } from "vitest";
import { groupedProblems, sortedProblems, type ListedProblem } from "./grouping";

const missing = (action: string, connection: string): ListedProblem => ({
  severity: "warning", code: "ConnectionMissing", pointer: `/actions/${action}`, action, message: `'${action}' uses the connection '${connection}', which is not set up.`,
});
const broken: ListedProblem = { severity: "error", code: "UnknownReference", pointer: "/actions/B/inputs", action: "B", message: "'B' reads 'Nobody'." };

test("one missing connection is one problem, however many actions use it", () => {
  const groups = groupedProblems([missing("A", "mail"), missing("B", "mail"), missing("C", "files"), broken]);
  expect(groups.map((group) => group.map((one) => one.action))).toEqual([["B"], ["A", "B"], ["C"]]);
});

test("the next problem is the next one of the list", () => {
  const listed = sortedProblems([missing("A", "mail"), missing("C", "files"), missing("B", "mail"), broken]);
  expect(listed.map((one) => one.pointer)).toEqual(["/actions/B/inputs", "/actions/A", "/actions/B", "/actions/C"]);
});

test("what concerns no action stands for itself", () => {
  const whole: ListedProblem = { severity: "info", code: "NoTrigger", pointer: "", action: null, message: "There is no trigger." };
  expect(groupedProblems([whole])).toEqual([[whole]]);
});
