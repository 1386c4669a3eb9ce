import { expect, test } from "vitest";
import { openDraft } from "../../workflow/draft";
import { COMMANDS, type Command } from "./keys";
import { whyNot, type Situation } from "./whyNot";

const { graph } = openDraft(JSON.stringify({ triggers: { manual: { type: "Request" } }, actions: { First: { type: "Compose", inputs: 1, runAfter: {} } } }));
const able: Situation = { selected: ["First"], graph, readOnly: false, may: { run: true, look: true, publish: true, template: true } };

function command(keys: string): Command {
  const found = COMMANDS.find((one) => one.keys === keys);
  if (!found) throw new Error(`No command has the key ${keys}.`);
  return found;
}

test("a command that can be used has no reason against it", () => {
  for (const one of COMMANDS) expect(whyNot(one, able)).toBeNull();
});

test("what is missing is said: a choice, another one, a right", () => {
  expect(whyNot(command("P"), { ...able, selected: [] })).toBe("Select one action first.");
  expect(whyNot(command("P"), { ...able, selected: ["manual"] })).toMatch(/this is a trigger/);
  expect(whyNot(command("L"), { ...able, selected: ["manual"] })).toBeNull();
  expect(whyNot(command("Del"), { ...able, selected: ["First", "manual"] })).toBeNull();
  expect(whyNot(command("P"), { ...able, readOnly: true })).toMatch(/but not change it/);
  expect(whyNot(command("T"), { ...able, may: { ...able.may, run: false } })).toMatch(/may not start runs/);
});
