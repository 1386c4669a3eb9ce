/**
 * One websocket per tab and tenant. Topics are subscribed once however many listeners they have; after a reconnect each is asked
 * for again with the last `seq` seen, so nothing is lost or shown twice. The server answers `resync` where it cannot replay.
 */
export type TopicMessage =
  | { readonly type: "event"; readonly seq: number; readonly data: unknown }
  | { readonly type: "subscribed"; readonly seq: number }
  | { readonly type: "resync" }
  | { readonly type: "refused"; readonly detail: string };

export type TopicListener = (message: TopicMessage) => void;

export type SocketState = "connecting" | "open" | "closed";

/** What came back for a question; null: nobody could be asked, or nothing came in time. */
export type SocketAnswer = Readonly<Record<string, unknown>> | null;

interface Topic {
  readonly listeners: Set<{ seq: number; readonly tell: TopicListener }>;
}

/** Seconds before each next attempt; the last repeats. Each is spread by ±25 % so that tabs do not return together. */
const delays = [0.5, 1, 2, 4, 8, 15];

/** Characters of a question; the server takes frames of 64 KB. */
const frameLimit = 60_000;
/** Milliseconds: a connection that says nothing for so long may be gone without anybody having told. */
const patience = 6000;

export class LiveSocket {
  private socket: WebSocket | null = null;
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = true;
  private readonly topics = new Map<string, Topic>();
  private readonly stateListeners = new Set<() => void>();
  private readonly questions = new Map<string, (answer: SocketAnswer) => void>();
  private asked = 0;
  private current: SocketState = "closed";
  private since = Date.now();

  constructor(
    private readonly url: string,
    private readonly random: () => number = Math.random,
  ) {}

  get state(): SocketState {
    return this.current;
  }

  /** When the present state began (milliseconds). */
  get stateSince(): number {
    return this.since;
  }

  onState(listener: () => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  start() {
    if (!this.stopped) return;
    this.stopped = false;
    this.connect();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close(1000);
    this.socket = null;
    this.forgetQuestions();
    this.set("closed");
  }

  /** Try now (the browser says the network is back). */
  retry() {
    if (this.stopped || this.current !== "closed") return;
    clearTimeout(this.timer);
    this.connect();
  }

  /** `since` is the seq of the snapshot the listener already shows: it hears only what is newer. */
  subscribe(topic: string, since: number | undefined, tell: TopicListener): () => void {
    let entry = this.topics.get(topic);
    if (!entry) {
      entry = { listeners: new Set() };
      this.topics.set(topic, entry);
    }
    const listener = { seq: since ?? -1, tell };
    entry.listeners.add(listener);
    this.send({ type: "sub", topic, ...(since === undefined ? {} : { since }) });
    return () => {
      entry.listeners.delete(listener);
      if (entry.listeners.size > 0 || this.topics.get(topic) !== entry) return;
      this.topics.delete(topic);
      this.send({ type: "unsub", topic });
    };
  }

  /** Tells the others on this topic where I am. Lost while there is no connection: whoever cares says it again. */
  present(topic: string, data: object) {
    if (this.topics.has(topic)) this.send({ type: "presence", topic, data });
  }

  /** Asks something that has one answer. A question nobody waits for any more is taken back. */
  ask(type: string, topic: string, body: object, signal: AbortSignal): Promise<SocketAnswer> {
    this.asked += 1;
    const id = String(this.asked);
    const frame = JSON.stringify({ type, id, topic, ...body });
    if (this.socket?.readyState !== WebSocket.OPEN || frame.length > frameLimit || signal.aborted) return Promise.resolve(null);
    this.socket.send(frame);
    return new Promise((resolve) => {
      const done = (answer: SocketAnswer) => {
        this.questions.delete(id);
        clearTimeout(silence);
        signal.removeEventListener("abort", takeBack);
        resolve(answer);
      };
      const takeBack = () => {
        this.send({ type: "cancel", id, topic });
        done(null);
      };
      const silence = setTimeout(takeBack, patience);
      signal.addEventListener("abort", takeBack);
      this.questions.set(id, done);
    });
  }

  private connect() {
    this.set("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.attempts = 0;
      this.set("open");
      for (const [topic, entry] of this.topics) {
        const oldest = Math.min(...[...entry.listeners].map((listener) => listener.seq));
        this.send({ type: "sub", topic, ...(oldest >= 0 ? { since: oldest } : {}) });
      }
    };
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.forgetQuestions();
      this.set("closed");
      if (this.stopped) return;
      const delay = delays[Math.min(this.attempts, delays.length - 1)] ?? 15;
      this.attempts += 1;
      this.timer = setTimeout(() => this.connect(), delay * 1000 * (0.75 + this.random() / 2));
    };
  }

  private forgetQuestions() {
    for (const done of [...this.questions.values()]) done(null);
  }

  private receive(raw: unknown) {
    const frame = readFrame(raw);
    if (frame && typeof frame.whole.id === "string") this.questions.get(frame.whole.id)?.(frame.whole);
    if (!frame?.topic) return;
    const entry = this.topics.get(frame.topic);
    if (!entry) return;
    for (const listener of [...entry.listeners]) {
      if (frame.type === "event") {
        if (frame.seq <= listener.seq) continue;
        listener.seq = frame.seq;
        listener.tell({ type: "event", seq: frame.seq, data: frame.data });
      } else if (frame.type === "subscribed") {
        if (listener.seq < 0) listener.seq = frame.seq;
        listener.tell({ type: "subscribed", seq: frame.seq });
      } else if (frame.type === "resync") {
        listener.seq = -1;
        listener.tell({ type: "resync" });
      } else if (frame.type === "error") {
        listener.tell({ type: "refused", detail: frame.detail });
      }
    }
  }

  private send(frame: object) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  private set(state: SocketState) {
    if (state === this.current) return;
    // The time of being down counts from the first failure, not from the latest attempt.
    if (state === "open" || this.current === "open") this.since = Date.now();
    this.current = state;
    for (const listener of this.stateListeners) listener();
  }
}

interface Frame {
  readonly type: string;
  readonly topic: string | undefined;
  readonly seq: number;
  readonly data: unknown;
  readonly detail: string;
  readonly whole: Readonly<Record<string, unknown>>;
}

function readFrame(raw: unknown): Frame | null {
  if (typeof raw !== "string") return null;
  const value: unknown = JSON.parse(raw);
  if (typeof value !== "object" || value === null) return null;
  const frame = value as Record<string, unknown>;
  return {
    type: String(frame.type),
    topic: typeof frame.topic === "string" ? frame.topic : undefined,
    seq: typeof frame.seq === "number" ? frame.seq : 0,
    data: frame.data,
    detail: typeof frame.detail === "string" ? frame.detail : "",
    whole: frame,
  };
}

let open: { readonly tenant: string; readonly socket: LiveSocket } | null = null;

/** The tab's socket for that tenant; going to another tenant closes the first. */
export function liveSocket(tenant: string): LiveSocket {
  if (open?.tenant === tenant) return open.socket;
  open?.socket.stop();
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  open = { tenant, socket: new LiveSocket(`${scheme}://${window.location.host}/ws/t/${encodeURIComponent(tenant)}/`) };
  const { socket } = open;
  window.addEventListener("online", () => socket.retry());
  socket.start();
  return open.socket;
}

/** At sign-out. */
export function closeLiveSocket() {
  open?.socket.stop();
  open = null;
}
