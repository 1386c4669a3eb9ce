/** What the palette offers, and which of it fits what was typed. */
import type { ReactNode } from "react";

export interface Offer {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  /** Said beside the title, smaller: the type of an action, say. */
  readonly detail?: string | undefined;
  readonly keys?: string | undefined;
  readonly icon?: ReactNode;
  /** More text to find it by; where it matches, the place is shown. */
  readonly text?: (() => string) | undefined;
  /** The signs that ask for offers of its kind. */
  readonly signs?: string | undefined;
  /** Shown only where its sign is typed. */
  readonly only?: boolean | undefined;
  /** Why it cannot be chosen now. */
  readonly problem?: (() => string | null) | undefined;
  readonly run: () => void;
}

/** A first letter that asks for one kind of offers. */
export interface Sign {
  readonly sign: string;
  /** What it asks for: "commands". */
  readonly title: string;
  /** Said where there is none of that kind. */
  readonly empty: string;
}

export interface Match {
  readonly offer: Offer;
  /** Where the words stand in the offer's text. */
  readonly excerpt: string | null;
}

const MOST = 60;

/** How well a title fits: 0 not at all; a word's beginning counts more than its middle. */
function fit(title: string, words: readonly string[]): number {
  const low = title.toLowerCase();
  let score = 0;
  for (const word of words) {
    const at = low.indexOf(word);
    if (at < 0) return 0;
    score += at === 0 ? 4 : /[\s_(“-]/.test(low.charAt(at - 1)) ? 3 : 1;
  }
  return score;
}

function excerptOf(text: string, words: readonly string[]): string | null {
  const low = text.toLowerCase();
  const at = low.indexOf(words[0] ?? "");
  if (at < 0 || !words.every((word) => low.includes(word))) return null;
  const from = Math.max(0, at - 24);
  return `${from > 0 ? "…" : ""}${text.slice(from, at + 56).replace(/\s+/g, " ").trim()}…`;
}

/** What was typed: a sign, if the palette has it, and the words after it. */
export function readQuery(query: string, signs: readonly Sign[]): { readonly sign: Sign | null; readonly words: string } {
  const typed = query.trimStart();
  const sign = signs.find((one) => typed.startsWith(one.sign)) ?? null;
  return { sign, words: (sign === null ? typed : typed.slice(sign.sign.length)).trim() };
}

/** The offers a sign asks for; without one all but those that need theirs. */
export const offersOf = (offers: readonly Offer[], sign: Sign | null): Offer[] => offers.filter((one) => (sign === null ? !one.only : one.signs?.includes(sign.sign)));

/** The offers that hold all words, the best first; without words, all in their order. */
export function matches(offers: readonly Offer[], query: string): Match[] {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return offers.slice(0, MOST).map((offer) => ({ offer, excerpt: null }));
  const found: (Match & { readonly score: number })[] = [];
  for (const offer of offers) {
    const score = fit(`${offer.title} ${offer.detail ?? ""} ${offer.keys ?? ""}`, words);
    if (score > 0) found.push({ offer, excerpt: null, score: score + 10 });
    else {
      const excerpt = offer.text ? excerptOf(offer.text(), words) : null;
      if (excerpt !== null) found.push({ offer, excerpt, score: 1 });
    }
  }
  return found.sort((one, other) => other.score - one.score).slice(0, MOST);
}
