/**
 * The tree of a text that differs from another one in one place: what did not change is taken over from the old tree.
 *
 * Values before the change are the old nodes themselves; those after it are the old nodes seen from elsewhere (`Shifted`),
 * made member by member when somebody looks. So an edit of a large definition costs what it touches, and `contentOf`
 * tells without reading that two values say the same. The result equals `parse` of the new text.
 */
import { LIMITS, parse, Scanner, type Document, type Limits, type Member, type Node } from "./document";

/** A node of another text, some characters further on or back. */
class Shifted implements Node {
  private ownMembers: readonly Member[] | null = null;
  private ownItems: readonly Node[] | null = null;

  constructor(
    readonly content: Node,
    readonly by: number,
  ) {}

  get kind(): Node["kind"] {
    return this.content.kind;
  }

  get value(): Node["value"] {
    return this.content.value;
  }

  get start(): number {
    return this.content.start + this.by;
  }

  get end(): number {
    return this.content.end + this.by;
  }

  get members(): readonly Member[] {
    this.ownMembers ??= this.content.members.map((one) => ({ name: one.name, start: one.start + this.by, nameEnd: one.nameEnd + this.by, value: shifted(one.value, this.by) }));
    return this.ownMembers;
  }

  get items(): readonly Node[] {
    this.ownItems ??= this.content.items.map((one) => shifted(one, this.by));
    return this.ownItems;
  }
}

function shifted(node: Node, by: number): Node {
  if (node instanceof Shifted) return node.by + by === 0 ? node.content : new Shifted(node.content, node.by + by);
  return by === 0 ? node : new Shifted(node, by);
}

/** The node that was read first of those that say the same: equal ones need no comparison. */
export function contentOf(node: Node): Node {
  return node instanceof Shifted ? node.content : node;
}

const weights = new WeakMap<Node, { readonly values: number; readonly depth: number }>();
const LEAF = { values: 1, depth: 0 };

/** How many values a node holds with itself, and how deep objects and arrays nest in it. */
function weightOf(node: Node): { readonly values: number; readonly depth: number } {
  const content = contentOf(node);
  if (content.kind !== "object" && content.kind !== "array") return LEAF;
  const known = weights.get(content);
  if (known) return known;
  let values = 1;
  let depth = 0;
  const add = (inner: Node): void => {
    const weight = weightOf(inner);
    values += weight.values;
    depth = Math.max(depth, weight.depth);
  };
  for (const member of content.members) add(member.value);
  for (const item of content.items) add(item);
  const weight = { values, depth: depth + 1 };
  weights.set(content, weight);
  return weight;
}

const CHUNK = 2048;

/** How many characters two texts have in common at their beginning. */
function sameAhead(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at + CHUNK <= most && one.slice(at, at + CHUNK) === other.slice(at, at + CHUNK)) at += CHUNK;
  while (at < most && one.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  return at;
}

/** … and at their end, not counting what they have in common at the beginning. */
function sameBehind(one: string, other: string, ahead: number): number {
  const most = Math.min(one.length, other.length) - ahead;
  let count = 0;
  while (count + CHUNK <= most && one.slice(one.length - count - CHUNK, one.length - count) === other.slice(other.length - count - CHUNK, other.length - count)) count += CHUNK;
  while (count < most && one.charCodeAt(one.length - count - 1) === other.charCodeAt(other.length - count - 1)) count += 1;
  return count;
}

/** The tree of `text`, with what it shares with `old` taken from there. Throws DocumentError as `parse` does. */
export function reparsed(old: Document, text: string, limits: Limits = LIMITS): Document {
  if (text === old.text) return old;
  // Comments belong to no node, so they could not be counted; a byte order mark is rare enough.
  if (old.comments > 0 || text.startsWith("\ufeff") || text.length > limits.characters) return parse(text, limits);
  const ahead = sameAhead(old.text, text);
  const behind = sameBehind(old.text, text, ahead);
  const changed = text.slice(Math.max(0, ahead - 1), text.length - behind + 1);
  if (/\p{Surrogate}/u.test(changed)) return parse(text, limits);
  const scanner = new Rescanner(text, limits, old, ahead, text.length - behind);
  const root = scanner.whole();
  return { text, root, comments: scanner.comments, values: scanner.values, depth: scanner.deepest };
}

class Rescanner extends Scanner {
  private hint: Node | null;
  private readonly by: number;

  /** `from` and `to` bound what changed, in the new text. */
  constructor(
    text: string,
    limits: Limits,
    old: Document,
    private readonly from: number,
    private readonly to: number,
  ) {
    super(text, limits, 0);
    this.hint = old.root;
    this.by = text.length - old.text.length;
  }

  override value(depth: number): Node {
    const { hint } = this;
    const kept = hint && this.kept(hint);
    if (!kept) return super.value(depth);
    const weight = weightOf(kept);
    if (this.values + weight.values > this.limits.values || depth - 1 + weight.depth > this.limits.depth) return super.value(depth);
    this.values += weight.values;
    if (weight.depth > 0) this.deepest = Math.max(this.deepest, depth - 1 + weight.depth);
    this.position = kept.end;
    return kept;
  }

  /** The old value that stands here unchanged. */
  private kept(hint: Node): Node | null {
    // A character behind it has to be the old one too: what changed could make a number longer.
    if (this.position === hint.start && hint.end < this.from) return hint;
    return this.position >= this.to && this.position - this.by === hint.start ? shifted(hint, this.by) : null;
  }

  override string(): string {
    const value = super.string();
    // A long slice would keep the whole text of this moment in memory.
    return value.length < 13 ? value : ` ${value}`.slice(1);
  }

  override object(depth: number): Node {
    return this.inside(() => super.object(depth), this.hint?.kind === "object" ? this.hint.members : []);
  }

  override array(depth: number): Node {
    return this.inside(() => super.array(depth), this.hint?.kind === "array" ? this.hint.items.map((value) => ({ start: value.start, value })) : []);
  }

  private entries: readonly { readonly start: number; readonly value: Node }[] = [];
  private index = 0;

  /** Reads the entries of an object or array, each with the old entry that stood at the same place. */
  private inside(read: () => Node, entries: readonly { readonly start: number; readonly value: Node }[]): Node {
    const { entries: outer, index, hint } = this;
    this.entries = entries;
    this.index = 0;
    const made = read();
    this.entries = outer;
    this.index = index;
    this.hint = hint;
    return made;
  }

  override entry(): void {
    const wanted = this.position >= this.to ? this.position - this.by : this.position;
    while ((this.entries[this.index]?.start ?? Infinity) < wanted) this.index += 1;
    const found = this.entries[this.index];
    this.hint = found?.start === wanted ? found.value : null;
  }
}
