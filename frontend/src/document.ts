/**
 * The draft on screen: the definition as the server last confirmed it, plus my edits that are still on their way.
 *
 * An edit is applied at once and queued; one batch is under way at a time. When the server knows edits that we do not
 * (409, or the draft's topic), ours are done again, as functions, on top of theirs: never merged as text. What no longer
 * applies is dropped with a sentence that says so. Undo applies the inverse of my own last edit on top of the present text.
 */
import { createContext, useContext } from "react";
import { createStore, type StoreApi } from "zustand/vanilla";
import { useStore } from "zustand";
import { draftOf, openDraft, type Draft } from "./workflow/draft";
import { adapted, apply, describe, mergeKey, patched, Refused, renamesIn, titleOf, type Applied, type Edit } from "./workflow/edits";
import { at } from "./workflow/document";
import { carried, sameJsonText } from "./workflow/carrying";
import { clashes, putBack, revival, shortValue, targetOf, touched, type Clash } from "./workflow/meeting";
import type { Splice } from "./workflow/splices";
import { batchOf, type SentEdit } from "./workflow/batches";
import { together } from "./workflow/steps";
import { applyPatch } from "./workflow/tree";

export type { SentEdit };

export interface StoredEdits {
  readonly revision: number;
  readonly id: string;
  readonly author: string | null;
  readonly sha256?: string;
  readonly edits: readonly SentEdit[];
}

export interface Loaded {
  readonly text: string;
  readonly revision: number;
}

/** The server refused a batch because others were faster. */
export interface Stale {
  readonly revision: number;
  readonly text: string;
  readonly missing: readonly StoredEdits[];
}

export type Sent =
  | { readonly kind: "done"; readonly revision: number; readonly sha256: string }
  | { readonly kind: "stale"; readonly stale: Stale }
  /** No answer: the same batch is sent again. */
  | { readonly kind: "offline" }
  /** The server will never take it. */
  | { readonly kind: "refused"; readonly message: string };

/** Edits as they are sent: under the same id they are done once, however often they come. */
export interface Batch {
  readonly id: string;
  readonly base: number;
  readonly edits: readonly SentEdit[];
}

/** What a page leaves behind that closes: edits, the first of them perhaps in a batch whose answer it has not seen. */
export interface Unsent {
  readonly edits: readonly Edit[];
  readonly batch: Batch | null;
}

/** What the draft needs from the outside. Tests put a bad network here. */
export interface Transport {
  load(): Promise<Loaded>;
  send(batch: Batch): Promise<Sent>;
  sha256(text: string): Promise<string | null>;
  newId(): string;
  later(milliseconds: number, work: () => void): void;
  /** Keeps edits across a reload, null forgets them; false where there is no room for them. */
  remember(unsent: Unsent | null): boolean;
}

export type SaveState = "saved" | "saving" | "offline" | "refused";

export interface Notice {
  readonly id: number;
  readonly tone: "info" | "error";
  readonly text: string;
  /** One thing to do about it: edits under a label. */
  readonly remedy?: { readonly label: string; readonly edits: readonly Edit[] } | undefined;
}

/** The last change that came from somebody else, for a short highlight. */
export interface Remote {
  readonly revision: number;
  readonly author: string | null;
  readonly words: string;
  /** Names of the actions it touched, as they are called now. */
  readonly actions: readonly string[];
  readonly renames: readonly { readonly from: string; readonly to: string }[];
}

export interface Step {
  readonly words: string;
  readonly patch: readonly Splice[];
  readonly inverse: readonly Splice[];
  readonly key: string | null;
  readonly at: number;
}

export interface DraftState {
  readonly draft: Draft;
  readonly revision: number;
  readonly save: SaveState;
  readonly saveMessage: string;
  /** Edits the server has not confirmed. */
  readonly waiting: number;
  readonly undo: readonly Step[];
  readonly redo: readonly Step[];
  readonly notice: Notice | null;
  readonly remote: Remote | null;
}

