import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { openDraft, type Draft } from "./draft";
import { apply, patched, Refused } from "./edits";
import { everyAction } from "./graph";
import { layout, type Item } from "./layout";

/** Real definitions that people wrote, beside the repository where they are at hand. */
const folder = process.env.MILLRACE_CONFORMANCE ?? resolve(import.meta.dirname, "../../../../shared/conformance/definitions");
const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json")) : [];

function drafts(): { readonly name: string; readonly text: string; readonly draft: Draft }[] {
  return files.flatMap((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    try {
      return [{ name, text, draft: openDraft(text) }];
    } catch {
      return [];
    }
  });
}

const contains = (outer: Item, inner: Item): boolean =>
  inner.x >= outer.x - 0.01 && inner.y >= outer.y - 0.01 && inner.x + inner.width <= outer.x + outer.width + 0.01 && inner.y + inner.height <= outer.y + outer.height + 0.01;
const overlaps = (a: Item, b: Item): boolean => a.x < b.x + b.width - 0.01 && b.x < a.x + a.width - 0.01 && a.y < b.y + b.height - 0.01 && b.y < a.y + a.height - 0.01;

describe.skipIf(files.length === 0)("real definitions (../shared/conformance/definitions)", () => {
  test("all draw: every action once, no overlap, no upward edge", () => {
    const wrong: string[] = [];
    let actions = 0;
    const all = drafts();
    for (const { name, draft } of all) {
      const drawn = layout(draft.graph);
      const sorted = [...drawn.items].sort((a, b) => a.y - b.y);
      const cards = drawn.items.filter((item) => item.kind === "card" || item.kind === "container").length;
      actions += cards;
      if (cards !== draft.graph.count) wrong.push(`${name}: ${String(cards)} of ${String(draft.graph.count)} actions`);
      sorted.forEach((one, index) => {
        for (const other of sorted.slice(index + 1)) {
          if (other.y >= one.y + one.height) break;
          if (overlaps(one, other) && !(one.kind === "container" && contains(one, other)) && !(other.kind === "container" && contains(other, one))) wrong.push(`${name}: ${one.id} and ${other.id} overlap`);
        }
      });
      for (const edge of drawn.edges) if (edge.points.some((y, index) => index % 2 === 1 && index > 1 && y < (edge.points[index - 2] ?? 0) - 0.01)) wrong.push(`${name}: ${edge.id} goes upward`);
    }
    process.stdout.write(`\nreal definitions: ${String(all.length)} draw, ${String(actions)} actions, ${String(wrong.length)} overlaps or upward edges\n`);
    expect(wrong).toEqual([]);
    expect(actions).toBeGreaterThan(20_000);
  }, 120_000);

  test("renaming an action and undoing it gives the file back, byte for byte", () => {
    const wrong: string[] = [];
    for (const { name, text, draft } of drafts()) {
      const action = everyAction(draft.graph)[0];
      if (!action || draft.graph.duplicates.length > 0) continue;
      try {
        const applied = apply(draft, { name: "rename", arguments: { from: action.name, to: "A name nobody has" } });
        if (patched(applied.draft, applied.inverse).draft.document.text !== text) wrong.push(name);
      } catch (error) {
        if (!(error instanceof Refused)) wrong.push(`${name}: ${String(error)}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});
