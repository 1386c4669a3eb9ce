import { describe, expect, test } from "vitest";
import type { DraftStore, Unsent } from "./document";
import { seeded, START, World } from "./testing/world";
import { at as nodeAt } from "./workflow/document";
import { apply as applyEdit, openDraft, type Edit } from "./workflow/edits";
import { everyAction, find } from "./workflow/graph";
import { readNotes } from "./workflow/notes";
import { layout } from "./workflow/layout";

/** The text of an action. */
function at(store: DraftStore, name: string): string {
  const { draft } = store.state;
  const node = nodeAt(draft.document, find(draft.graph, name)?.pointer ?? "");
  return node ? draft.document.text.slice(node.start, node.end) : "";
}

function randomEdit(store: DraftStore, random: () => number, deletes: boolean): Edit | null {
  const { graph } = store.state.draft;
  const actions = everyAction(graph);
  const action = actions[Math.floor(random() * actions.length)];
  const { spots } = layout(graph);
  const spot = spots[Math.floor(random() * spots.length)];
  if (!action || !spot) return null;
  const place = { container: spot.container, branch: spot.branch, after: spot.after, before: spot.before };
  const kind = Math.floor(random() * (deletes ? 9 : 8));
  if (kind === 0) return { name: "addAction", arguments: { place, name: "New", text: '{"type": "Compose", "inputs": "@outputs(\'A\')"}' } };
  if (kind === 1) return { name: "moveActions", arguments: { names: [action.name], place } };
  if (kind === 2) return { name: "rename", arguments: { from: action.name, to: `N${String(Math.floor(random() * 10000))}` } };
  if (kind === 3) return { name: "setInput", arguments: { action: action.name, path: "/inputs", text: String(Math.floor(random() * 100)), field: "Inputs" } };
  if (kind === 4) return { name: "setSetting", arguments: { action: action.name, path: "/limit/timeout", text: '"PT1M"', field: "Timeout" } };
  if (kind === 5) return noteEdit(store, random, action.name);
  if (kind === 6) return { name: "pin", arguments: { action: action.name, result: `${action.name}0`, text: '{"status": "Succeeded"}', on: random() < 0.5 } };
  if (kind === 7) {
    const container = actions.find((one) => one.branches.some((branch) => branch.kind === "case"));
    const cases = container?.branches.filter((branch) => branch.kind === "case") ?? [];
    const pick = (): string | undefined => cases[Math.floor(random() * cases.length)]?.key;
    return container && cases.length > 1 ? { name: "moveBranch", arguments: { action: container.name, branch: pick() ?? "", before: pick() ?? null } } : null;
  }
  return { name: "removeActions", arguments: { names: [action.name] } };
}

function noteEdit(store: DraftStore, random: () => number, anchor: string): Edit {
  const { document, graph } = store.state.draft;
  const notes = readNotes(document, graph.base);
  const note = notes[Math.floor(random() * notes.length)]?.id;
  if (note === undefined || random() < 0.4) return { name: "addNote", arguments: { note: { id: `note-${String(Math.floor(random() * 1e9))}`, content: "Look", color: "yellow", x: 1, y: 2, anchor, width: 220, height: null } } };
  if (random() < 0.2) return { name: "removeNote", arguments: { note } };
  return { name: "editNote", arguments: { note, change: random() < 0.5 ? { content: String(random()) } : { x: Math.floor(random() * 100) } } };
}

