/** Pointers of my splices after somebody else renamed or moved what they go through. */
import { parse } from "./document";
import type { Splice } from "./splices";
import { escapePart, sameValue } from "./tree";

function follow(pointer: string, others: readonly Splice[]): string {
  let result = pointer;
  for (const one of others) {
    if (one.op === "rename") {
      const to = `${one.at.slice(0, one.at.lastIndexOf("/"))}/${escapePart(one.name)}`;
      result = replaced(result, one.at, to);
    } else if (one.op === "move") result = replaced(result, one.at, one.to);
  }
  return result;
}

function replaced(pointer: string, from: string, to: string): string {
  if (pointer === from) return to;
  return pointer.startsWith(`${from}/`) ? to + pointer.slice(from.length) : pointer;
}

export function carried(mine: readonly Splice[], others: readonly Splice[]): Splice[] {
  if (!others.some((one) => one.op === "rename" || one.op === "move")) return [...mine];
  return mine.map((one) => {
    const at = follow(one.at, others);
    return one.op === "move" ? { ...one, at, to: follow(one.to, others) } : { ...one, at };
  });
}

/** Two JSON texts that mean the same, however they are spaced. */
export function sameJsonText(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    return sameValue(parse(one).root, parse(other).root);
  } catch {
    return false;
  }
}
