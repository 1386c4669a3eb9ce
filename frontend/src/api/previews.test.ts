import { afterEach, expect, it, vi } from "vitest";
import { evaluate } from "./previews";
import type { SocketAnswer } from "./socket";

const ask = vi.hoisted(() => vi.fn<(type: string, topic: string, body: { templates: string[] }, signal: AbortSignal) => Promise<SocketAnswer>>());
vi.mock("./socket", () => ({ liveSocket: () => ({ ask }) }));
const post = vi.hoisted(() => vi.fn<(path: string, options: { body: { templates: string[] } }) => unknown>());
vi.mock("./client", () => ({ client: { POST: post }, answer: async (call: Promise<{ data: unknown }>) => (await call).data }));

afterEach(() => {
  ask.mockReset();
  post.mockReset();
});

const at = { action: "A", sample: { value: { n: 1 } } };
const never = () => new AbortController().signal;

it("asks once for all fields of one moment, and once more for another place", async () => {
  ask.mockImplementation((_type, _topic, { templates }) => Promise.resolve({ items: templates.map((text) => ({ text })) }));
  const values = await Promise.all([evaluate("t", "w", "a", at, never()), evaluate("t", "w", "b", { ...at }, never()), evaluate("t", "w", "c", { action: "B" }, never())]);
  expect(values.map((value) => value.text)).toEqual(["a", "b", "c"]);
  expect(ask.mock.calls.map(([type, topic, body]) => [type, topic, body])).toEqual([
    ["eval", "workflow:w:draft", { templates: ["a", "b"], action: "A", sample: { n: 1 } }],
    ["eval", "workflow:w:draft", { templates: ["c"], action: "B" }],
  ]);
  expect(post).not.toHaveBeenCalled();
});

it("asks over HTTP where the socket has no answer, and where the session ended", async () => {
  post.mockResolvedValue({ data: { items: [{ text: "over HTTP" }] } });
  for (const heard of [null, { problem: { code: "SignInRequired" } }]) {
    ask.mockResolvedValueOnce(heard);
    expect((await evaluate("t", "w", "a", at, never())).text).toBe("over HTTP");
  }
  expect(post.mock.calls.map(([, { body }]) => body)).toEqual([0, 1].map(() => ({ templates: ["a"], action: "A", sample: { n: 1 } })));
});

it("says a refusal as HTTP does", async () => {
  ask.mockResolvedValueOnce({ problem: { code: "RunNotFound", detail: "There is no such run.", status: 404 } });
  await expect(evaluate("t", "w", "a", at, never())).rejects.toMatchObject({ code: "RunNotFound", status: 404, message: "There is no such run." });
});

it("takes a question back once no field waits for it", async () => {
  ask.mockImplementation((_type, _topic, _body, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(null))));
  const [one, other] = [new AbortController(), new AbortController()];
  const both = Promise.allSettled([evaluate("t", "w", "a", at, one.signal), evaluate("t", "w", "b", at, other.signal)]);
  await Promise.resolve();
  const whole = ask.mock.calls[0]?.[3];
  one.abort();
  expect(whole?.aborted).toBe(false);
  other.abort();
  expect(whole?.aborted).toBe(true);
  expect((await both).map((each) => each.status)).toEqual(["rejected", "rejected"]);
  expect(post).not.toHaveBeenCalled();
});
