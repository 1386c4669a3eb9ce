import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, type Document, type Node } from "./document";
import { contentOf, reparsed } from "./reparsing";

/** Everything a tree says, as plain data. */
function plain(node: Node): unknown {
  return {
    kind: node.kind, start: node.start, end: node.end, value: node.value,
    members: node.members.map((one) => ({ name: one.name, start: one.start, nameEnd: one.nameEnd, value: plain(one.value) })),
    items: node.items.map(plain),
  };
}

const said = (document: Document): unknown => ({ ...document, root: plain(document.root) });

function outcome(work: () => Document): unknown {
  try {
    return said(work());
  } catch (error) {
    return String(error);
  }
}

describe("reading a text again after a change", () => {
  test("gives what reading it whole gives, over any chain of changes", () => {
    const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), gone: fc.nat(6), text: fc.constantFrom("", "1", '"a"', ", 2", '"x": {"y": [1, 2]}, ', "{}", "[", "}", " ", '\\"', "\n", "true", "/* no */") });
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.boolean(), fc.array(change, { minLength: 1, maxLength: 6 }), (json, wide, changes) => {
        let old = parse(wide ? JSON.stringify(JSON.parse(json), null, 2) : json);
        for (const { at, gone, text } of changes) {
          const from = Math.floor(at * old.text.length);
          const next = old.text.slice(0, from) + text + old.text.slice(from + gone);
          expect(outcome(() => reparsed(old, next))).toEqual(outcome(() => parse(next)));
          try {
            old = reparsed(old, next);
          } catch {
            // Not every change leaves a document: go on from the last one that was.
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  test("what stands before and behind the change is taken over", () => {
    const old = parse('{"a": {"deep": [1, 2]}, "b": "old", "c": {"deep": [3, 4]}}');
    const next = reparsed(old, '{"a": {"deep": [1, 2]}, "b": "something new", "c": {"deep": [3, 4]}}');
    expect(next.root.members[0]?.value).toBe(old.root.members[0]?.value);
    const [before, after] = [old.root.members[2]?.value, next.root.members[2]?.value];
    if (!before || !after) throw new Error("c is there");
    expect(contentOf(after)).toBe(before);
    expect(after.start).toBe(before.start + 10);
    const third = reparsed(next, old.text);
    expect(third.root.members[2]?.value).toBe(before);
  });

  test("limits count what was taken over", () => {
    const limits = { characters: 1000, depth: 3, values: 6, digits: 10 };
    const old = parse('{"a": [1, 2], "b": 1}', limits);
    expect(() => reparsed(old, '{"a": [1, 2], "b": [1, 2]}', limits)).toThrow(/more than 6 values/);
    expect(() => reparsed(old, '{"a": [1, 2], "b": [[1]]}', { ...limits, values: 60, depth: 2 })).toThrow(/deeper than 2/);
  });
});
