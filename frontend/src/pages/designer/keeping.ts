/**
 * What a page has not sent yet, in the browser's storage: one entry per page, so that two tabs of one workflow never write over
 * each other, and under its person, so that whoever signs in next does not send it as their own. A page holds the name of its
 * entry while it is open. An entry whose page is gone is taken by one page of the same person that has the workflow open; it
 * stays in storage until its edits are among those of that page.
 */
import type { Unsent } from "../../document";
import type { Edit } from "../../workflow/edits";
import type { Holders, Release } from "./holders";

/** Milliseconds a page that loads again has to take its own entry, before others do. */
const GRACE = 5000;

export type Resume = (left: Unsent, settled: () => void, late: boolean) => Promise<void>;

/** Tells which entries other pages write, until the signal. */
export type Watch = (written: (entry: string) => void, signal: AbortSignal) => void;

export class Keeping {
  private readonly persons: string;
  private readonly mine: string;
  private ends = new AbortController();
  private readonly followed = new Set<string>();

  /** `place` names the workflow; it is the entry of releases that had one for all tabs. */
  constructor(
    private readonly place: string,
    person: string,
    id: string,
    private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">,
    private readonly holders: Holders,
    private readonly later: (milliseconds: number, work: () => void) => void = (milliseconds, work) => void setTimeout(work, milliseconds),
    private readonly watch: Watch = otherPagesWrite,
  ) {
    this.persons = `${place}:${person}:`;
    this.mine = this.persons + id;
  }

  /** Keeps what is unsent, null forgets it. False: the browser has no room for it, and nothing is kept. */
  keep(unsent: Unsent | null): boolean {
    if (this.ends.signal.aborted) return true; // the entry may be somebody else's by now
    try {
      if (unsent === null) this.storage.removeItem(this.mine);
      else this.storage.setItem(this.mine, JSON.stringify(unsent));
      return true;
    } catch {
      // What stood there before may be done by now: done again it would be there twice.
      try {
        this.storage.removeItem(this.mine);
      } catch {
        // A browser that allows no storage at all.
      }
      return false;
    }
  }

  /** From now on the entry is this page's; what pages that are gone have left is handed to `resume`. */
  open(resume: Resume): void {
    const ends = new AbortController();
    this.ends = ends;
    void this.holders.take(this.mine).then((release) => release && whenAborted(ends.signal, release));
    for (const entry of this.others()) void this.adopt(entry, resume, ends.signal, false);
    this.watch((entry) => this.isOther(entry) && void this.follow(entry, resume, ends.signal), ends.signal);
  }

  close(): void {
    this.ends.abort();
  }

  private others(): string[] {
    try {
      const entries = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index) ?? "");
      return entries.filter((entry) => this.isOther(entry));
    } catch {
      return [];
    }
  }

  private isOther(entry: string): boolean {
    return entry !== this.mine && (entry === this.place || entry.startsWith(this.persons));
  }

  private async adopt(entry: string, resume: Resume, signal: AbortSignal, late: boolean): Promise<void> {
    const release = await this.holders.take(entry);
    if (!release) return void this.follow(entry, resume, signal);
    try {
      const left = signal.aborted ? null : this.read(entry);
      if (left) await resume(left, () => this.storage.removeItem(entry), late);
    } finally {
      release();
    }
  }

  /** The page of that entry is open: what it still has when it goes is ours, unless it only loads again. */
  private async follow(entry: string, resume: Resume, signal: AbortSignal): Promise<void> {
    if (this.followed.has(entry)) return;
    this.followed.add(entry);
    const free = await this.holders.free(entry, signal);
    if (free) await new Promise<void>((resolve) => this.later(GRACE, resolve));
    this.followed.delete(entry);
    if (free && !signal.aborted && this.storage.getItem(entry) !== null) await this.adopt(entry, resume, signal, true);
  }

  private read(entry: string): Unsent | null {
    try {
      const stored: unknown = JSON.parse(this.storage.getItem(entry) ?? "null");
      if (Array.isArray(stored)) return { edits: stored as Edit[], batch: null }; // as it was kept before batches were
      return typeof stored === "object" && stored !== null && Array.isArray((stored as Unsent).edits) ? (stored as Unsent) : null;
    } catch {
      return null;
    }
  }
}

function whenAborted(signal: AbortSignal, release: Release): void {
  if (signal.aborted) release();
  else signal.addEventListener("abort", () => release(), { once: true });
}

const otherPagesWrite: Watch = (written, signal) =>
  window.addEventListener("storage", ({ key, newValue }) => key !== null && newValue !== null && written(key), { signal });
