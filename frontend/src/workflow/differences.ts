/**
 * The splices that turn one JSON text into another (the code view hands over whole texts). Twin of
 * `runtime/language/differences.py`. Compared are values as spelled; white space and comments are not.
 */
import { parse, pointerOf, sourceOf, type Document, type Node } from "./document";
import { spelled } from "./printing";
import type { Splice } from "./splices";

type Path = readonly (string | number)[];

/** A small patch after which `old` spells the values of `wanted`; empty when it already does. */
export function diff(old: string, wanted: string): Splice[] {
  const comparison = new Comparison(parse(old), parse(wanted));
  comparison.values([], comparison.old.root, comparison.wanted.root);
  return comparison.patch;
}

const repeats = (node: Node): boolean => new Set(node.members.map((member) => member.name)).size < node.members.length;

class Comparison {
  readonly patch: Splice[] = [];
  private readonly texts = new Map<Node, string>();

  constructor(
    readonly old: Document,
    readonly wanted: Document,
  ) {}

  private text(document: Document, node: Node): string {
    const known = this.texts.get(node) ?? spelled(document, node);
    this.texts.set(node, known);
    return known;
  }

  private same(old: Node, wanted: Node): boolean {
    return this.text(this.old, old) === this.text(this.wanted, wanted);
  }

  values(path: Path, old: Node, wanted: Node): void {
    if (old.kind === "object" && wanted.kind === "object" && !repeats(old) && !repeats(wanted)) {
      this.objects(path, old, wanted);
    } else if (old.kind === "array" && wanted.kind === "array") {
      this.arrays(path, old.items, wanted.items);
    } else if (!this.same(old, wanted)) {
      this.patch.push({ op: "set", at: pointerOf(path), text: sourceOf(this.wanted, wanted) });
    }
  }

  private objects(path: Path, old: Node, wanted: Node): void {
    const was = new Map(old.members.map((member) => [member.name, member.value]));
    const now = new Map(wanted.members.map((member) => [member.name, member.value]));
    const come = [...now.keys()].filter((name) => !was.has(name));
    const order: string[] = [];
    const heirs = new Map<string, string>();
    for (const [name, value] of was) {
      if (now.has(name)) continue;
      const heir = value.members.length + value.items.length === 0 ? undefined : this.heir(value, now, come);
      if (heir === undefined) this.patch.push({ op: "remove", at: pointerOf([...path, name]) });
      else {
        this.patch.push({ op: "rename", at: pointerOf([...path, name]), name: heir });
        heirs.set(name, heir);
        come.splice(come.indexOf(heir), 1);
      }
    }
    for (const name of was.keys()) {
      const stays = now.has(name) ? name : heirs.get(name);
      if (stays !== undefined) order.push(stays);
    }
    for (const [name, value] of now) {
      const before = was.get(name);
      if (before) this.values([...path, name], before, value);
    }
    this.order(path, order, now);
  }

  /** The new name under which a member lives on with the same value. */
  private heir(value: Node, now: ReadonlyMap<string, Node>, come: readonly string[]): string | undefined {
    return come.find((name) => {
      const candidate = now.get(name);
      return candidate !== undefined && this.same(value, candidate);
    });
  }

  /** Insert what is new and move what is out of order, from the end, so that each neighbour is in place already. */
  private order(path: Path, names: readonly string[], now: ReadonlyMap<string, Node>): void {
    const places = new Map([...now.keys()].map((name, index) => [name, index]));
    const settled = longestRising(names, places);
    const present = new Set(names);
    let following: string | null = null;
    for (const [name, value] of [...now].reverse()) {
      const at = pointerOf([...path, name]);
      if (!present.has(name)) this.patch.push({ op: "insert", at, text: sourceOf(this.wanted, value), before: following });
      else if (!settled.has(name)) this.patch.push({ op: "move", at, to: at, before: following });
      following = name;
    }
  }

  private arrays(path: Path, old: readonly Node[], wanted: readonly Node[]): void {
    const alike = (one: Node | undefined, other: Node | undefined): boolean => !!one && !!other && this.same(one, other);
    const shorter = Math.min(old.length, wanted.length);
    let head = 0;
    while (head < shorter && alike(old[head], wanted[head])) head += 1;
    let tail = 0;
    while (tail < shorter - head && alike(old.at(-1 - tail), wanted.at(-1 - tail))) tail += 1;
    const was = old.slice(head, old.length - tail);
    const now = wanted.slice(head, wanted.length - tail);
    for (const [index, value] of now.slice(0, was.length).entries()) {
      const before = was[index];
      if (before) this.values([...path, head + index], before, value);
    }
    for (let index = was.length - 1; index >= now.length; index -= 1) {
      this.patch.push({ op: "remove", at: pointerOf([...path, head + index]) });
    }
    for (const [index, value] of now.slice(was.length).entries()) {
      const at = pointerOf([...path, head + was.length + index]);
      this.patch.push({ op: "insert", at, text: sourceOf(this.wanted, value), before: null });
    }
  }
}

/** A longest selection of names that already stand in the wanted order. */
function longestRising(names: readonly string[], places: ReadonlyMap<string, number>): Set<string> {
  const ends: number[] = [];
  const last: number[] = [];
  const back: number[] = [];
  for (const [index, name] of names.entries()) {
    const place = places.get(name) ?? 0;
    let length = 0;
    let high = ends.length;
    while (length < high) {
      const middle = (length + high) >> 1;
      if ((ends[middle] ?? 0) < place) length = middle + 1;
      else high = middle;
    }
    back.push(last[length - 1] ?? -1);
    ends[length] = place;
    last[length] = index;
  }
  const chosen = new Set<string>();
  for (let index = last.at(-1) ?? -1; index >= 0; index = back[index] ?? -1) chosen.add(names[index] ?? "");
  return chosen;
}
