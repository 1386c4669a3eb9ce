import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromValue, JsonSyntaxError, member, printJson, readJson } from "./jsonTree";

describe("readJson", () => {
  it("keeps order of integer-like names, duplicates and the spelling of numbers", () => {
    const text = '{"b":1e3,"2":9007199254740993,"1":-0.10,"b":[true,null,""]}';
    expect(printJson(readJson(text), 0)).toBe(text);
    expect(member(readJson(text), "b")).toEqual(readJson('[true,null,""]'));
  });

  it("agrees with JSON.parse on every value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(printJson(readJson(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(["", "{", "[1,]", "{a:1}", "01", "tru", '"\u0001"', "1 2", '{"a" 1}'])("refuses %j with a position", (text) => {
    expect(() => readJson(text)).toThrow(JsonSyntaxError);
  });

  it("reads what fromValue makes", () => {
    expect(printJson(fromValue({ a: [1, "x", null, false] }), 0)).toBe('{"a":[1,"x",null,false]}');
  });
});
