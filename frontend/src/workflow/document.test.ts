import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diff } from "./differences";
import { at, DocumentError, nameRangeOf, parse, pointerAt, quote, rangeOf, sourceOf } from "./document";
import { format, spelled } from "./printing";
import { apply, SpliceError, type Splice } from "./splices";

// The same files are run by tests/language/test_document.py. They are test data, no definitions: JSON.parse may read them.
const folder = join(import.meta.dirname, "../../../tests/language/cases/splices");
const cases = <Case>(name: string): Case[] => JSON.parse(readFileSync(join(folder, name), "utf8")) as Case[];

interface PatchCase {
  name: string;
  text: string;
  patch: Splice[];
  result?: string;
  error?: { code: string; index: number };
}

describe("patches", () => {
  it.each(cases<PatchCase>("patches.json"))("$name", ({ text, patch, result, error }) => {
    if (!error) {
      expect(apply(text, patch)).toBe(result);
      return;
    }
    let caught: unknown;
    try {
      apply(text, patch);
    } catch (wrong) {
      caught = wrong;
    }
    expect(caught).toBeInstanceOf(SpliceError);
    expect(caught).toMatchObject(error);
  });
});

describe("differences", () => {
  interface Case {
    name: string;
    old: string;
    new: string;
    patch: Splice[];
    result: string;
  }
  it.each(cases<Case>("differences.json"))("$name", ({ old, new: wanted, patch, result }) => {
    expect(diff(old, wanted)).toEqual(patch);
    expect(apply(old, patch)).toBe(result);
  });
});

describe("formats", () => {
  it.each(cases<{ name: string; text: string; result: string }>("formats.json"))("$name", ({ text, result }) => {
    expect(format(text)).toBe(result);
  });
});

describe("errors", () => {
  interface Case {
    name: string;
    text: string;
    error: { code: string; position: number; line: number; column: number; reason: string };
  }
  it.each(cases<Case>("errors.json"))("$name", ({ text, error }) => {
    let caught: unknown;
    try {
      parse(text);
    } catch (wrong) {
      caught = wrong;
    }
    expect(caught).toBeInstanceOf(DocumentError);
    expect(caught).toMatchObject(error);
  });
});

describe("ranges", () => {
  interface Case {
    text: string;
    pointers: { at: string; range: number[] | null; name: number[] | null }[];
    positions: { position: number; at: string }[];
  }
  it.each(cases<Case>("ranges.json"))("of %#", ({ text, pointers, positions }) => {
    const document = parse(text);
    for (const wanted of pointers) {
      expect([rangeOf(document, wanted.at) ?? null, nameRangeOf(document, wanted.at) ?? null]).toEqual([wanted.range, wanted.name]);
    }
    for (const wanted of positions) expect(pointerAt(document, wanted.position)).toBe(wanted.at);
  });
});

const names = fc.oneof(
  fc.constantFrom("a", "b", "10", "9", "__proto__", "constructor", "x/y~z", "", "\u{1f600}", "\ud800", "\0"),
  fc.string({ maxLength: 4, unit: "binary" }),
);
const spaces = fc.constantFrom("", "", " ", "\n", "\r\n\t", " // c\n", "/* x\ny */");
const scalars = fc.oneof(fc.constantFrom("1", "1.0", "1e3", "12345678901234567890", "null", '"\\u00e9"'), names.map(quote));
const { texts } = fc.letrec<{ texts: string }>((tie) => ({
  texts: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars,
    fc
      .tuple(fc.array(fc.tuple(names, tie("texts")), { maxLength: 4 }), spaces, spaces)
      .map(([entries, one, two]) => `{${entries.map(([name, value]) => `${one}${quote(name)}${two}:${one}${value}${two}`).join(",")}${two}}`),
    fc.tuple(fc.array(tie("texts"), { maxLength: 4 }), spaces).map(([items, one]) => `[${items.map((item) => one + item).join(",")}${one}]`),
  ),
}));

describe("laws", () => {
  it("a difference applied gives the other values, as spelled", () => {
    fc.assert(
      fc.property(texts, texts, (old, wanted) => {
        const result = parse(apply(old, diff(old, wanted)));
        const document = parse(wanted);
        expect(spelled(result, result.root)).toBe(spelled(document, document.root));
      }),
      { numRuns: 300 },
    );
  });

  it("format changes white space only", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const before = parse(text);
        const after = parse(format(text));
        expect(spelled(after, after.root)).toBe(spelled(before, before.root));
        expect(after.comments).toBe(before.comments);
        expect(format(after.text)).toBe(after.text);
      }),
      { numRuns: 300 },
    );
  });
});

it("survives what JSON.parse does not", () => {
  const text = '{"10": 1.0, "9": 1e3, "big": 12345678901234567890, "a": 1, "a": 2, "__proto__": {"x": 1}, "u": "\\u0000"}';
  const document = parse(text);
  expect(document.root.members.map((member) => member.name)).toEqual(["10", "9", "big", "a", "a", "__proto__", "u"]);
  expect(at(document, "/big")?.value).toBe("12345678901234567890");
  expect(at(document, "/__proto__/x")?.value).toBe("1");
  expect(at(document, "/u")?.value).toBe("\0");
  expect(sourceOf(document, document.root)).toBe(text);
});
