import { describe, expect, test } from "vitest";
import type { DraftStore } from "../../document";
import { seeded, World } from "../../testing/world";
import { openDraft } from "../../workflow/edits";
import { everyAction } from "../../workflow/graph";
import { asking, locking, type Holders } from "./holders";
import { Keeping } from "./keeping";

/** One browser: its storage, its locks, and pages that open and end. */
class Browser {
  readonly entries = new Map<string, string>();
  private readonly held = new Map<string, string>();
  private readonly watchers: { readonly page: string; readonly written: (entry: string) => void; readonly signal: AbortSignal }[] = [];
  private pages = 0;
  room = Number.POSITIVE_INFINITY;

  constructor(private readonly world: World) {}

  private storage(page: string): Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length"> {
    const { entries, watchers } = this;
    return {
      get length() {
        return entries.size;
      },
      key: (index) => [...entries.keys()][index] ?? null,
      getItem: (key) => entries.get(key) ?? null,
      removeItem: (key) => void entries.delete(key),
      setItem: (key, value) => {
        if (value.length > this.room) throw new DOMException("full", "QuotaExceededError");
        entries.set(key, value);
        for (const one of watchers) if (one.page !== page && !one.signal.aborted) one.written(key);
      },
    };
  }

  private holders(page: string): Holders {
    const free = (name: string, tries: number, signal: AbortSignal | null): Promise<boolean> =>
      new Promise((resolve) => {
        const look = (left: number): void => {
          if (!this.held.has(name)) resolve(true);
          else if (left === 0 || signal?.aborted) resolve(false);
          else this.world.later(100, () => look(left - 1));
        };
        look(tries);
      });
    return {
      take: async (name) => {
        if (!(await free(name, 10, null)) || this.held.has(name)) return null;
        this.held.set(name, page);
        return () => void (this.held.get(name) === page && this.held.delete(name));
      },
      free: (name, signal) => free(name, 400, signal),
    };
  }

  open(person = "ana"): Page {
    const page = `page${String((this.pages += 1))}`;
    const keeping = new Keeping("edits:acme:w", person, page, this.storage(page), this.holders(page), (milliseconds, work) => this.world.later(milliseconds, work), (written, signal) => this.watchers.push({ page, written, signal }));
    const store = this.world.client(page, 0.2, (unsent) => keeping.keep(unsent));
    keeping.open((left, settled, late) => store.resume(left, settled, late ? "late" : null));
    const end = (): void => {
      store.close();
      keeping.close();
      for (const [name, holder] of this.held) if (holder === page) this.held.delete(name);
    };
    return { store, end };
  }
}

interface Page {
  readonly store: DraftStore;
  readonly end: () => void;
}

function add(store: DraftStore, name: string): void {
  store.edit({ name: "addAction", arguments: { place: { container: null, branch: "actions", after: ["A"], before: [] }, name, text: '{"type": "Compose"}' } });
}

function added(world: World): string[] {
  return everyAction(openDraft(world.server.text).graph).map((action) => action.name).filter((name) => /^(One|Two)/.test(name)).sort();
}

