import UFuzzy from "@leeoniya/ufuzzy";

export interface Findable {
  readonly label: string;
  readonly group: string;
  readonly expression: string;
  readonly sample: string;
  readonly fit: "fits" | "convertible" | "other";
}

const MOST = 80;
const PENALTY = { fits: 0, convertible: 1, other: 3 };

/** One mistake a word, words in any order. */
const fuzzy = new UFuzzy({ intraMode: 1, intraIns: 1, intraSub: 1, intraTrn: 1, intraDel: 1 });

/**
 * The rows that match, best first: by their name before where they come from, their path and their value; what fits the
 * field before what does not. Nothing that matches is hidden.
 */
export function found<Row extends Findable>(rows: readonly Row[], query: string): Row[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return [...rows];
  const places = (texts: string[]): ReadonlyMap<number, number> => {
    const [indexes, info, order] = fuzzy.search(texts, wanted, 3, 2_000);
    if (!indexes) return new Map();
    const ranked = info && order ? order.map((place) => info.idx[place] ?? 0) : indexes;
    return new Map(ranked.map((index, place) => [index, place / Math.max(1, ranked.length)]));
  };
  const named = places(rows.map((row) => row.label));
  const anywhere = places(rows.map((row) => `${row.label} ${row.group} ${row.expression} ${row.sample}`));
  const rank = (index: number): number => {
    const row = rows[index];
    if (!row) return Number.POSITIVE_INFINITY;
    const label = row.label.toLowerCase();
    const named_ = named.get(index);
    const by = label === wanted ? -4 : label.startsWith(wanted) ? -2 : named_ !== undefined ? named_ : 4 + (anywhere.get(index) ?? 1);
    return by + PENALTY[row.fit];
  };
  const matching = [...new Set([...named.keys(), ...anywhere.keys()])];
  const ranks = new Map(matching.map((index) => [index, rank(index)]));
  return matching.sort((one, other) => (ranks.get(one) ?? 0) - (ranks.get(other) ?? 0) || one - other).slice(0, MOST).flatMap((index) => rows[index] ?? []);
}
