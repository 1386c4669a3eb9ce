import { useReactFlow, useStoreApi, type Viewport } from "@xyflow/react";
import { IconPalette, IconTrash } from "@tabler/icons-react";
import { Fragment, useEffect, useEffectEvent, useMemo, useRef, useState, type CSSProperties } from "react";
import type { Draft } from "../../workflow/draft";
import type { Edit } from "../../workflow/edits";
import type { Layout } from "../../workflow/layout";
import { fitting, markedText, NOTE_COLORS, NOTE_WIDTH, noteTitle, readNotes, type Mark, type Note, type NoteChange } from "../../workflow/notes";
import { motion } from "./useCanvasKeys";
import styles from "./notes.module.css";

export interface NoteWish {
  readonly id: string;
  /** The card to stand beside; null: in the middle of what is seen. */
  readonly beside: string | null;
}

export interface NotesLayerProps {
  readonly draft: Draft;
  readonly drawn: Layout;
  /** Undefined where notes are only read. */
  readonly onEdit: ((edit: Edit) => void) | undefined;
  /** Somebody wants a new note; a new object each time. */
  readonly wish: NoteWish | null;
  /** Gives the focus back to the canvas. */
  readonly onLeave: () => void;
}

const LIMIT = 4000;

/** Where a note is counted from: the corner of its card; null while that is folded away. */
function originOf(drawn: Layout, note: Note, exists: boolean): { readonly x: number; readonly y: number } | null {
  if (note.anchor === null || !exists) return { x: 0, y: 0 };
  const item = drawn.byId.get(note.anchor) ?? drawn.byId.get(`trigger:${note.anchor}`);
  return item ? { x: item.x, y: item.y } : null;
}

export function NotesLayer({ draft, drawn, onEdit, wish, onLeave }: NotesLayerProps) {
  const { fresh, onFresh } = useFreshNote(drawn, onEdit ? wish : null);
  const { graph, document } = draft;
  const notes = useMemo(() => readNotes(document, graph.base), [document, graph.base]);
  const shown = fresh && !notes.some((note) => note.id === fresh.id) ? [...notes, fresh] : notes;
  return (
    <>
      {shown.map((note) => {
        const origin = originOf(drawn, note, note.anchor !== null && graph.entries.has(note.anchor.toLowerCase()));
        if (!origin) return null;
        const isFresh = note === fresh;
        return (
          <NoteCard
            key={note.id} note={note} origin={origin} fresh={isFresh} onLeave={onLeave}
            onChange={onEdit && ((change) => {
              if (!isFresh) return onEdit({ name: "editNote", arguments: { note: note.id, change } });
              if (change.content !== undefined) onEdit({ name: "addNote", arguments: { note: { ...note, ...change } } });
              onFresh(change.content === undefined ? { ...note, ...change } : null);
            })}
            onRemove={onEdit && (() => (isFresh ? onFresh(null) : onEdit({ name: "removeNote", arguments: { note: note.id } })))}
          />
        );
      })}
    </>
  );
}

/** A note that was begun; it gets into the definition with its text. */
function useFreshNote(drawn: Layout, wish: NoteWish | null) {
  const flow = useReactFlow();
  const api = useStoreApi();
  const [seen, setSeen] = useState<NoteWish | null>(null);
  const [fresh, onFresh] = useState<Note | null>(null);
  if (wish !== seen) {
    setSeen(wish);
    if (wish) onFresh(freshNote(wish, drawn, flow.getViewport(), api.getState()));
  }
  return { fresh, onFresh };
}

function freshNote({ id, beside }: NoteWish, drawn: Layout, { x, y, zoom }: Viewport, { width, height }: { readonly width: number; readonly height: number }): Note {
  const item = beside === null ? undefined : (drawn.byId.get(beside) ?? drawn.byId.get(`trigger:${beside}`));
  const place = item ? { x: item.width + 32, y: 0, anchor: beside } : { x: (width / 2 - x) / zoom - NOTE_WIDTH / 2, y: (height / 2 - y) / zoom - 40, anchor: null };
  return { id, content: "", color: "yellow", width: NOTE_WIDTH, height: null, ...place };
}