describe("two tabs of one workflow", () => {
  test("whenever they end and whoever comes back first: each edit is done once", async () => {
    for (let moment = 0; moment < 700; moment += 35) {
      const random = seeded(moment);
      const world = new World(random);
      const browser = new Browser(world);
      const [one, two] = [browser.open(), browser.open()];
      add(one.store, "One");
      add(two.store, "Two");
      world.later(60, () => {
        add(one.store, "One_more");
        add(two.store, "Two_more");
      });
      world.later(70 + moment, () => one.end());
      world.later(70 + random() * 700, () => two.end());
      world.later(1000, () => browser.open());
      world.later(1000 + random() * 50, () => browser.open());
      await world.settle();
      expect(added(world), `ended at ${String(moment)}`).toEqual(["One", "One_more", "Two", "Two_more"]);
      expect([...browser.entries]).toEqual([]);
    }
  });

  test("what a tab leaves while the other stays open is done by the other, and said", async () => {
    const world = new World(seeded(3));
    const browser = new Browser(world);
    const [one, two] = [browser.open(), browser.open()];
    add(one.store, "One");
    one.end();
    await world.settle();
    expect(added(world)).toEqual(["One"]);
    expect(two.store.state.draft.document.text).toBe(world.server.text);
    expect(two.store.state.notice?.text).toBe("late");
  });

  test("what one person left waits for that person", async () => {
    const world = new World(seeded(6));
    const browser = new Browser(world);
    const one = browser.open("ana");
    add(one.store, "One");
    one.end();
    const [left] = [...browser.entries.keys()];
    browser.open("bob");
    await world.settle();
    expect(added(world)).toEqual([]);
    expect([...browser.entries.keys()]).toEqual([left]);
    browser.open("ana");
    await world.settle();
    expect(added(world)).toEqual(["One"]);
    expect([...browser.entries.keys()]).toEqual([]);
  });

  test("what a release with one entry for all tabs has left is taken once", async () => {
    const world = new World(seeded(4));
    const browser = new Browser(world);
    const place = { container: null, branch: "actions", after: ["A"], before: [] };
    browser.entries.set("edits:acme:w", JSON.stringify([{ name: "addAction", arguments: { place, name: "One", text: '{"type": "Compose"}' } }]));
    browser.entries.set("edits:acme:other", "[]");
    browser.open();
    browser.open();
    await world.settle();
    expect(added(world)).toEqual(["One"]);
    expect([...browser.entries.keys()]).toEqual(["edits:acme:other"]);
  });

  test("no room for what waits is said, and what is done is not kept as waiting", async () => {
    const world = new World(seeded(5));
    const browser = new Browser(world);
    const { store } = browser.open();
    add(store, "One");
    browser.room = 300;
    world.server.send = () => ({ kind: "offline" });
    world.later(300, () => {
      add(store, "Two");
      expect(store.unkept).toBe(true);
      expect([...browser.entries]).toEqual([]);
      store.close();
    });
    await world.settle();
    expect(store.state.notice?.text).toContain("no room left for changes that wait to be saved");
  });
});

describe("names that one page holds", () => {
  test("with locks of the browser: asked for while its holder lives, free when that is gone", async () => {
    const locks = fakeLocks();
    const [mine, other] = [locking(locks), locking(locks)];
    const release = await mine.take("entry");
    expect(await other.take("entry")).toBeNull();
    const free = other.free("entry", new AbortController().signal);
    release?.();
    expect(await free).toBe(true);
    expect(await other.take("entry")).not.toBeNull();
  });

  test("without locks: pages ask each other, and of two that ask at once one gets it", async () => {
    const channels: { onmessage: ((event: MessageEvent) => void) | null }[] = [];
    const page = (name: string): Holders => {
      const channel = {
        onmessage: null as ((event: MessageEvent) => void) | null,
        postMessage: (data: unknown) => {
          for (const other of channels) if (other !== channel) queueMicrotask(() => other.onmessage?.({ data } as MessageEvent));
        },
      };
      channels.push(channel);
      return asking(channel as unknown as BroadcastChannel, name);
    };
    const [a, b] = [page("a"), page("b")];
    const [first, second] = await Promise.all([a.take("entry"), b.take("entry")]);
    expect([first === null, second === null]).toEqual([false, true]);
    expect(await b.take("entry")).toBeNull();
    first?.();
    expect(await b.take("entry")).not.toBeNull();
  });
});

function fakeLocks(): Pick<LockManager, "request"> {
  const ends = new Map<string, Promise<unknown>>();
  const request = async (name: string, { signal }: { signal: AbortSignal }, work: () => Promise<unknown>): Promise<unknown> => {
    const aborted = new Promise<never>((_, refuse) => signal.addEventListener("abort", () => refuse(signal.reason as Error)));
    await Promise.race([ends.get(name) ?? Promise.resolve(), aborted]);
    const end = work();
    ends.set(name, end);
    return end;
  };
  return { request } as unknown as Pick<LockManager, "request">;
}