interface Pending {
  edit: Edit;
  patch: readonly Splice[];
}

const NO_ROOM =
  "This browser has no room left for changes that wait to be saved. Leave this page open until it says Saved: closed before, it loses them.";
const MERGE_PAUSE = 800;
/** A value that I set longer ago may be changed by others without a word. */
const MINE_FOR = 60_000;
const SEND_PAUSE = 60;
const RETRIES = [500, 1000, 2000, 4000, 8000, 15000];

export class DraftStore {
  readonly store: StoreApi<DraftState>;
  private base: Draft;
  private baseRevision: number;
  private pending: Pending[] = [];
  private flight: { readonly batch: Batch; readonly count: number } | null = null;
  /** So many edits are sent one by one: together they were refused. */
  private alone = 0;
  /** How many edits pages that are gone left behind that are not settled yet. */
  private left = 0;
  private resuming = Promise.resolve();
  /** The browser has no room for what is not sent: it is lost when the page closes. */
  private homeless = false;
  private warned = false;
  private readonly early = new Map<number, StoredEdits>();
  private scheduled = false;
  private failures = 0;
  private notices = 0;
  private closed = false;
  private joining: string | null = null;

  constructor(
    loaded: Loaded,
    private readonly transport: Transport,
    private readonly now: () => number = () => Date.now(),
  ) {
    this.base = openDraft(loaded.text);
    this.baseRevision = loaded.revision;
    this.store = createStore<DraftState>(() => ({
      draft: this.base, revision: loaded.revision, save: "saved", saveMessage: "", waiting: 0, undo: [], redo: [], notice: null, remote: null,
    }));
  }

  get state(): DraftState {
    return this.store.getState();
  }

  open(): void {
    this.closed = false;
    if (this.pending.length > 0) this.schedule(0);
  }

  close(): void {
    this.closed = true;
  }

  /** Does an edit at once. Throws `Refused` (a sentence) when it does not apply. */
  edit(wanted: Edit): Applied {
    const applied = apply(this.state.draft, wanted);
    this.accept(applied.edit, applied, describe(applied.edit), mergeKey(wanted));
    this.store.setState({ redo: [] });
    return applied;
  }

  /** An edit that is no step to undo: its inverse would write into the draft, and its history, what it took out. */
  editForGood(wanted: Edit): void {
    const { undo } = this.state;
    this.edit(wanted);
    this.store.setState({ undo });
  }

  get unkept(): boolean {
    return this.homeless;
  }

  /**
   * Does again what a page left behind that is gone, after what others left: of a batch on its way only what the server never got.
   * `settled` is told when its edits become mine; until then they are kept where they are.
   */
  resume(left: Unsent, settled: () => void = () => undefined, why: string | null = null): Promise<void> {
    this.left += left.edits.length;
    this.changed();
    this.resuming = this.resuming.then(() => this.redoLeft(left, settled, why));
    return this.resuming;
  }

  private async redoLeft({ edits, batch }: Unsent, settled: () => void, why: string | null): Promise<void> {
    const rest = batch && !this.closed ? await this.rest(edits, batch) : edits;
    this.left -= edits.length;
    if (this.closed) return;
    settled();
    if (why !== null && rest.length > 0) this.report(why, "info");
    for (const edit of rest) this.attempt(edit);
    this.changed();
  }

  /** What is to be done again once the server has, or has refused, the batch, and its text is here. */
  private async rest(edits: readonly Edit[], batch: Batch): Promise<readonly Edit[]> {
    const sent = await this.deliver(batch);
    if (this.closed) return edits;
    // Together they were refused: done again, each is sent for itself.
    if (sent.kind === "refused" && edits.length > 1) {
      this.alone = edits.length;
      return edits;
    }
    if (sent.kind === "refused") this.report(`The server did not accept what was changed last: ${sent.message}`);
    const reached = sent.kind === "done" ? sent.revision : sent.kind === "stale" ? sent.stale.revision : 0;
    while (!this.closed && this.baseRevision < reached) {
      await this.reload(null);
      if (this.baseRevision < reached) await new Promise<void>((resolve) => this.transport.later(200, resolve));
    }
    const missed = sent.kind === "stale" && !sent.stale.missing.some((one) => one.id === batch.id);
    return missed ? edits : edits.slice(batch.edits.length);
  }

