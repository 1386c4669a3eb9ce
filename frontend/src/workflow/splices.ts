/**
 * Changes to a JSON text, addressed by pointer: what they name changes, every other byte stays.
 * Twin of `runtime/language/splices.py`, which says what each operation does; both give the same bytes.
 */
import { DocumentError, LIMITS, parse, pointerOf, quote, skipTrivia, tokens, type Document, type Limits, type Node } from "./document";
import { reparsed } from "./reparsing";
import { commentsOf, indentedAnew, lineBreaks, margin, printed, styleOf, type Style } from "./printing";

/** Where a new entry goes: before a member, before an index, or (null) at the end. */
export type Anchor = string | number | null;

/** One change. Values are JSON text, so that their spelling survives. */
export type Splice =
  | { readonly op: "set"; readonly at: string; readonly text: string }
  | { readonly op: "insert"; readonly at: string; readonly text: string; readonly before?: Anchor }
  | { readonly op: "remove"; readonly at: string }
  | { readonly op: "rename"; readonly at: string; readonly name: string }
  | { readonly op: "move"; readonly at: string; readonly to: string; readonly before?: Anchor };

/** A patch that does not fit the text; nothing was changed. `index` is the place of the splice in the patch. */
export class SpliceError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly index: number,
  ) {
    super(message);
    this.name = "SpliceError";
  }
}

class Misfit extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The text with a patch applied. Throws SpliceError for a splice that does not fit, DocumentError for a text that is no JSON. */
export function apply(text: string, patch: readonly Splice[], limits: Limits = LIMITS): string {
  return applied(parse(text, limits), patch, limits).text;
}

/** As `apply`, from one document to the next. */
export function applied(document: Document, patch: readonly Splice[], limits: Limits = LIMITS): Document {
  const editing = new Editing(document);
  for (const [index, splice] of patch.entries()) {
    try {
      editing.splice(splice);
    } catch (wrong) {
      if (!(wrong instanceof Misfit || wrong instanceof DocumentError)) throw wrong;
      throw new SpliceError(wrong.code, `Change ${String(index + 1)} does not fit: ${wrong.message}`, index);
    }
  }
  try {
    return reparsed(document, editing.text(), limits);
  } catch (wrong) {
    if (!(wrong instanceof DocumentError)) throw wrong;
    throw new SpliceError(wrong.code, `The changed text is no valid document: ${wrong.message}`, patch.length - 1);
  }
}

const INDEX = /^(?:0|[1-9][0-9]*)$/;
const bare = (trivia: string): boolean => /^[ \t\r\n]*$/.test(trivia);

/** One entry: the white space and comments before it, its name with the colon (nothing in arrays), its value. */
interface Slot {
  lead: string;
  name: string | null;
  spelling: string;
  colon: string;
  value: Value;
  after: string;
}

const ownLine = (slot: Slot): boolean => lineBreaks(slot.lead).length > 0;

/** A value being edited: a range of some text until something inside it changes, entries from then on. */
class Value {
  slots: Slot[] | null = null;
  trailing = false; // a comma follows the last entry
  tail = "";

  constructor(
    readonly source: string,
    readonly node: Node,
  ) {}

  get holdsEntries(): boolean {
    return this.node.kind === "object" || this.node.kind === "array";
  }

  /** The entries, taken apart on first use. */
  entries(): Slot[] {
    if (this.slots) return this.slots;
    const { node, source } = this;
    const slots: Slot[] = [];
    let position = node.start + 1;
    const inner = [
      ...node.members.map(({ start, nameEnd, name, value }) => ({ start, nameEnd, name, value })),
      ...node.items.map((value) => ({ start: value.start, nameEnd: value.start, name: null, value })),
    ];
    for (const { start, nameEnd, name, value } of inner) {
      const comma = skipTrivia(source, value.end);
      this.trailing = source[comma] === ",";
      slots.push({
        lead: source.slice(position, start),
        name,
        spelling: source.slice(start, nameEnd),
        colon: source.slice(nameEnd, value.start),
        value: new Value(source, value),
        after: this.trailing ? source.slice(value.end, comma) : "",
      });
      position = this.trailing ? comma + 1 : value.end;
    }
    this.tail = source.slice(position, node.end - 1);
    this.slots = slots;
    return slots;
  }