describe("one client", () => {
  test("an edit is shown at once and saved", async () => {
    const world = new World(seeded(1));
    const store = world.client("ana", 0);
    store.edit({ name: "setInput", arguments: { action: "A", path: "/inputs", text: "2", field: "Inputs" } });
    expect(store.state.draft.document.text).toContain('"inputs": 2, "runAfter": {}');
    expect(store.state.save).toBe("saving");
    await world.settle();
    expect(store.state.save).toBe("saved");
    expect(world.server.text).toBe(store.state.draft.document.text);
  });

  test("code that is edited at two places in one breath is one step to undo", async () => {
    const world = new World(seeded(1));
    const store = world.client("ana", 0);
    const once = START.replace('"inputs": 1,', '"inputs": 11,');
    const twice = once.replace('"inputs": 3}', '"inputs": 33}');
    store.edit({ name: "replaceFromCode", arguments: { text: once, base: START } });
    store.edit({ name: "replaceFromCode", arguments: { text: twice, base: once } });
    expect(store.state.undo).toHaveLength(1);
    await world.settle();
    expect(world.server.text).toBe(twice);
    store.undo();
    expect(store.state.draft.document.text).toBe(START);
    store.redo();
    expect(store.state.draft.document.text).toBe(twice);
  });

  test("what the server refuses takes no other edit along", async () => {
    const world = new World(seeded(1));
    world.server.refuses = (edits) => (edits.some((one) => JSON.stringify(one).includes("bad")) ? "It is bad." : "");
    const store = world.client("ana", 0);
    store.edit({ name: "setInput", arguments: { action: "A", path: "/inputs", text: '"good"', field: "Inputs" } });
    store.edit({ name: "setInput", arguments: { action: "B", path: "/inputs", text: '"bad"', field: "Inputs" } });
    store.edit({ name: "setInput", arguments: { action: "T", path: "/inputs", text: '"fine"', field: "Inputs" } });
    await world.settle();
    expect(store.state.notice?.text).toContain("It is bad.");
    expect(store.state.save).toBe("saved");
    expect(world.server.text).toBe(store.state.draft.document.text);
    expect(at(store, "A")).toContain('"good"');
    expect(at(store, "T")).toContain('"fine"');
    expect(world.server.text).not.toContain("bad");
  });

  test("edits that are too much for one request go in several", async () => {
    const world = new World(seeded(1));
    world.server.refuses = (edits) => (edits.length > 1 && JSON.stringify(edits).length > 1_000_000 ? "Too large." : "");
    const sizes: number[] = [];
    const store = world.client("ana", 0);
    world.server.listeners.push((stored) => sizes.push(stored.edits.length));
    for (const action of ["A", "B", "T", "F"]) store.edit({ name: "setInput", arguments: { action, path: "/inputs", text: JSON.stringify(action.repeat(250_000)), field: "Inputs" } });
    await world.settle();
    expect(store.state.notice).toBeNull();
    expect(sizes).toEqual([1, 1, 1, 1]);
    expect(world.server.text).toBe(store.state.draft.document.text);
  });

  test("typing in one field is one step", async () => {
    const world = new World(seeded(1));
    const store = world.client("ana", 0);
    for (const text of ['"h"', '"he"', '"hel"']) store.edit({ name: "setInput", arguments: { action: "A", path: "/inputs", text, field: "Inputs" } });
    expect(store.state.undo).toHaveLength(1);
    await world.settle();
    store.undo();
    await world.settle();
    expect(world.server.text).toBe(START);
  });

  test("a loop made for a value goes with it when it is undone", async () => {
    const world = new World(() => 0.5);
    const store = world.client("ana", 0);
    const repeat = (): void => {
      store.edit({ name: "wrap", arguments: { names: ["B"], type: "Foreach", name: "Each", over: "@outputs('A')" } });
      store.joinNext("B");
    };
    const write = (text: string): void => void store.edit({ name: "setInput", arguments: { action: "B", path: "/inputs", text: JSON.stringify(text), field: "Inputs" } });
    repeat();
    write("@items('Each')");
    expect(store.state.undo).toHaveLength(1);
    await world.settle();
    store.undo();
    expect(store.state.draft.document.text).toBe(START);
    store.redo();
    expect(at(store, "B")).toContain("items('Each')");
    store.undo();

    // Only the very next edit belongs to it, and only of that action.
    repeat();
    store.edit({ name: "rename", arguments: { from: "A", to: "C" } });
    write("@items('Each')");
    expect(store.state.undo).toHaveLength(3);
    await world.settle();
    expect(world.server.text).toBe(store.state.draft.document.text);
  });

  test("every kind of edit can be undone and redone, without limit", async () => {
    const world = new World(seeded(3));
    const store = world.client("ana", 0);
    const random = seeded(11);
    for (let count = 0; count < 40; count += 1) {
      const edit = randomEdit(store, random, true);
      try {
        if (edit) store.edit(edit);
      } catch {
        // Refused: the random edit made no sense.
      }
      await world.settle();
    }
    const last = JSON.parse(store.state.draft.document.text) as unknown;
    const steps = store.state.undo.length;
    expect(steps).toBeGreaterThan(20);
    for (let count = 0; count < steps; count += 1) expect(store.undo()).not.toBeNull();
    expect(JSON.parse(store.state.draft.document.text)).toEqual(JSON.parse(START));
    for (let count = 0; count < steps; count += 1) expect(store.redo()).not.toBeNull();
    expect(JSON.parse(store.state.draft.document.text)).toEqual(last);
    await world.settle();
    expect(world.server.text).toBe(store.state.draft.document.text);
  });
});

