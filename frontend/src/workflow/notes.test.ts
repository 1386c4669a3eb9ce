import { describe, expect, test } from "vitest";
import { openDraft, type Draft } from "./draft";
import { adapted, apply, patched, type Edit } from "./edits";
import { find } from "./graph";
import { firstLine, markedText, readNotes, type Note } from "./notes";

const SAMPLE = `{
  "definition": {
    "contentVersion": "1.0.0.0",
    "actions": {
      "Ask": {"type": "Http", "inputs": {}, "runAfter": {}},
      "Choose": {
        "type": "Switch",
        "expression": "",
        "cases": {
          "One": {"case": 1, "actions": {"A": {"type": "Compose", "inputs": 1}}},
          "Two": {"case": 2, "actions": {}},
          "Three": {"case": 3, "actions": {}}
        },
        "runAfter": {"Ask": ["Succeeded"]}
      }
    }
  }
}
`;
const NOTE: Note = { id: "note-1", content: "Ask **before** ten", color: "yellow", x: 32, y: 0, anchor: "Ask", width: 220, height: null };

/** Does the edits, and checks of each that its inverse gives the text before it. */
function done(...edits: readonly Edit[]): Draft {
  return edits.reduce((draft, edit) => {
    const applied = apply(draft, edit);
    expect(patched(applied.draft, applied.inverse).draft.document.text).toBe(draft.document.text);
    return applied.draft;
  }, openDraft(SAMPLE));
}
const notes = (draft: Draft): readonly Note[] => readNotes(draft.document, draft.graph.base);

describe("notes", () => {
  test("the last one deleted leaves no trace in the text", () => {
    const draft = done({ name: "addNote", arguments: { note: NOTE } }, { name: "removeNote", arguments: { note: "note-1" } });
    expect(draft.document.text).toBe(SAMPLE);
  });

  test("another member of metadata stays", () => {
    const kept = SAMPLE.replace('"contentVersion"', '"metadata": {"of": "us"}, "contentVersion"');
    const added = apply(openDraft(kept), { name: "addNote", arguments: { note: NOTE } }).draft;
    expect(added.document.text).toContain('"of": "us"');
    expect(apply(added, { name: "removeNote", arguments: { note: "note-1" } }).draft.document.text).toBe(kept);
  });

  test("are read as they were written, changed member by member", () => {
    const draft = done({ name: "addNote", arguments: { note: NOTE } }, { name: "editNote", arguments: { note: "note-1", change: { x: 50 } } }, { name: "editNote", arguments: { note: "note-1", change: { content: "New", color: "blue", anchor: null } } });
    expect(notes(draft)).toEqual([{ ...NOTE, x: 50, content: "New", color: "blue", anchor: null }]);
  });

  test("follow their action to its new name, also while they wait to be sent", () => {
    const draft = done({ name: "addNote", arguments: { note: NOTE } }, { name: "rename", arguments: { from: "Ask", to: "Ask again" } });
    expect(notes(draft)[0]?.anchor).toBe("Ask again");
    const waiting = adapted({ name: "addNote", arguments: { note: NOTE } }, "Ask", "Other");
    expect(waiting.arguments).toEqual({ note: { ...NOTE, anchor: "Other" } });
  });

  test("of another designer are read as far as they can be", () => {
    const foreign = SAMPLE.replace('"contentVersion"', '"metadata": {"notes": {"x": {"content": "Hi", "color": "#ffe", "metadata": {"position": {"x": 1.5, "y": -3}}}, "y": 7}}, "contentVersion"');
    expect(notes(openDraft(foreign))).toEqual([{ id: "x", content: "Hi", color: "yellow", x: 1.5, y: -3, anchor: null, width: 220, height: null }]);
  });

  test("the text is cut into marks; what looks like HTML stays text", () => {
    expect(markedText("# Why\n- see **this** and *that*\n<b onclick=x>`1*2*3`</b> https://a.example/x?y=1.")).toEqual([
      { kind: "heading", marks: [{ kind: "text", text: "Why" }] },
      { kind: "item", marks: [{ kind: "text", text: "see " }, { kind: "bold", text: "this" }, { kind: "text", text: " and " }, { kind: "italic", text: "that" }] },
      { kind: "text", marks: [{ kind: "text", text: "<b onclick=x>" }, { kind: "code", text: "1*2*3" }, { kind: "text", text: "</b> " }, { kind: "link", text: "https://a.example/x?y=1" }, { kind: "text", text: "." }] },
    ]);
    expect(firstLine({ ...NOTE, content: "\n## Ask **first**" })).toBe("Ask first");
    expect(markedText("javascript:alert(1)")[0]?.marks[0]?.kind).toBe("text");
  });
});

test("cases change places, with what is in them", () => {
  const order = (draft: Draft): (string | undefined)[] => find(draft.graph, "Choose")?.action.branches.map((branch) => branch.name) ?? [];
  const first = done({ name: "moveBranch", arguments: { action: "Choose", branch: "cases/Three/actions", before: "cases/One/actions" } });
  expect(order(first)).toEqual(["Three", "One", "Two", ""]);
  const last = done({ name: "moveBranch", arguments: { action: "Choose", branch: "cases/One/actions", before: null } });
  expect(order(last)).toEqual(["Two", "Three", "One", ""]);
  expect(find(last.graph, "A")?.pointer).toBe("/definition/actions/Choose/cases/One/actions/A");
});

test("pinning is one step, whether the result is new or there already", () => {
  const pin = { action: "Ask", result: "Ask0", text: '{"status": "Succeeded"}', on: true };
  const draft = done({ name: "pin", arguments: pin }, { name: "pin", arguments: { ...pin, text: null, on: false } });
  expect(draft.document.text).toContain('"staticResultOptions": "Disabled"');
  expect(draft.document.text).toContain('"Ask0"');
});

test("a note has a size: the one it was given, within bounds, and undone like everything", () => {
  const sizeOf = (draft: Draft) => readNotes(draft.document, draft.graph.base).map(({ width, height }) => [width, height]);
  const made = done({ name: "addNote", arguments: { note: NOTE } });
  expect(sizeOf(made)).toEqual([[220, null]]);
  const resize = (width: number, height: number): Edit => ({ name: "editNote", arguments: { note: NOTE.id, change: { width, height } } });
  expect(sizeOf(done({ name: "addNote", arguments: { note: NOTE } }, resize(300, 120)))).toEqual([[300, 120]]);
  expect(sizeOf(done({ name: "addNote", arguments: { note: NOTE } }, resize(9, 9000)))).toEqual([[120, 800]]);
  const bare = openDraft('{"definition": {"actions": {}, "metadata": {"notes": {"n": {"content": "x", "metadata": {"position": {"x": 1, "y": 2}, "width": 5000, "height": "tall"}}, "m": {"content": "y"}}}}}');
  expect(sizeOf(bare)).toEqual([[800, null], [220, null]]);
  const grown = apply(bare, { name: "editNote", arguments: { note: "m", change: { width: 300 } } });
  expect(sizeOf(grown.draft)).toEqual([[800, null], [300, null]]);
});