  private attempt(edit: Edit): void {
    try {
      this.edit(edit);
    } catch (error) {
      this.report(`${describe(edit)}: ${error instanceof Error ? error.message : "it no longer applies."}`);
    }
  }

  private accept(edit: Edit, result: { readonly draft: Draft; readonly patch: readonly Splice[]; readonly inverse: readonly Splice[] }, words: string, key: string | null): void {
    if (result.patch.length === 0) return;
    const { undo } = this.state;
    const last = undo[undo.length - 1];
    const joins = this.joining !== null && targetOf(edit)?.toLowerCase() === this.joining;
    this.joining = null;
    if (last && joins) {
      const both: Step = { words: last.words, ...together(last, result), key: null, at: this.now() };
      this.queue(edit, result.patch, key);
      this.store.setState({ draft: result.draft, undo: [...undo.slice(0, -1), both] });
      return this.changed();
    }
    const merges = last && key !== null && last.key === key && this.now() - last.at < MERGE_PAUSE;
    const step: Step = { words, ...(merges ? together(last, result) : { patch: result.patch, inverse: result.inverse }), key, at: this.now() };
    this.queue(edit, result.patch, key);
    this.store.setState({ draft: result.draft, undo: merges ? [...undo.slice(0, -1), step] : [...undo, step] });
    this.changed();
  }

  /** My next edit, where it is one of that action, is undone together with the one before it. */
  joinNext(action: string): void {
    this.joining = action.toLowerCase();
  }

  private queue(edit: Edit, patch: readonly Splice[], key: string | null): void {
    const last = this.pending[this.pending.length - 1];
    const free = this.pending.length > (this.flight?.count ?? 0);
    const sameField = last && key !== null && free && mergeKey(last.edit) === key && patch.length === 1 && last.patch.length === 1 &&
      patch[0]?.op === "set" && last.patch[0]?.op === "set" && patch[0].at === last.patch[0].at;
    if (sameField) this.pending[this.pending.length - 1] = { edit, patch };
    else this.pending.push({ edit, patch });
  }

  private changed(): void {
    const waiting = this.pending.length + this.left;
    const { save } = this.state;
    this.store.setState({ waiting, save: waiting === 0 ? "saved" : save === "offline" ? "offline" : "saving" });
    this.keep();
    if (this.pending.length > 0) this.schedule(SEND_PAUSE);
  }

  private keep(): void {
    const edits = this.pending.map((one) => one.edit);
    this.homeless = !this.transport.remember(edits.length === 0 ? null : { edits, batch: this.flight?.batch ?? null });
    const warn = this.homeless && this.state.save === "offline";
    if (warn && !this.warned) this.report(NO_ROOM);
    this.warned = warn;
  }

  // ------------------------------------------------------------------------------------------ undo

  undo(): string | null {
    return this.back("undo", "redo", "Undid: ");
  }

  redo(): string | null {
    return this.back("redo", "undo", "Redid: ");
  }

  private back(from: "undo" | "redo", to: "undo" | "redo", prefix: string): string | null {
    const steps = this.state[from];
    const step = steps[steps.length - 1];
    this.joining = null;
    if (!step) return null;
    const trouble = this.notMine(step);
    const rest = steps.slice(0, -1);
    if (trouble !== null) {
      this.store.setState({ [from]: rest });
      this.report(trouble);
      return null;
    }
    const words = prefix + step.words.charAt(0).toLowerCase() + step.words.slice(1);
    const edit: Edit = { name: "restore", arguments: { patch: step.inverse, words } };
    try {
      const result = patched(this.state.draft, step.inverse);
      this.queue(edit, result.patch, null);
      const reverse: Step = { words: step.words, patch: result.patch, inverse: result.inverse, key: null, at: 0 };
      this.store.setState({ draft: result.draft, [from]: rest, [to]: [...this.state[to], reverse] });
      this.changed();
      return words;
    } catch {
      this.store.setState({ [from]: rest });
      this.report(`“${step.words}” cannot be taken back: what it changed is not there any more.`);
      return null;
    }
  }