describe("a page that closes", () => {
  test("what is refused when it comes back takes no other edit along", async () => {
    const world = new World(seeded(1));
    const kept: { unsent: Unsent | null } = { unsent: null };
    const first = world.client("ana", 1, kept);
    first.edit({ name: "setInput", arguments: { action: "A", path: "/inputs", text: '"good"', field: "Inputs" } });
    first.edit({ name: "setInput", arguments: { action: "B", path: "/inputs", text: '"bad"', field: "Inputs" } });
    const left = structuredClone(kept.unsent);
    first.close();
    world.server.refuses = (edits) => (edits.some((one) => JSON.stringify(one).includes("bad")) ? "It is bad." : "");
    const second = world.client("ana", 0);
    const batch = { id: "on-its-way", base: 0, edits: left?.edits.map((edit) => ({ name: edit.name, arguments: edit.arguments, patch: [{ op: "set" as const, at: "/definition/actions/B/inputs", text: '"bad"' }] })) ?? [] };
    void second.resume({ edits: left?.edits ?? [], batch }, () => undefined, null);
    await world.settle();
    expect(second.state.save).toBe("saved");
    expect(world.server.text).toContain('"good"');
    expect(world.server.text).not.toContain("bad");
  });

  test("at whatever moment: what was done in it is done once when it comes back", async () => {
    for (let moment = 0; moment < 700; moment += 10) {
      const world = new World(seeded(moment));
      const kept: { unsent: Unsent | null } = { unsent: null };
      const place = { container: null, branch: "actions", after: ["A"], before: [] };
      const add = (store: DraftStore): void => void store.edit({ name: "addAction", arguments: { place, name: "New", text: '{"type": "Compose"}' } });
      const closing = world.client("ana", 0, kept);
      add(closing);
      world.later(40, () => add(closing));
      world.later(50 + moment, () => closing.close());
      await world.settle();
      const back = world.client("ana", 0.2, kept);
      void back.resume(kept.unsent ?? { edits: [], batch: null });
      await world.settle();
      const names = everyAction(openDraft(world.server.text).graph).map((action) => action.name);
      expect(names.filter((name) => name.startsWith("New")).sort(), `closed at ${String(moment)}`).toEqual(["New", "New_2"]);
      expect([back.state.draft.document.text, kept.unsent]).toEqual([world.server.text, null]);
    }
  });
});

