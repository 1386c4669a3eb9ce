import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { linter } from "@codemirror/lint";
import { Compartment, EditorState, Prec, RangeSetBuilder, StateEffect, StateField, type Extension, type Transaction } from "@codemirror/state";
import { Decoration, EditorView, keymap, placeholder as placeholderText, WidgetType, type DecorationSet } from "@codemirror/view";
import { useEffect, useEffectEvent, useLayoutEffect, useRef } from "react";
import { inEditor, withBreaksOf } from "../../ui/lineBreaks";
import { checkTemplate } from "./check";
import { suggestionsFor } from "./completing";
import { insertionOf } from "./insertion";
import { functionTip, signatureTip } from "./signatureTip";
import { KIND_COLORS, pillTitle, segmentsOf, type Segment } from "./pills";
import type { TokenSources } from "./TokenContext";
import styles from "./tokens.module.css";

/** Where the caret is put: at a place on screen, or in the text. */
export type EditorStart = { readonly x: number; readonly y: number } | { readonly anchor: number; readonly head: number };

export interface EditorHandle {
  /** Puts an expression (without `@`) at the caret; alone in its field it keeps its type. */
  insert(expression: string): void;
  focus(): void;
}

export interface TokenEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onBlur: () => void;
  readonly onSlash: () => void;
  readonly onHandle: (handle: EditorHandle | null) => void;
  readonly sources: TokenSources;
  readonly multiline: boolean;
  readonly label: string;
  readonly placeholder: string;
  /** Where to put the caret; at the end without an answer. */
  readonly startAt: () => EditorStart | null;
  /** False while the menu of values has the focus. */
  readonly takesFocus: boolean;
}

// ------------------------------------------------------------------------------------------ pills

/** What can be inserted now: it may come, and change, while the editor is open. */
type Sources = () => TokenSources;

const expand = StateEffect.define<{ readonly from: number; readonly to: number } | null>();

/** The one expression that is shown as code: being typed, or opened with Enter or a double click. */
const expanded = StateField.define<{ readonly from: number; readonly to: number } | null>({
  create: () => null,
  update(open, transaction: Transaction) {
    for (const effect of transaction.effects) if (effect.is(expand)) return effect.value;
    const { head } = transaction.state.selection.main;
    if (transaction.docChanged) {
      const typed = transaction.isUserEvent("input.type") || transaction.isUserEvent("delete") || transaction.isUserEvent("input.complete");
      if (typed) {
        const segment = segmentsOf(transaction.newDoc.toString()).find((one) => one.from < head && (head < one.to || (one.from === 0 && head === one.to)));
        if (segment) return { from: segment.from, to: segment.to };
      }
      if (!open) return null;
      const from = transaction.changes.mapPos(open.from, -1);
      const to = transaction.changes.mapPos(open.to, 1);
      return head < from || head > to ? null : { from, to };
    }
    return open && (head < open.from || head > open.to) ? null : open;
  },
});

class Pill extends WidgetType {
  constructor(
    readonly segment: Segment,
    readonly color: string,
  ) {
    super();
  }

  override eq(other: Pill): boolean {
    return other.segment.expression === this.segment.expression && other.color === this.color;
  }

  toDOM(view: EditorView): HTMLElement {
    const element = document.createElement("span");
    element.className = styles.pill ?? "";
    element.title = pillTitle(this.segment);
    const mark = document.createElement("i");
    mark.style.background = this.color;
    element.append(mark, this.segment.words.label);
    element.setAttribute("aria-label", `expression: ${this.segment.words.label}, from ${this.segment.words.source}`);
    element.addEventListener("dblclick", (event) => {
      event.preventDefault();
      const at = view.posAtDOM(element);
      const segment = segmentsOf(view.state.doc.toString()).find((one) => one.from === at);
      if (segment) open(view, segment);
    });
    return element;
  }

  override ignoreEvent(event: Event): boolean {
    return event.type === "dblclick";
  }
}

function open(view: EditorView, segment: Segment): void {
  view.dispatch({ effects: expand.of({ from: segment.from, to: segment.to }), selection: { anchor: segment.to - (segment.from === 0 && view.state.doc.sliceString(0, 2) !== "@{" ? 0 : 1) } });
  view.focus();
}

function pillSet(state: EditorState, sources: Sources): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const shown = state.field(expanded);
  for (const segment of segmentsOf(state.doc.toString())) {
    if (shown && segment.from < shown.to && shown.from < segment.to) {
      builder.add(segment.from, segment.to, Decoration.mark({ class: styles.codeRange ?? "" }));
      continue;
    }
    const color = sources().lookOf(segment.words.action)?.color ?? KIND_COLORS[segment.words.kind];
    builder.add(segment.from, segment.to, Decoration.replace({ widget: new Pill(segment, color) }));
  }
  return builder.finish();
}

function pills(sources: Sources): Extension {
  const field = StateField.define<DecorationSet>({
    create: (state) => pillSet(state, sources),
    update: (set, transaction) => (transaction.docChanged || transaction.startState.field(expanded) !== transaction.state.field(expanded) ? pillSet(transaction.state, sources) : set),
    provide: (self) => [
      EditorView.decorations.from(self),
      EditorView.atomicRanges.of((view) => view.state.field(self).update({ filter: (_from, _to, value) => value.spec.widget !== undefined })),
    ],
  });
  const enter = (view: EditorView): boolean => {
    const { head, empty } = view.state.selection.main;
    const shown = view.state.field(expanded);
    if (shown) {
      view.dispatch({ effects: expand.of(null), selection: { anchor: shown.to } });
      return true;
    }
    const segment = empty ? segmentsOf(view.state.doc.toString()).find((one) => one.to === head || one.from === head) : undefined;
    if (!segment) return false;
    open(view, segment);
    return true;
  };
  return [expanded, field, keymap.of([{ key: "Enter", run: enter }])];
}

