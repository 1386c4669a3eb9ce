import { expect, test } from "vitest";
import { inEditor, inText, placeInEditor, withBreaksOf } from "./lineBreaks";

const MIXED = "one\r\ntwo\nthree\rfour\r\n";

test("what was not edited keeps its line breaks", () => {
  expect(withBreaksOf(MIXED, inEditor(MIXED))).toBe(MIXED);
  expect(withBreaksOf(MIXED, "one\ntwo!\nthree\nfour\n")).toBe("one\r\ntwo!\nthree\rfour\r\n");
  expect(withBreaksOf(MIXED, "one\nfour\n")).toBe("one\r\nfour\r\n");
  expect(withBreaksOf(MIXED, "")).toBe("");
});

test("a line that is typed ends as the lines around it do", () => {
  expect(withBreaksOf("a\r\nb", "a\nnew\nb")).toBe("a\r\nnew\r\nb");
  expect(withBreaksOf("a\nb", "a\nnew\nb")).toBe("a\nnew\nb");
});

test("places go there and back", () => {
  const held = inEditor(MIXED);
  for (let place = 0; place <= held.length; place += 1) {
    expect(placeInEditor(MIXED, inText(MIXED, place))).toBe(place);
    expect(inEditor(MIXED.slice(0, inText(MIXED, place)))).toBe(held.slice(0, place));
  }
});
