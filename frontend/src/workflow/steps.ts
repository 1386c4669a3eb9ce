/** Steps of undo. */
import type { Splice } from "./splices";

/** What was done, and what takes it back. */
interface Change {
  readonly patch: readonly Splice[];
  readonly inverse: readonly Splice[];
}

/** Two changes as one that is undone at once; of a value that is set again and again only the last setting is kept. */
export function together(first: Change, then: Change): Change {
  const before = first.patch.at(-1);
  const [only] = then.patch;
  const again = then.patch.length === 1 && before?.op === "set" && only?.op === "set" && before.at === only.at;
  if (again) return { patch: [...first.patch.slice(0, -1), only], inverse: first.inverse };
  return { patch: [...first.patch, ...then.patch], inverse: [...then.inverse, ...first.inverse] };
}
