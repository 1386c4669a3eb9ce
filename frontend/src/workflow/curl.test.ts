import { describe, expect, test } from "vitest";
import { curlDefinition, isCurl, readCurl, words } from "./curl";
import { openDraft } from "./draft";
import { apply } from "./edits";

interface Inputs {
  readonly method: string;
  readonly uri: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly authentication?: unknown;
}
const inputs = (command: string): Inputs => (JSON.parse(readCurl(command).text) as { inputs: Inputs }).inputs;

describe("quotes", () => {
  test.each([
    ["curl 'a b' \"c \\\"d\\\"\" e\\ f", ["curl", "a b", 'c "d"', "e f"]],
    ["curl $'it\\'s\\n\\u00e9\\x41' x", ["curl", "it's\néA", "x"]],
    ["curl -H 'a: b' \\\n  -d 'x\ny'", ["curl", "-H", "a: b", "-d", "x\ny"]],
    ['curl ^"https://a.example/?x=1^&y=2^" ^\r\n  -H ^"accept: */*^" --data-raw ^"^{^\\^"n^\\^":1^}^"', ["curl", "https://a.example/?x=1&y=2", "-H", "accept: */*", "--data-raw", '{"n":1}']],
    ['curl.exe "https://a.example" `\n  -X POST', ["curl.exe", "https://a.example", "-X", "POST"]],
    ["curl a'b'\"c\"d ''", ["curl", "abcd", ""]],
  ])("%s", (command, expected) => expect(words(command)).toEqual(expected));
});

describe("requests", () => {
  test("the address alone is a GET", () => expect(inputs("curl example.com/orders?x=1")).toEqual({ method: "GET", uri: "http://example.com/orders?x=1" }));

  test("JSON stays JSON, to the last digit; data makes it a POST", () => {
    const made = readCurl("curl https://shop.example/orders -H 'Content-Type: application/json' -d '{\"id\": 12345678901234567890, \"to\": \"@ana @{x}\"}'");
    expect(made.name).toBe("Call_shop_example");
    expect(made.text).toContain('"method": "POST"');
    expect(made.text).toContain("12345678901234567890");
    expect(made.text).toContain('"@@ana @@{x}"');
  });

  test("letters in one word, with and without a value", () => expect(inputs("curl -sSLXPUT https://a.example -H'X-A: 1' -da=1")).toEqual({
    method: "PUT", uri: "https://a.example", headers: { "X-A": "1", "Content-Type": "application/x-www-form-urlencoded" }, body: "a=1",
  }));

  test("several -d are one form; -G makes a query of them", () => {
    expect(inputs("curl -d a=1 --data-urlencode 'b=x y' https://a.example").body).toBe("a=1&b=x%20y");
    expect(inputs("curl -G -d a=1 -d b=2 'https://a.example/?c=3'")).toEqual({ method: "GET", uri: "https://a.example/?c=3&a=1&b=2" });
  });

  test("sign-in becomes the action's authentication, not a header", () => {
    expect(inputs("curl -u 'ana:a:b' https://a.example").authentication).toEqual({ type: "Basic", username: "ana", password: "a:b" });
    const bearer = inputs("curl https://a.example -H 'authorization: Bearer abc' -H 'Accept: text/plain'");
    expect(bearer.authentication).toEqual({ type: "Raw", value: "Bearer abc" });
    expect(bearer.headers).toEqual({ Accept: "text/plain" });
  });

  test("--json, --url=, -A, -b, -I", () => {
    expect(inputs("curl --url=https://a.example --json '{}' -A me -b s=1")).toEqual({ method: "POST", uri: "https://a.example", headers: { "Content-Type": "application/json", "User-Agent": "me", Cookie: "s=1" }, body: {} });
    expect(inputs("curl -I https://a.example").method).toBe("HEAD");
  });

  test("a form of parts, files named for those who have to put them in", () => {
    const made = readCurl("curl -F 'title=Hello' -F 'file=@papers/a.pdf;type=application/pdf' https://a.example");
    expect(made.text).toContain('"$content-type": "multipart/form-data"');
    expect(made.text).toContain('form-data; name=\\"title\\"');
    expect(made.notes).toEqual(["“file” was the file papers/a.pdf: put it in by hand."]);
  });

  test("what follows a pipe is another command; data from a file is said", () => {
    expect(inputs("curl https://a.example | jq .").uri).toBe("https://a.example");
    expect(readCurl("curl -k -d @order.json https://a.example").notes).toHaveLength(2);
  });

  test("without an address it is refused in words", () => expect(() => readCurl("curl -X POST")).toThrow("no address"));
});

test("only a command that begins with curl is one", () => {
  expect(isCurl("  $ curl https://a.example")).toBe(true);
  expect(isCurl("curling is a sport")).toBe(false);
  expect(isCurl('{"curl": 1}')).toBe(false);
});

test("the workflow of a command opens, and pasting the action elsewhere is one edit", () => {
  const made = readCurl("curl -X DELETE https://a.example/1 -H 'X: 1'");
  const draft = openDraft(curlDefinition(made));
  expect(draft.graph.root.actions.map((action) => [action.name, action.type])).toEqual([["Call_a_example", "Http"]]);
  const { draft: after } = apply(draft, { name: "paste", arguments: { place: { container: null, branch: "actions", after: ["Call_a_example"], before: [] }, fragments: [made] } });
  expect(after.graph.root.actions.map((action) => action.name)).toEqual(["Call_a_example", "Call_a_example_2"]);
});
