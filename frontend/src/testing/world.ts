/** A draft's server and clients in virtual time, for tests: answers and messages are late, some are lost. */
import { DraftStore, type SentEdit, type Sent, type StoredEdits, type Transport, type Unsent } from "../document";
import { apply } from "../workflow/splices";

export const START = `{
  "definition": {
    "triggers": {"manual": {"type": "Request", "inputs": {}}},
    "actions": {
      "A": {"type": "Compose", "inputs": 1, "runAfter": {}},
      "B": {"type": "Compose", "inputs": "@outputs('A')", "runAfter": {"A": ["Succeeded"]}},
      "If": {"type": "If", "expression": "@equals(1, 1)", "actions": {"T": {"type": "Compose", "inputs": 2}}, "else": {"actions": {"F": {"type": "Compose", "inputs": 3}}}, "runAfter": {"B": ["Succeeded"]}},
      "Pick": {"type": "Switch", "expression": 1, "cases": {"One": {"case": 1, "actions": {}}, "Two": {"case": 2, "actions": {}}, "Three": {"case": 3, "actions": {}}}, "runAfter": {"If": ["Succeeded"]}}
    }
  }
}
`;

/** The server's part of the contract: its own text, revisions, ids once, 409 with what is missing. */
export class Server {
  text = START;
  /** Why it will never take that; "" where it will. */
  refuses: (edits: readonly SentEdit[]) => string = () => "";
  log: StoredEdits[] = [];
  listeners: ((stored: StoredEdits) => void)[] = [];

  get revision(): number {
    return this.log.length;
  }

  send(author: string, batch: { readonly id: string; readonly base: number; readonly edits: readonly SentEdit[] }): Sent {
    const known = this.log.find((one) => one.id === batch.id);
    if (known) return { kind: "done", revision: known.revision, sha256: known.sha256 ?? "" };
    const refusal = this.refuses(batch.edits);
    if (refusal !== "") return { kind: "refused", message: refusal };
    if (batch.base !== this.revision) {
      return { kind: "stale", stale: { revision: this.revision, text: this.text, missing: this.log.slice(batch.base) } };
    }
    this.text = apply(this.text, batch.edits.flatMap((edit) => edit.patch));
    const stored: StoredEdits = { revision: this.revision + 1, id: batch.id, author, sha256: this.text, edits: batch.edits };
    this.log.push(stored);
    for (const tell of this.listeners) tell(stored);
    return { kind: "done", revision: stored.revision, sha256: this.text };
  }
}

/** Virtual time and a bad network: every answer and message is late, some are lost. */
export class World {
  private now = 0;
  private queue: { readonly at: number; readonly work: () => void }[] = [];
  readonly server = new Server();
  ids = 0;

  constructor(readonly random: () => number) {}

  later(milliseconds: number, work: () => void): void {
    this.queue.push({ at: this.now + milliseconds + this.random() * 3, work });
  }

  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 8; ) {
      await Promise.resolve();
      await Promise.resolve();
      this.queue.sort((one, other) => one.at - other.at);
      const next = this.queue.shift();
      if (!next) {
        quiet += 1;
        continue;
      }
      quiet = 0;
      this.now = Math.max(this.now, next.at);
      next.work();
    }
  }

  /** `remember` keeps what is unsent: in a box, or as a test says. */
  client(author: string, loss: number, kept: { unsent: Unsent | null } | ((unsent: Unsent | null) => boolean) = { unsent: null }): DraftStore {
    const late = <Answer,>(answer: () => Answer): Promise<Answer> => new Promise((resolve) => this.later(20 + this.random() * 200, () => resolve(answer())));
    const transport: Transport = {
      load: () => late(() => ({ text: this.server.text, revision: this.server.revision })),
      send: (batch) => late(() => (this.random() < loss ? null : this.server.send(author, batch))).then((sent) => late((): Sent => (sent === null || this.random() < loss ? { kind: "offline" } : sent))),
      sha256: (text) => Promise.resolve(text),
      newId: () => `${author}-${String((this.ids += 1))}`,
      later: (milliseconds, work) => this.later(milliseconds, work),
      remember: (unsent) => {
        if (typeof kept === "function") return kept(unsent);
        kept.unsent = structuredClone(unsent);
        return true;
      },
    };
    const store = new DraftStore({ text: this.server.text, revision: this.server.revision }, transport, () => this.now);
    this.server.listeners.push((stored) => {
      if (this.random() >= loss) this.later(5 + this.random() * 150, () => store.receive(stored));
      else this.later(2000 + this.random() * 1000, () => void store.reload(null));
    });
    return store;
  }
}

export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}