interface NoteCardProps {
  readonly note: Note;
  readonly origin: { readonly x: number; readonly y: number };
  readonly fresh: boolean;
  readonly onChange: ((change: NoteChange) => void) | undefined;
  readonly onRemove: (() => void) | undefined;
  readonly onLeave: () => void;
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] };

function NoteCard({ note, origin, fresh, onChange, onRemove, onLeave }: NoteCardProps) {
  const [writing, setWriting] = useState(fresh);
  const card = useRef<HTMLDivElement>(null);
  const comeIntoView = useComeIntoView(card);
  const { offset, onPointerDown } = useNoteDrag((x, y) => onChange?.({ x: note.x + x, y: note.y + y }));
  const [tall, setTall] = useState(0);
  const { offset: grown, onPointerDown: onGrow } = useNoteDrag((x, y) => onChange?.(sized(note, tall, x, y)));
  const shown = grown.x === 0 && grown.y === 0 ? note : { ...note, ...sized(note, tall, grown.x, grown.y) };
  const finish = (text: string | null): void => {
    setWriting(false);
    if (text !== null && text.trim() === "") {
      onRemove?.();
      return onLeave();
    }
    if (fresh && text === null) {
      onRemove?.();
      return onLeave();
    }
    if (text !== null && (fresh || text !== note.content)) onChange?.({ content: text });
    requestAnimationFrame(() => card.current?.focus({ preventScroll: true }));
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.target !== card.current) return;
    const step = event.ctrlKey || event.metaKey || event.altKey ? undefined : ARROWS[event.key];
    if (step && onChange) onChange(event.shiftKey ? sized(note, card.current?.offsetHeight ?? 0, ...step) : { x: note.x + step[0], y: note.y + step[1] });
    else if ((event.key === "Enter" || event.key === "F2") && onChange) setWriting(true);
    else if ((event.key === "Delete" || event.key === "Backspace") && onRemove) {
      onRemove();
      onLeave();
    } else if (event.key === "Escape") onLeave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const place: CSSProperties = { transform: `translate(${String(origin.x + note.x + offset.x)}px, ${String(origin.y + note.y + offset.y)}px)`, width: shown.width, ...(shown.height === null ? {} : { minHeight: shown.height }) };
  return (
    <div
      ref={card} className={`nopan nowheel ${styles.note}`} style={place} data-color={note.color} data-note={note.id} data-moving={offset.x !== 0 || offset.y !== 0 || undefined}
      role="group" tabIndex={0} aria-label={`${noteTitle(note)}${onChange ? ". Enter to change, arrows to move, Shift and arrows to resize" : ""}`}
      onFocus={comeIntoView} onPointerDown={onChange && !writing ? onPointerDown : undefined} onDoubleClick={onChange && (() => setWriting(true))} onKeyDown={onKeyDown}
    >
      {onChange && !writing && <span className={styles.grip} title="Drag to resize" aria-hidden onPointerDown={(event) => { event.stopPropagation(); setTall(card.current?.offsetHeight ?? 0); onGrow(event); }} />}
      {writing ? <Writing text={note.content} onDone={finish} /> : <NoteText content={note.content} />}
      {onChange && !writing && (
        <div className={styles.tools}>
          <button type="button" aria-label="Another colour" title="Another colour" onPointerDown={(event) => event.stopPropagation()} onClick={() => onChange({ color: nextColor(note) })}>
            <IconPalette size={14} aria-hidden />
          </button>
          <button type="button" aria-label="Delete the note" title="Delete the note" onPointerDown={(event) => event.stopPropagation()} onClick={() => { onRemove?.(); onLeave(); }}>
            <IconTrash size={14} aria-hidden />
          </button>
        </div>
      )}
    </div>
  );
}

/** So much wider and higher; a note that is as high as its text keeps that while only its width changes. */
function sized(note: Note, tall: number, x: number, y: number): NoteChange {
  return { width: fitting("width", note.width + x), ...(y === 0 ? {} : { height: fitting("height", (note.height ?? tall) + y) }) };
}

const nextColor = (note: Note): Note["color"] => NOTE_COLORS[(NOTE_COLORS.indexOf(note.color) + 1) % NOTE_COLORS.length] ?? "yellow";