  text(): string {
    const { slots, source, node } = this;
    if (!slots) return source.slice(node.start, node.end);
    const inner = slots.map((slot) => slot.lead + slot.spelling + slot.colon + slot.value.text() + slot.after);
    const comma = this.trailing && slots.length > 0 ? "," : "";
    return source.charAt(node.start) + inner.join(",") + comma + this.tail + source.charAt(node.end - 1);
  }

  placeOf(name: string): number | undefined {
    const index = this.entries().findLastIndex((slot) => slot.name === name);
    return index < 0 ? undefined : index;
  }
}

/** An object or array on the way to something, with the indentation of the line it begins on. */
interface Place {
  readonly value: Value;
  readonly indent: string;
  readonly ownLine: boolean;
}

class Editing {
  private readonly style: Style;
  private readonly before: string;
  private readonly behind: string;
  private root: Value;

  constructor(document: Document) {
    this.style = styleOf(document);
    this.before = document.text.slice(0, document.root.start);
    this.behind = document.text.slice(document.root.end);
    this.root = new Value(document.text, document.root);
  }

  text(): string {
    return this.before + this.root.text() + this.behind;
  }

  splice(splice: Splice): void {
    const path = this.path(splice.at);
    switch (splice.op) {
      case "set":
        this.set(path, this.given(splice.text, "text"));
        return;
      case "insert":
        this.insert(path, this.given(splice.text, "text"), this.anchor(splice.before));
        return;
      case "remove":
        this.take(path);
        return;
      case "rename":
        this.rename(path, this.given(splice.name, "name"));
        return;
      case "move":
        this.move(path, this.path(splice.to), this.anchor(splice.before));
        return;
      default:
        throw new Misfit("InvalidSplice", `there is no operation '${String((splice as { op: unknown }).op)}'.`);
    }
  }

  private path(pointer: unknown): string[] {
    if (typeof pointer !== "string") throw new Misfit("InvalidSplice", "a JSON pointer is missing.");
    try {
      return tokens(pointer);
    } catch (wrong) {
      throw new Misfit("InvalidSplice", wrong instanceof Error ? wrong.message : String(wrong));
    }
  }

  private given(value: unknown, member: string): string {
    if (typeof value !== "string") throw new Misfit("InvalidSplice", `'${member}' must be a text.`);
    return value;
  }

  private anchor(before: unknown): Anchor {
    if (before === undefined || before === null) return null;
    if (typeof before === "string" || Number.isInteger(before)) return before as string | number;
    throw new Misfit("InvalidSplice", "'before' must be a name, an index or null.");
  }

  /** The object or array that holds what the path names. */
  private container(path: readonly string[]): { place: Place; name: string } {
    const name = path.at(-1);
    if (name === undefined) throw new Misfit("InvalidSplice", "the document itself has no name and no place.");
    let place: Place = { value: this.root, indent: "", ownLine: true };
    for (const [depth, token] of path.slice(0, -1).entries()) {
      const index = this.index(place.value, token);
      const slot = index === undefined ? undefined : place.value.entries()[index];
      if (!slot) throw this.missing(path.slice(0, depth + 1));
      place = { value: slot.value, indent: ownLine(slot) ? margin(slot.lead) : place.indent, ownLine: ownLine(slot) };
    }
    if (!place.value.holdsEntries) throw this.missing(path);
    return { place, name };
  }

  /** The place of an entry in its object or array; undefined when there is none. */
  private index(value: Value, token: string): number | undefined {
    if (value.node.kind === "object") return value.placeOf(token);
    if (value.node.kind !== "array" || !INDEX.test(token)) return undefined;
    return Number(token) < value.entries().length ? Number(token) : undefined;
  }

