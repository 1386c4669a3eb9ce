/**
 * Notes on the canvas: members of `metadata.notes` of the definition, where Logic Apps keeps its own, so that they are copied, compared,
 * undone and shared like everything else, and go along when the definition is exported.
 *
 * A note with an `anchor` stands beside that action, its position counted from the corner of the card; without one it is
 * counted from the corner of the flow. Its text is plain, with the few marks of `markedText`.
 */
import { at, quote, type Document, type Node } from "./document";
import { titleOf } from "./draft";
import { Refused } from "./refused";
import type { Splice } from "./splices";
import { escapePart, member, stringOf } from "./tree";

export const NOTE_COLORS = ["yellow", "blue", "green", "purple", "grey"] as const;
export type NoteColor = (typeof NOTE_COLORS)[number];
export const NOTE_WIDTH = 220;
/** What a note may measure: from one that holds a word to one that is read from afar. */
export const NOTE_SIZES = { width: [120, 800], height: [44, 800] } as const;
const MOST = 200;

export interface Note {
  readonly id: string;
  readonly content: string;
  readonly color: NoteColor;
  readonly x: number;
  readonly y: number;
  readonly anchor: string | null;
  readonly width: number;
  /** At least so high; null: as high as its text. */
  readonly height: number | null;
}

/** The members of a note that an edit changes; those that are not named stay as they are. */
export type NoteChange = Partial<Omit<Note, "id">>;

const pointerOf = (base: string, id = ""): string => `${base}/metadata/notes${id === "" ? "" : `/${escapePart(id)}`}`;

export function readNotes(document: Document, base: string): readonly Note[] {
  const notes = at(document, pointerOf(base));
  return notes?.kind === "object" ? notes.members.filter((one) => one.value.kind === "object").slice(0, MOST).map((one) => readNote(one.name, one.value)) : [];
}

function readNote(id: string, node: Node): Note {
  const metadata = member(node, "metadata");
  const position = member(metadata, "position");
  const [width, height] = [numberOf(member(metadata, "width")), numberOf(member(metadata, "height"))];
  const color = stringOf(member(node, "color"));
  return {
    id, content: stringOf(member(node, "content")) ?? "", color: NOTE_COLORS.find((one) => one === color) ?? "yellow",
    x: numberOf(member(position, "x")), y: numberOf(member(position, "y")), anchor: stringOf(member(node, "anchor")) ?? null,
    width: width > 0 ? fitting("width", width) : NOTE_WIDTH, height: height > 0 ? fitting("height", height) : null,
  };
}

function numberOf(node: Node | undefined): number {
  const value = node?.kind === "number" ? Number(node.value) : 0;
  return Number.isFinite(value) ? value : 0;
}

export function fitting(side: keyof typeof NOTE_SIZES, value: number): number {
  const [least, most] = NOTE_SIZES[side];
  return Math.round(Math.min(most, Math.max(least, value)));
}

const position = (x: number, y: number): string => `{"x": ${String(Math.round(x))}, "y": ${String(Math.round(y))}}`;

export function addNote(document: Document, base: string, note: Note): Splice[] {
  const anchor = note.anchor === null ? "" : `, "anchor": ${quote(note.anchor)}`;
  const text = `{"content": ${quote(note.content)}, "color": ${quote(note.color)}, "metadata": {"position": ${position(note.x, note.y)}, "width": ${String(note.width)}${note.height === null ? "" : `, "height": ${String(note.height)}`}}${anchor}}`;
  const member_: Splice = { op: "set", at: pointerOf(base, note.id), text };
  if (at(document, pointerOf(base))) return [member_];
  if (at(document, `${base}/metadata`)) return [{ op: "set", at: pointerOf(base), text: "{}" }, member_];
  return [{ op: "set", at: `${base}/metadata`, text: '{"notes": {}}' }, member_];
}

