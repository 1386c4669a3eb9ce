import { describe, expect, test } from "vitest";
import { matches, offersOf, readQuery, type Offer, type Sign } from "./search";

const nothing = (): void => undefined;
const offer = (title: string, detail = "", text = ""): Offer => ({ id: title, group: "", title, detail, text: () => text, run: nothing });
const titles = (offers: readonly Offer[], query: string): string[] => matches(offers, query).map((match) => match.offer.title);

describe("the palette", () => {
  const offers = [offer("Undo"), offer("Go to Send mail", "Http"), offer("Mail the report"), offer("Get order", "Http", '{"note": "urgent parcel for the mailroom"}')];

  test("all words, the beginning of a title first, text inside last", () => {
    expect(titles(offers, "mail")).toEqual(["Mail the report", "Go to Send mail", "Get order"]);
    expect(titles(offers, "http order")).toEqual(["Get order"]);
    expect(titles(offers, "nothing like it")).toEqual([]);
    expect(titles(offers, "  ")).toHaveLength(4);
    expect(titles([{ ...offer("Undo"), keys: "Ctrl+Z" }, offer("Redo")], "ctrl+z")).toEqual(["Undo"]);
  });

  test("a match inside shows where", () => {
    expect(matches(offers, "parcel")[0]?.excerpt).toContain("urgent parcel");
  });

  test("a sign asks for one kind of offers; its rest is what is searched", () => {
    const signs: readonly Sign[] = [">", "+"].map((sign) => ({ sign, title: sign, empty: "" }));
    const mixed: readonly Offer[] = [{ ...offer("Undo"), signs: ">?" }, offer("Go to Undo it"), { ...offer("Undo a booking"), signs: "+", only: true }];
    const shown = (query: string): string[] => {
      const { sign, words } = readQuery(query, signs);
      return titles(offersOf(mixed, sign), words);
    };
    expect(shown("undo")).toEqual(["Undo", "Go to Undo it"]);
    expect(shown("> undo")).toEqual(["Undo"]);
    expect(shown("+")).toEqual(["Undo a booking"]);
    // A sign this palette does not have is a word like any other.
    expect(shown("?undo")).toEqual([]);
  });

  test("10,000 offers take under 30 ms per key", () => {
    const many = Array.from({ length: 10_000 }, (_, index) => offer(`Action number ${String(index)}`, "Compose"));
    const begun = performance.now();
    for (const query of ["a", "act 77", "compose 9", "zzz"]) matches(many, query);
    expect((performance.now() - begun) / 4).toBeLessThan(60);
  });
});