  private missing(path: readonly string[]): Misfit {
    return new Misfit("PointerNotFound", `nothing stands at '${pointerOf(path)}'.`);
  }

  private set(path: readonly string[], text: string): void {
    if (path.length === 0) {
      this.root = this.fresh(text, "", false);
      return;
    }
    const { place, name } = this.container(path);
    const slots = place.value.entries();
    const index = this.index(place.value, name);
    const slot = index === undefined ? undefined : slots[index];
    if (!slot) {
      if (place.value.node.kind === "array" && name !== "-" && name !== String(slots.length)) throw this.missing(path);
      this.put(place, slots.length, name, text);
      return;
    }
    const old = slot.value;
    const kept = old.holdsEntries && old.entries().length > 0 && !old.text().includes("\n");
    slot.value = this.fresh(text, ownLine(slot) ? margin(slot.lead) : place.indent, kept || !ownLine(slot));
  }

  private insert(path: readonly string[], text: string, before: Anchor): void {
    const { place, name } = this.container(path);
    this.put(place, this.where(place.value, name, before), name, text);
  }

  /** Where a new entry goes, by its neighbour or, in arrays, by its own pointer. */
  private where(value: Value, token: string, before: Anchor): number {
    const count = value.entries().length;
    let wanted: number;
    if (value.node.kind === "object") {
      if (value.placeOf(token) !== undefined) throw new Misfit("NameTaken", `a member named '${token}' is there already.`);
      if (typeof before === "string") {
        const index = value.placeOf(before);
        if (index === undefined) throw new Misfit("PointerNotFound", `there is no member '${before}' to stand before.`);
        return index;
      }
      wanted = before ?? count;
    } else if (typeof before === "number") wanted = before;
    else if (INDEX.test(token)) wanted = Number(token);
    else wanted = token === "-" ? count : -1;
    if (wanted < 0 || wanted > count) {
      throw new Misfit("PointerNotFound", `there is no place '${String(before ?? token)}' among ${String(count)} entries.`);
    }
    return wanted;
  }

  private rename(path: readonly string[], name: string): void {
    const { place, name: old } = this.container(path);
    const { value } = place;
    if (value.node.kind !== "object" || value.placeOf(old) === undefined) throw this.missing(path);
    if (name === old) return;
    if (value.placeOf(name) !== undefined) throw new Misfit("NameTaken", `a member named '${name}' is there already.`);
    for (const slot of value.entries()) {
      if (slot.name === old) {
        slot.name = name;
        slot.spelling = quote(name);
      }
    }
  }

  private move(path: readonly string[], to: readonly string[], before: Anchor): void {
    if (to.length > path.length && path.every((token, index) => token === to[index])) {
      throw new Misfit("InvalidSplice", "a member cannot move into itself.");
    }
    const { slot: moved, indent } = this.take(path);
    const { place, name } = this.container(to);
    const own = commentsOf(moved.lead).later;
    const slot = this.put(place, this.where(place.value, name, before), name, moved.value.text(), indent);
    const last = lineBreaks(slot.lead).at(-1);
    if (own.length > 0 && last !== undefined) {
      const line = this.style.newline + margin(slot.lead);
      slot.lead = slot.lead.slice(0, last) + own.map((comment) => line + comment).join("") + line;
    }
  }

  /** Remove an entry; it comes back with the indentation it stood at. */
  private take(path: readonly string[]): { slot: Slot; indent: string } {
    const { place, name } = this.container(path);
    const { value } = place;
    const index = this.index(value, name);
    const slot = index === undefined ? undefined : value.entries()[index];
    if (index === undefined || !slot) throw this.missing(path);
    this.cut(value, index);
    if (slot.name !== null) {
      for (let again = value.placeOf(slot.name); again !== undefined; again = value.placeOf(slot.name)) this.cut(value, again);
    }
    return { slot, indent: ownLine(slot) ? margin(slot.lead) : place.indent };
  }