export function editNote(document: Document, base: string, id: string, change: NoteChange): Splice[] {
  const here = pointerOf(base, id);
  const node = at(document, here);
  if (!node) throw new Refused("This note was deleted meanwhile.");
  const now = readNote(id, node);
  const splices: Splice[] = [];
  if (change.content !== undefined) splices.push({ op: "set", at: `${here}/content`, text: quote(change.content) });
  if (change.color !== undefined) splices.push({ op: "set", at: `${here}/color`, text: quote(change.color) });
  if (change.x !== undefined || change.y !== undefined) {
    const place = position(change.x ?? now.x, change.y ?? now.y);
    splices.push(at(document, `${here}/metadata`) ? { op: "set", at: `${here}/metadata/position`, text: place } : { op: "set", at: `${here}/metadata`, text: `{"position": ${place}}` });
  }
  const sizes = (["width", "height"] as const).filter((side) => typeof change[side] === "number");
  if (sizes.length > 0 && !at(document, `${here}/metadata`) && change.x === undefined && change.y === undefined) splices.push({ op: "set", at: `${here}/metadata`, text: `{"position": ${position(now.x, now.y)}}` });
  for (const side of sizes) splices.push({ op: "set", at: `${here}/metadata/${side}`, text: String(fitting(side, change[side] ?? 0)) });
  if (change.anchor === null && now.anchor !== null) splices.push({ op: "remove", at: `${here}/anchor` });
  if (typeof change.anchor === "string") splices.push({ op: "set", at: `${here}/anchor`, text: quote(change.anchor) });
  return splices;
}

/** The last note takes `notes`, and a `metadata` that held nothing else, along: the text is as it was before the first. */
export function removeNote(document: Document, base: string, id: string): Splice[] {
  if (!at(document, pointerOf(base, id))) throw new Refused("This note was deleted already.");
  if ((at(document, pointerOf(base))?.members.length ?? 0) > 1) return [{ op: "remove", at: pointerOf(base, id) }];
  const alone = at(document, `${base}/metadata`)?.members.length === 1;
  return [{ op: "remove", at: alone ? `${base}/metadata` : pointerOf(base) }];
}

/** Notes that stand beside an action follow it to its new name. */
export function renameAnchors(document: Document, base: string, from: string, to: string): Splice[] {
  return readNotes(document, base).filter((note) => note.anchor?.toLowerCase() === from.toLowerCase()).map((note) => ({ op: "set", at: `${pointerOf(base, note.id)}/anchor`, text: quote(to) }));
}

/** Of a note with text: its first line, for lists and screen readers. */
export function firstLine(note: Note): string {
  const line = note.content.split("\n").find((one) => one.trim() !== "")?.replace(/[*`#]/g, "").trim() ?? "";
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** What a note is called where many things are listed. */
export const noteTitle = (note: Note): string => `Note${note.anchor === null ? "" : ` beside ${titleOf(note.anchor)}`}: ${firstLine(note)}`;

/** A note's text cut into what is drawn: never HTML, only these marks. */
export type Mark = { readonly kind: "text" | "bold" | "italic" | "code" | "link"; readonly text: string };
export interface Line {
  readonly kind: "text" | "heading" | "item";
  readonly marks: readonly Mark[];
}

const MARKS = /\*\*(?<bold>[^*\n]+)\*\*|(?<![\w*])\*(?<italic>[^*\n]+)\*(?![\w*])|`(?<code>[^`\n]+)`|(?<link>https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)])/g;

export function markedText(content: string): Line[] {
  return content.split(/\r?\n/).map((line) => {
    const heading = /^#{1,3}\s+(.*)$/.exec(line);
    const item = heading ? null : /^\s*[-*]\s+(.*)$/.exec(line);
    return { kind: heading ? "heading" : item ? "item" : "text", marks: marksOf(heading?.[1] ?? item?.[1] ?? line) };
  });
}

function marksOf(line: string): Mark[] {
  const marks: Mark[] = [];
  let end = 0;
  for (const found of line.matchAll(MARKS)) {
    if (found.index > end) marks.push({ kind: "text", text: line.slice(end, found.index) });
    for (const kind of ["bold", "italic", "code", "link"] as const) {
      const text = found.groups?.[kind];
      if (text !== undefined) marks.push({ kind, text });
    }
    end = found.index + found[0].length;
  }
  if (end < line.length) marks.push({ kind: "text", text: line.slice(end) });
  return marks;
}