  /** Why a step cannot be taken back: somebody changed the same value since. */
  private notMine(step: Step): string | null {
    const { document } = this.state.draft;
    const last = new Map<string, string>();
    step.patch.forEach((one, index) => {
      if (one.op !== "set") return;
      // Where the value stands now: later splices of the same step may have moved or removed it.
      const later = step.patch.slice(index + 1);
      const pointer = carried([one], later)[0]?.at ?? one.at;
      if (later.some((other) => other.op === "remove" && (pointer === other.at || pointer.startsWith(`${other.at}/`)))) return;
      last.set(pointer, one.text);
    });
    for (const [pointer, text] of last) {
      const node = at(document, pointer);
      const nested = [...last.keys()].some((other) => other.startsWith(`${pointer}/`));
      if (nested && node) continue;
      if (!node || !sameJsonText(document.text.slice(node.start, node.end), text)) return `“${step.words}” cannot be taken back: somebody changed it since.`;
    }
    return null;
  }

  // ------------------------------------------------------------------------------------------ sending

  private schedule(milliseconds: number): void {
    if (this.scheduled || this.flight || this.closed) return;
    this.scheduled = true;
    this.transport.later(milliseconds, () => {
      this.scheduled = false;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    if (this.flight || this.pending.length === 0 || this.closed) return;
    const edits = batchOf(this.pending, this.alone > 0 ? 1 : 50);
    this.alone = Math.max(0, this.alone - 1);
    const batch = { id: this.transport.newId(), base: this.baseRevision, edits };
    this.flight = { batch, count: edits.length };
    this.keep();
    const sent = await this.deliver(batch);
    if (this.closed) return;
    if (sent.kind === "done") await this.confirm(sent.revision, sent.sha256);
    else if (sent.kind === "stale") await this.rebase(batch.id, sent.stale);
    else if (sent.kind === "refused") this.drop(sent.message);
    this.drain();
    if (this.pending.length > 0) this.schedule(0);
  }

  /** Sends a batch until there is an answer, or nobody who would read it. */
  private async deliver(batch: Batch): Promise<Sent> {
    for (;;) {
      const sent = await this.transport.send(batch);
      if (sent.kind !== "offline") this.failures = 0;
      if (sent.kind !== "offline" || this.closed) return sent;
      this.store.setState({ save: "offline" });
      this.keep();
      const wait = RETRIES[Math.min(this.failures, RETRIES.length - 1)] ?? 15000;
      this.failures += 1;
      await new Promise<void>((resolve) => this.transport.later(wait, resolve));
      if (this.closed) return sent;
    }
  }

  private async confirm(revision: number, sha256: string): Promise<void> {
    const done = this.pending.slice(0, this.flight?.count ?? 0);
    const document = applyPatch(this.base.document, done.flatMap((one) => one.patch));
    const shown = this.state.draft;
    this.base = shown.document.text === document.text ? shown : draftOf(document, this.base);
    this.baseRevision = revision;
    this.pending = this.pending.slice(done.length);
    this.flight = null;
    this.store.setState({ revision, save: "saving" });
    this.changed();
    const mine = await this.transport.sha256(this.base.document.text);
    if (mine !== null && mine !== sha256 && this.baseRevision === revision) await this.reload("The server’s copy differed from this one and was loaded again.");
  }

  /** Others were faster: their edits first, then mine again. */
  private async rebase(id: string, stale: Stale): Promise<void> {
    const mine = stale.missing.find((one) => one.id === id);
    const count = this.flight?.count ?? 0;
    this.flight = null;
    if (mine) this.pending = this.pending.slice(count);
    const others = stale.missing.filter((one) => one.id !== id);
    for (const one of others) this.meet(one);
    const before = this.base;
    this.base = openDraft(stale.text, this.base);
    this.baseRevision = stale.revision;
    this.replay(others, before);
    await Promise.resolve();
  }

  /** One edit that is refused is dropped. Of several, only what is refused again, alone: the others are not to blame. */
  private drop(message: string): void {
    const lost = this.pending.slice(0, this.flight?.count ?? 0);
    if (lost.length > 1) {
      this.flight = null;
      this.alone = lost.length;
      return;
    }
    this.pending = this.pending.slice(lost.length);
    this.flight = null;
    this.replay([]);
    this.report(`The server did not accept “${lost.map((one) => describe(one.edit)).join(", ")}”: ${message}`);
  }

  /** Rebuilds the shown draft from the base and my pending edits, adapted to what others renamed. */
  private replay(others: readonly StoredEdits[], before: Draft = this.base): void {
    const renames = others.flatMap((one) => renamesIn(one.edits));
    const waiting = this.pending;
    this.pending = [];
    let draft = this.base;
    const lost = before === this.base ? [] : touched(this.state.undo.filter((step) => this.now() - step.at < MINE_FOR).map((step) => ({ name: "", arguments: {}, patch: step.patch })));
    for (const name of lost) if (!waiting.some((one) => targetOf(one.edit) === name)) this.deleted(name, before, draft, others, []);
    for (const one of waiting) {
      const restore = one.edit.name === "restore" ? carriedRestore(one.edit, others) : one.edit;
      const edit = renames.reduce((made, each) => adapted(made, each.from, each.to), restore);
      try {
        const result = apply(draft, edit);
        draft = result.draft;
        if (result.patch.length > 0) this.pending.push({ edit: result.edit, patch: result.patch });
        this.outvoted(result.patch, others);
      } catch (error) {
        this.dropped(edit, one.edit, before, draft, others, error);
      }
    }
    this.store.setState({ draft, revision: this.baseRevision });
    this.changed();
  }

  /** My edit came later than theirs and stands: theirs is one click away. */
  private outvoted(patch: readonly Splice[], others: readonly StoredEdits[]): void {
    for (const other of others) {
      const clash = clashes(patch, other.edits.flatMap((each) => each.patch))[0];
      if (!clash) continue;
      const who = other.author ?? "Somebody";
      this.report(`${who} set “${shortValue(clash.theirs)}” at the same time; your “${shortValue(clash.mine)}” came later and stands.`, "info", {
        label: `Use ${who}’s`, edits: [putBack(clash, clash.theirs)],
      });
    }
  }

  private dropped(edit: Edit, asked: Edit, before: Draft, now: Draft, others: readonly StoredEdits[], error: unknown): void {
    const name = targetOf(asked);
    if (name !== null && this.deleted(name, before, now, others, [edit])) return;
    this.report(`${describe(edit)}: ${error instanceof Refused ? error.message : "what it changed is not there any more."}`);
  }

  /** Says that somebody deleted what I am changing, with a way back; false where nobody did. */
  private deleted(name: string, before: Draft, now: Draft, others: readonly StoredEdits[], then: readonly Edit[]): boolean {
    const back = revival(before, now, name);
    if (!back) return false;
    const author = others.find((one) => one.edits.some((each) => touched([each]).some((other) => other.toLowerCase() === name.toLowerCase())))?.author ?? "Somebody";
    const title = titleOf(back.action);
    this.report(`${author} deleted ${title} while you were changing it.`, "error", { label: `Restore ${title}`, edits: [back.edit, ...then] });
    return true;
  }

  /** Before edits of somebody else take effect: what of mine they replace, and where my undo steps now are. */
  private meet(stored: StoredEdits): void {
    const patch = stored.edits.flatMap((edit) => edit.patch);
    const clash = this.replaced(patch);
    if (clash) {
      const who = stored.author ?? "Somebody";
      this.report(`${who} changed ${titleOf(clash.action)}: “${shortValue(clash.theirs)}” in place of your “${shortValue(clash.mine)}”.`, "info", {
        label: "Take mine back", edits: [putBack(clash, clash.mine)],
      });
    }
    this.carry(stored);
    this.store.setState({
      remote: { revision: stored.revision, author: stored.author, words: stored.edits.map(words).join(", "), actions: touched(stored.edits), renames: renamesIn(stored.edits) },
    });
  }

  /** The value of a recent step of mine that the server has and that this patch replaces. */
  private replaced(patch: readonly Splice[]): Clash | undefined {
    const recent = this.state.undo.filter((step) => this.now() - step.at < MINE_FOR).reverse();
    for (const step of recent) {
      const clash = clashes(step.patch, patch).find((one) => {
        const node = at(this.base.document, one.at);
        return node !== undefined && sameJsonText(this.base.document.text.slice(node.start, node.end), one.mine);
      });
      if (clash) return clash;
    }
    return undefined;
  }

  private carry(stored: StoredEdits): void {
    const patch = stored.edits.flatMap((edit) => edit.patch);
    const move = (step: Step): Step => ({ ...step, patch: carried(step.patch, patch), inverse: carried(step.inverse, patch) });
    this.store.setState({ undo: this.state.undo.map(move), redo: this.state.redo.map(move) });
  }

  // ------------------------------------------------------------------------------------------ others

  /** Edits of others (or the echo of mine) from the draft's topic; they may come before my own answer. */
  receive(stored: StoredEdits): void {
    if (stored.revision <= this.baseRevision) return;
    this.early.set(stored.revision, stored);
    this.drain();
  }

  private drain(): void {
    if (this.flight) return;
    for (;;) {
      const next = this.early.get(this.baseRevision + 1);
      if (!next) break;
      this.early.delete(next.revision);
      try {
        const base = applyPatch(this.base.document, next.edits.flatMap((edit) => edit.patch));
        const before = this.base;
        this.meet(next);
        this.base = draftOf(base, this.base);
        this.baseRevision = next.revision;
        this.replay([next], before);
      } catch {
        void this.reload("A change of somebody else did not fit; the draft was loaded again.");
        return;
      }
    }
    for (const revision of [...this.early.keys()]) if (revision <= this.baseRevision) this.early.delete(revision);
    if (this.early.size > 0) this.transport.later(400, () => this.early.size > 0 && !this.flight && void this.reload(null));
  }

  /** Takes the server's text and puts my pending edits on top. */
  async reload(why: string | null): Promise<void> {
    let loaded: Loaded;
    try {
      loaded = await this.transport.load();
    } catch {
      return;
    }
    if (this.closed || this.flight || loaded.revision < this.baseRevision) return;
    this.base = openDraft(loaded.text, this.base);
    this.baseRevision = loaded.revision;
    this.replay([]);
    if (why !== null) this.report(why, "info");
  }

  private report(text: string, tone: Notice["tone"] = "error", remedy?: Notice["remedy"]): void {
    this.notices += 1;
    this.store.setState({ notice: { id: this.notices, tone, text, remedy } });
  }
}

function words(edit: SentEdit): string {
  try {
    return describe(edit as Edit);
  } catch {
    return "changed the definition";
  }
}

function carriedRestore(edit: Edit, others: readonly StoredEdits[]): Edit {
  if (edit.name !== "restore") return edit;
  const patch = others.flatMap((one) => one.edits.flatMap((inner) => inner.patch));
  return { name: "restore", arguments: { ...edit.arguments, patch: carried(edit.arguments.patch, patch) } };
}

// ---------------------------------------------------------------------------------------------- React

export const DraftContext = createContext<DraftStore | null>(null);

export function useDraftStore(): DraftStore {
  const store = useContext(DraftContext);
  if (!store) throw new Error("This part of the designer stands outside of a draft.");
  return store;
}

export function useDraft<Part>(select: (state: DraftState) => Part): Part {
  return useStore(useDraftStore().store, select);
}