  /** Take an entry out. A comment beside the entry before stays; those of the entry itself go. */
  private cut(value: Value, index: number): void {
    const slots = value.entries();
    const [gone] = slots.splice(index, 1);
    if (!gone) return;
    const following = slots[index];
    if (following) following.lead = closedGap(gone.lead, following.lead, index === 0);
    else value.tail = closedGap(gone.lead, value.tail, false);
    if (slots.length === 0) {
      value.trailing = false;
      value.tail = bare(value.tail) ? "" : value.tail;
    }
  }

  private fresh(text: string, indent: string, oneLine: boolean): Value {
    const laid = printed(text, this.style, indent, oneLine);
    return new Value(laid, parse(laid).root);
  }

  /** A new entry at an index. With `movedFrom` the text keeps its own layout, indented for its new place. */
  private put(place: Place, index: number, name: string, text: string, movedFrom?: string): Slot {
    const { value } = place;
    const slots = value.entries();
    const neighbour = slots[Math.min(index, slots.length - 1)];
    let alone = neighbour ? ownLine(neighbour) : place.ownLine;
    const indent = neighbour && alone ? margin(neighbour.lead) : place.indent + this.style.unit;
    if (!this.style.broken) alone = false;
    else if (!alone) alone = (movedFrom === undefined ? this.fresh(text, indent, true).text() : text).includes("\n");
    const stands = alone ? indent : place.indent;
    const laid = movedFrom === undefined ? printed(text, this.style, stands, !alone) : indentedAnew(text, movedFrom, stands);
    const named = value.node.kind === "object";
    const slot: Slot = {
      lead: "",
      name: named ? name : null,
      spelling: named ? quote(name) : "",
      colon: named ? this.style.colon : "",
      value: new Value(laid, parse(laid).root),
      after: "",
    };
    slots.splice(index, 0, slot);
    if (alone) this.onItsLine(place, slot, index, this.style.newline + indent);
    else this.inTheLine(value, slot, index);
    return slot;
  }

  private onItsLine({ value, indent }: Place, slot: Slot, index: number, line: string): void {
    slot.lead = line;
    const following = value.entries()[index + 1];
    if (following) {
      const ahead = lineBreaks(following.lead)[0];
      if (ahead !== undefined && commentsOf(following.lead).same.length > 0) {
        // comments beside the entry before stay there
        slot.lead = following.lead.slice(0, ahead) + line;
        following.lead = following.lead.slice(ahead);
      }
      return;
    }
    const last = lineBreaks(value.tail).at(-1);
    const empty = index === 0;
    if (last !== undefined && !empty) {
      // comments behind the last entry stay with it
      slot.lead = value.tail.slice(0, last) + line;
      value.tail = value.tail.slice(last);
    } else if (!bare(value.tail)) {
      slot.lead = value.tail.slice(0, last ?? value.tail.length) + line;
      value.tail = "";
    }
    if (empty) value.tail = this.style.newline + indent;
  }

  private inTheLine(value: Value, slot: Slot, index: number): void {
    const slots = value.entries();
    const gap = this.style.comma.slice(1);
    const following = slots[1];
    if (slots.length === 1 || !following) {
      slot.lead = bare(value.tail) ? "" : value.tail;
      value.tail = "";
    } else if (index === 0) {
      if (!bare(following.lead)) return;
      slot.lead = following.lead;
      following.lead = gap;
    } else if (index === slots.length - 1 && !bare(value.tail)) {
      slot.lead = value.tail;
      value.tail = "";
    } else slot.lead = gap;
  }
}

/** What stands before an entry (or the closing bracket) once the entry in front of it is gone. */
function closedGap(gone: string, follower: string, first: boolean): string {
  const ahead = lineBreaks(follower)[0];
  if (commentsOf(gone).same.length === 0) {
    if (ahead !== undefined) return follower.slice(ahead);
    return first && bare(follower) ? gone : follower;
  }
  if (ahead === undefined) return gone;
  return gone.slice(0, lineBreaks(gone)[0] ?? gone.length) + follower.slice(ahead);
}