// ------------------------------------------------------------------------------------------ completion

const TYPES = { function: "function", name: "variable", member: "property", value: "variable" } as const;

function complete(current: Sources) {
  return (context: CompletionContext): CompletionResult | null => {
    const found = suggestionsFor(context.state.doc.sliceString(0, context.pos), current(), context.explicit);
    if (!found) return null;
    // A bracket or quote that was closed by itself is not written twice.
    const closed = context.state.doc.sliceString(context.pos, context.pos + 1) === "'";
    const options = found.options.map(({ kind, apply, ...one }): Completion => ({
      ...one, type: TYPES[kind], boost: kind === "function" ? 1 : kind === "value" ? -1 : 0, ...(apply === undefined ? {} : { apply: kind === "member" && closed ? apply.replace(/'$/, "") : apply }),
    }));
    return { from: found.from, options, validFor: found.validFor };
  };
}

// ------------------------------------------------------------------------------------------ the view

const problems = (sources: Sources): Extension =>
  linter((view) => checkTemplate(view.state.doc.toString(), sources().functions).map((problem) => ({ ...problem, severity: "error" as const })), { delay: 700 });

/** CodeMirror over the template itself: the document is the WDL string, pills are only how it is drawn. */
export default function TokenEditor(props: TokenEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const change = useEffectEvent((value: string) => props.onChange(withBreaksOf(props.value, value)));
  const blur = useEffectEvent(() => props.onBlur());
  const sources = useEffectEvent(() => props.sources);
  const slash = useEffectEvent(() => props.onSlash());
  const handle = useEffectEvent((given: EditorHandle | null) => props.onHandle(given));
  const start = useEffectEvent((parent: HTMLElement) => create(parent, props, { change, blur, slash, sources }));
  const takesFocus = useEffectEvent(() => props.takesFocus);
  const place = useEffectEvent((made: EditorView) => {
    const start = props.startAt();
    const end = made.state.doc.length;
    if (start && "head" in start) made.dispatch({ selection: { anchor: Math.min(end, start.anchor), head: Math.min(end, start.head) } });
    else made.dispatch({ selection: { anchor: start ? made.posAtCoords(start, false) : end } });
  });
  // A layout effect: the editor has the focus before the next key can arrive.
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    const made = start(host.current);
    view.current = made;
    if (takesFocus()) made.focus();
    place(made);
    handle({ insert: (expression) => insert(made, expression, takesArguments(expression, sources().functions)), focus: () => made.focus() });
    return () => {
      handle(null);
      made.destroy();
    };
  }, []);
  useEffect(() => {
    const made = view.current;
    const value = inEditor(props.value);
    if (made && made.state.doc.toString() !== value) made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [props.value]);
  return <div ref={host} className={styles.editor} data-multiline={props.multiline || undefined} />;
}

interface Events {
  readonly sources: Sources;
  readonly change: (value: string) => void;
  readonly blur: () => void;
  readonly slash: () => void;
}

function create(parent: HTMLElement, props: TokenEditorProps, events: Events): EditorView {
  const single = new Compartment();
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: props.value,
      extensions: [
        pills(events.sources),
        history(),
        closeBrackets(),
        autocompletion({ override: [complete(events.sources)], icons: false, tooltipClass: () => styles.completion ?? "" }),
        signatureTip(() => events.sources().functions),
        functionTip(() => events.sources().functions),
        Prec.highest(keymap.of([
          { key: "Alt-/", run: () => (events.slash(), true) },
          { key: "/", run: (view) => (view.state.doc.length === 0 || view.state.sliceDoc(view.state.selection.main.head - 1, view.state.selection.main.head) === " " ? (events.slash(), true) : false) },
        ])),
        keymap.of([...completionKeymap, ...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap]),
        single.of(props.multiline ? [] : EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > 1 && !transaction.startState.doc.toString().includes("\n") && !transaction.isUserEvent("input.paste") ? [] : transaction))),
        EditorView.lineWrapping,
        problems(events.sources),
        placeholderText(props.placeholder),
        EditorView.contentAttributes.of({ "aria-label": props.label, spellcheck: "false", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) events.change(update.state.doc.toString());
          if (update.focusChanged && !update.view.hasFocus) events.blur();
        }),
      ],
    }),
  });
}

/** Whether something has to be written between the brackets of what was chosen. */
function takesArguments(expression: string, functions: TokenSources["functions"]): boolean {
  return expression.endsWith("()") && functions.some((one) => one.maxArgs !== 0 && `${one.name}()` === expression);
}

function insert(view: EditorView, expression: string, brackets: boolean): void {
  const { from, to } = view.state.selection.main;
  const shown = view.state.field(expanded);
  const inside = shown !== null && from > shown.from && from <= shown.to;
  const change = insertionOf(view.state.doc.toString(), from, to, expression, inside);
  view.dispatch({ changes: { from: change.from, to: change.to, insert: change.insert }, selection: { anchor: change.caret }, effects: inside ? [] : [expand.of(null)] });
  if (brackets) writeArguments(view);
  view.focus();
}

/** The new call as code, the caret between its brackets, what it takes above. */
function writeArguments(view: EditorView): void {
  const anchor = view.state.doc.sliceString(0, view.state.selection.main.head).lastIndexOf(")");
  const segment = segmentsOf(view.state.doc.toString()).find((one) => one.from < anchor && anchor < one.to);
  if (segment) view.dispatch({ selection: { anchor }, effects: expand.of({ from: segment.from, to: segment.to }) });
}
