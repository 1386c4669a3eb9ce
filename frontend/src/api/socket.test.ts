import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveSocket, type TopicMessage } from "./socket";

class FakeSocket {
  static made: FakeSocket[] = [];
  static readonly OPEN = 1;
  readyState = 0;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  accept() {
    this.readyState = 1;
    this.onopen?.();
  }
  drop() {
    this.readyState = 3;
    this.onclose?.();
  }
  say(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const latest = () => {
  const socket = FakeSocket.made.at(-1);
  if (!socket) throw new Error("no socket was opened");
  return socket;
};

beforeEach(() => {
  FakeSocket.made = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function heard(socket: LiveSocket, topic: string, since?: number) {
  const messages: TopicMessage[] = [];
  const leave = socket.subscribe(topic, since, (message) => messages.push(message));
  return { messages, leave };
}

it("subscribes what was asked for before the socket opened, with the snapshot's seq", () => {
  const socket = new LiveSocket("ws://x/", () => 0.5);
  socket.start();
  heard(socket, "run:1", 7);
  latest().accept();
  expect(latest().sent).toEqual([{ type: "sub", topic: "run:1", since: 7 }]);
});

it("drops events that a listener has already seen", () => {
  const socket = new LiveSocket("ws://x/", () => 0.5);
  socket.start();
  const first = heard(socket, "run:1", 7);
  latest().accept();
  const second = heard(socket, "run:1", 3);
  for (const seq of [4, 7, 8, 8]) latest().say({ type: "event", topic: "run:1", seq, data: seq });
  expect(first.messages).toEqual([{ type: "event", seq: 8, data: 8 }]);
  expect(second.messages.map((each) => (each.type === "event" ? each.seq : each.type))).toEqual([4, 7, 8]);
});

it("reconnects with growing delays and resubscribes after the last event", () => {
  const socket = new LiveSocket("ws://x/", () => 0.5);
  socket.start();
  heard(socket, "run:1", 0);
  latest().accept();
  latest().say({ type: "event", topic: "run:1", seq: 5, data: null });
  latest().drop();
  expect(socket.state).toBe("closed");
  vi.advanceTimersByTime(499);
  expect(FakeSocket.made).toHaveLength(1);
  vi.advanceTimersByTime(2);
  expect(FakeSocket.made).toHaveLength(2);
  latest().drop();
  vi.advanceTimersByTime(1001);
  expect(FakeSocket.made).toHaveLength(3);
  latest().accept();
  expect(latest().sent).toEqual([{ type: "sub", topic: "run:1", since: 5 }]);
});

it("leaves a topic with its last listener only, and hears resync", () => {
  const socket = new LiveSocket("ws://x/", () => 0.5);
  socket.start();
  latest().accept();
  const first = heard(socket, "tenant:runs");
  const second = heard(socket, "tenant:runs");
  first.leave();
  expect(latest().sent.filter((frame) => (frame as { type: string }).type === "unsub")).toEqual([]);
  latest().say({ type: "resync", topic: "tenant:runs" });
  expect(second.messages).toEqual([{ type: "resync" }]);
  second.leave();
  expect(latest().sent.at(-1)).toEqual({ type: "unsub", topic: "tenant:runs" });
});

const asks = () => latest().sent.filter((frame) => (frame as { type: string }).type === "eval") as { id: string }[];

function started() {
  const socket = new LiveSocket("ws://x/", () => 0.5);
  socket.start();
  latest().accept();
  return socket;
}

it("answers each question by its id, whatever the order", async () => {
  const socket = started();
  const { signal } = new AbortController();
  const answers = [socket.ask("eval", "t", { n: 1 }, signal), socket.ask("eval", "t", { n: 2 }, signal)];
  const [first, second] = asks();
  expect(first).toMatchObject({ topic: "t", n: 1 });
  latest().say({ type: "evaluated", id: second?.id, items: ["two"] });
  latest().say({ type: "evaluated", id: "no such question", items: [] });
  latest().say({ type: "evaluated", id: first?.id, items: ["one"] });
  expect((await Promise.all(answers)).map((answer) => answer?.items)).toEqual([["one"], ["two"]]);
});

it("takes a question back that nobody waits for, or that is not answered", async () => {
  const socket = started();
  const typing = new AbortController();
  const replaced = socket.ask("eval", "t", {}, typing.signal);
  typing.abort();
  expect(await replaced).toBeNull();
  const silent = socket.ask("eval", "t", {}, new AbortController().signal);
  vi.advanceTimersByTime(6000);
  expect(await silent).toBeNull();
  expect(latest().sent.filter((frame) => (frame as { type: string }).type === "cancel")).toEqual(asks().map(({ id }) => ({ type: "cancel", id, topic: "t" })));
});

it("has no answer without a connection, for a question that is too large, and when the connection is lost", async () => {
  const socket = new LiveSocket("ws://x/", () => 0.5);
  const { signal } = new AbortController();
  expect(await socket.ask("eval", "t", {}, signal)).toBeNull();
  socket.start();
  latest().accept();
  expect(await socket.ask("eval", "t", { text: "x".repeat(60_000) }, signal)).toBeNull();
  const lost = socket.ask("eval", "t", {}, signal);
  latest().drop();
  expect(await lost).toBeNull();
});