describe("several clients", () => {
  test("a remote rename reaches my waiting edit", async () => {
    const world = new World(seeded(5));
    const ana = world.client("ana", 0);
    const ben = world.client("ben", 0);
    ana.edit({ name: "rename", arguments: { from: "A", to: "Start" } });
    ben.edit({ name: "setInput", arguments: { action: "A", path: "/inputs", text: "7", field: "Inputs" } });
    await world.settle();
    expect(ana.state.draft.document.text).toBe(ben.state.draft.document.text);
    expect(ana.state.draft.document.text).toContain('"Start": {"type": "Compose", "inputs": 7');
  });

  test("an edit of an action that somebody deleted is dropped with a sentence", async () => {
    const world = new World(seeded(6));
    const ben = world.client("ben", 0);
    world.server.listeners = [];
    const deleted = applyEdit(ben.state.draft, { name: "removeActions", arguments: { names: ["B"] } });
    world.server.send("ana", { id: "ana-0", base: 0, edits: [{ name: "removeActions", arguments: { names: ["B"] }, patch: deleted.patch }] });
    ben.edit({ name: "setInput", arguments: { action: "B", path: "/inputs", text: "7", field: "Inputs" } });
    await world.settle();
    expect(ben.state.draft.document.text).toBe(world.server.text);
    expect(find(ben.state.draft.graph, "B")).toBeUndefined();
    expect(ben.state.notice?.text).toBe("ana deleted B while you were changing it.");
  });

  test("my undo is refused where somebody changed the value since", async () => {
    const world = new World(seeded(7));
    const ana = world.client("ana", 0);
    const ben = world.client("ben", 0);
    ana.edit({ name: "setInput", arguments: { action: "A", path: "/inputs", text: "2", field: "Inputs" } });
    await world.settle();
    ben.edit({ name: "setInput", arguments: { action: "A", path: "/inputs", text: "3", field: "Inputs" } });
    await world.settle();
    expect(ana.undo()).toBeNull();
    expect(ana.state.notice?.text).toContain("somebody changed it since");
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("three clients on a bad network end with the same text; nobody's action is lost (seed %i)", async (seed) => {
    const random = seeded(seed * 7919);
    const world = new World(random);
    const clients = ["ana", "ben", "cid"].map((author) => world.client(author, 0.2));
    for (let round = 0; round < 25; round += 1) {
      const store = clients[Math.floor(random() * clients.length)];
      const edit = store ? randomEdit(store, random, false) : null;
      try {
        if (store && edit) store.edit(edit);
      } catch {
        // Refused here: the other's text already rules it out.
      }
      if (random() < 0.4) world.later(random() * 300, () => undefined);
      if (random() < 0.3) await world.settle();
    }
    await world.settle();
    for (const store of clients) {
      void store.reload(null);
      await world.settle();
    }
    const texts = clients.map((store) => store.state.draft.document.text);
    expect(new Set([...texts, world.server.text]).size).toBe(1);
    const added = world.server.log.flatMap((stored) => stored.edits.filter((edit) => edit.name === "addAction")).length;
    expect(clients[0]?.state.draft.graph.count).toBe(6 + added);
    expect(clients[0]?.state.draft.graph.duplicates).toEqual([]);
  }, 60_000);
});

describe("two people at the same place", () => {
  test("code edited by one leaves what the other changes meanwhile", async () => {
    const world = new World(seeded(1));
    const [ana, bob] = [world.client("ana", 0), world.client("bob", 0)];
    // Bob types in the code for a while; what he typed is about the text he began with.
    const typed = START.replace('"inputs": 1,', '"inputs": "bob",');
    ana.edit({ name: "setInput", arguments: { action: "F", path: "/inputs", text: '"ana"', field: "Inputs" } });
    await world.settle();
    bob.edit({ name: "replaceFromCode", arguments: { text: typed, base: START } });
    // And neither does an edit of hers that is on its way when his arrives.
    ana.edit({ name: "rename", arguments: { from: "T", to: "Told" } });
    await world.settle();
    for (const store of [ana, bob]) {
      expect(store.state.draft.document.text).toBe(world.server.text);
      expect(at(store, "F")).toContain('"ana"');
      expect(at(store, "A")).toContain('"bob"');
      expect(at(store, "Told")).not.toBe("");
    }
  });

  const set = (value: string): Edit => ({ name: "setInput", arguments: { action: "A", path: "/inputs", text: value, field: "Inputs" } });

  test("the value that came first is one click away for both", async () => {
    const world = new World(seeded(11));
    const [ana, bob] = [world.client("ana", 0), world.client("bob", 0)];
    ana.edit(set('"from Ana"'));
    await world.settle();
    bob.edit(set('"from Bob"'));
    await world.settle();
    expect(world.server.text).toContain("from Bob");
    const notice = ana.state.notice;
    expect(notice?.text).toContain("“from Bob” in place of your “from Ana”");
    for (const edit of notice?.remedy?.edits ?? []) ana.edit(edit);
    await world.settle();
    expect(world.server.text).toContain("from Ana");
    expect(bob.state.draft.document.text).toBe(world.server.text);
  });

  test("set at once, the later one stands and its author is told", async () => {
    const world = new World(seeded(12));
    const [ana, bob] = [world.client("ana", 0), world.client("bob", 0)];
    ana.edit(set('"from Ana"'));
    bob.edit(set('"from Bob"'));
    await world.settle();
    const told = [ana.state.notice?.text ?? "", bob.state.notice?.text ?? ""].join("\n");
    expect(told).toContain("came later and stands");
    expect(told).toContain("in place of your");
    expect(ana.state.draft.document.text).toBe(bob.state.draft.document.text);
  });

  test.each([true, false])("a deleted action comes back with my change (saved before: %s)", async (after) => {
    const world = new World(seeded(13));
    const [ana, bob] = [world.client("ana", 0), world.client("bob", 0)];
    ana.edit({ name: "setInput", arguments: { action: "B", path: "/inputs", text: '"kept"', field: "Inputs" } });
    if (after) await world.settle();
    bob.edit({ name: "removeActions", arguments: { names: ["B"] } });
    await world.settle();
    if (find(ana.state.draft.graph, "B")) throw new Error("the deletion did not win");
    expect(ana.state.notice?.text).toBe("bob deleted B while you were changing it.");
    for (const edit of ana.state.notice?.remedy?.edits ?? []) ana.edit(edit);
    await world.settle();
    expect(world.server.text).toContain("kept");
    expect(find(bob.state.draft.graph, "If")?.action.runAfter.map((link) => link.name)).toEqual(["B"]);
  });

  test("what somebody else touched is known by its present name", async () => {
    const world = new World(seeded(14));
    const [ana, bob] = [world.client("ana", 0), world.client("bob", 0)];
    bob.edit({ name: "rename", arguments: { from: "A", to: "First" } });
    await world.settle();
    expect(ana.state.remote).toMatchObject({ author: "bob", actions: ["First"], renames: [{ from: "A", to: "First" }] });
    bob.undo();
    await world.settle();
    expect(ana.state.remote).toMatchObject({ renames: [{ from: "First", to: "A" }] });
  });
});