function Writing({ text, onDone }: { readonly text: string; readonly onDone: (text: string | null) => void }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const done = useRef(false);
  const finish = (result: string | null): void => {
    if (done.current) return;
    done.current = true;
    onDone(result);
  };
  useEffect(() => {
    const element = area.current;
    element?.focus({ preventScroll: true });
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);
  return (
    <textarea
      ref={area} className={styles.area} aria-label="Text of the note" placeholder="A note. **bold**, *italic*, `code`, - list" defaultValue={text} maxLength={LIMIT} rows={Math.min(14, Math.max(3, text.split("\n").length + 1))}
      onBlur={(event) => finish(event.currentTarget.value)}
      onPointerDown={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") finish(text === "" && event.currentTarget.value.trim() === "" ? null : event.currentTarget.value);
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          finish(event.currentTarget.value);
        }
      }}
    />
  );
}

function NoteText({ content }: { readonly content: string }) {
  const lines = useMemo(() => markedText(content), [content]);
  return (
    <div className={styles.text}>
      {lines.map((line, index) => (
        <div key={index} data-kind={line.kind}>
          {line.marks.length === 0 ? "\u00a0" : line.marks.map((mark, place) => <Fragment key={place}>{marked(mark)}</Fragment>)}
        </div>
      ))}
    </div>
  );
}

function marked({ kind, text }: Mark): React.ReactNode {
  switch (kind) {
    case "bold":
      return <strong>{text}</strong>;
    case "italic":
      return <em>{text}</em>;
    case "code":
      return <code>{text}</code>;
    case "link":
      return (
        <a href={text} target="_blank" rel="noopener noreferrer" onPointerDown={(event) => event.stopPropagation()}>
          {text.replace(/^https?:\/\//, "")}
        </a>
      );
    case "text":
      return text;
  }
}

/** Who comes to a note by keyboard sees it: the canvas moves, as nothing else in it scrolls. */
function useComeIntoView(card: React.RefObject<HTMLDivElement | null>): () => void {
  const { getViewport, setViewport } = useReactFlow();
  return () => {
    const root = card.current?.closest("[data-canvas]");
    const flow = root?.querySelector(".react-flow");
    if (!card.current || !root || !flow) return;
    flow.scrollTo(0, 0);
    const [box, frame] = [card.current.getBoundingClientRect(), root.getBoundingClientRect()];
    // How far it sticks out at the end, or (negative) at the start.
    const past = (start: number, end: number, from: number, to: number): number => (end > to - 24 ? end - to + 24 : Math.min(0, start - from - 24));
    const dx = past(box.left, box.right, frame.left, frame.right);
    const dy = past(box.top, box.bottom, frame.top, frame.bottom);
    if (dx === 0 && dy === 0) return;
    const { x, y, zoom } = getViewport();
    void setViewport({ x: x - dx, y: y - dy, zoom }, { duration: motion(120) });
  };
}

/** Dragging with the pointer: shown as it moves, one edit when it is let go. */
function useNoteDrag(onMoved: (x: number, y: number) => void) {
  const { getZoom } = useReactFlow();
  const [offset, setOffset] = useState({ x: 0, y: 0 });
  const moved = useEffectEvent(onMoved);
  const [start, setStart] = useState<{ readonly x: number; readonly y: number } | null>(null);
  useEffect(() => {
    if (!start) return undefined;
    const at = (event: PointerEvent) => ({ x: Math.round((event.clientX - start.x) / getZoom()), y: Math.round((event.clientY - start.y) / getZoom()) });
    const move = (event: PointerEvent): void => setOffset(at(event));
    const up = (event: PointerEvent): void => {
      const { x, y } = at(event);
      setStart(null);
      setOffset({ x: 0, y: 0 });
      if (Math.abs(x) + Math.abs(y) > 2) moved(x, y);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    return () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
    };
  }, [start, getZoom]);
  const onPointerDown = (event: React.PointerEvent): void => {
    if (event.button === 0) setStart({ x: event.clientX, y: event.clientY });
  };
  return { offset, onPointerDown };
}
