/**
 * Names that one page of the browser holds at a time, as long as it is open: who asks for a name learns whether its holder lives.
 * The browser's own locks end with their page whatever happens to it; pages without them (plain http) ask each other.
 */
export type Release = () => void;

export interface Holders {
  /** The name is mine from now on; null where another page has it. */
  take(name: string): Promise<Release | null>;
  /** True once nobody has the name; false where that cannot be known or is not asked any more. */
  free(name: string, signal: AbortSignal): Promise<boolean>;
}

/** Milliseconds a page that was there a moment ago (before a reload) may need to go, or one that is there to say so. */
const PATIENCE = 1000;

export function locking(locks: Pick<LockManager, "request">): Holders {
  const request = (name: string, signal: AbortSignal): Promise<Release | null> =>
    new Promise((resolve) => {
      locks.request(name, { signal }, () => new Promise<void>((release) => resolve(release))).catch(() => resolve(null));
    });
  return {
    take: async (name) => {
      const ends = new AbortController();
      const timer = setTimeout(() => ends.abort(), PATIENCE);
      const release = await request(name, ends.signal);
      clearTimeout(timer);
      return release;
    },
    free: async (name, signal) => {
      const release = await request(name, signal);
      release?.();
      return release !== null;
    },
  };
}

interface Said {
  readonly kind: "whose" | "mine";
  readonly name: string;
  readonly from: string;
}

export function asking(channel: Pick<BroadcastChannel, "postMessage" | "onmessage">, me: string): Holders {
  const held = new Set<string>();
  const questions = new Map<string, () => void>();
  const say = (kind: Said["kind"], name: string): void => channel.postMessage({ kind, name, from: me } satisfies Said);
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data.kind === "mine") questions.get(data.name)?.();
    // Of two pages that ask for one name at once, the first by its own name gets it.
    else if (held.has(data.name) || (questions.has(data.name) && me < data.from)) say("mine", data.name);
  };
  return {
    take: async (name) => {
      if (held.has(name) || questions.has(name)) return null;
      const free = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(true), PATIENCE);
        questions.set(name, () => {
          clearTimeout(timer);
          resolve(false);
        });
        say("whose", name);
      });
      questions.delete(name);
      if (!free) return null;
      held.add(name);
      return () => void held.delete(name);
    },
    free: () => Promise.resolve(false),
  };
}

/** The holders of this page: one for all its parts, so that they know of each other. */
export const holders: () => Holders = (() => {
  let made: Holders | null = null;
  return () => (made ??= "locks" in navigator ? locking(navigator.locks) : asking(new BroadcastChannel("millrace:holders"), Math.random().toString(36).slice(2)));
})();
