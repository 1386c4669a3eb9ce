import { autocompletion, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, MatchDecorator, placeholder as placeholderOf, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useEffectEvent, useLayoutEffect, useRef } from "react";
import type { CodeFieldProps, CodeStart } from "./CodeField";
import { inEditor, inText, placeInEditor, withBreaksOf } from "./lineBreaks";
import styles from "./CodeField.module.css";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--mr-syntax-name)" },
  { tag: tags.string, color: "var(--mr-syntax-string)" },
  { tag: tags.number, color: "var(--mr-syntax-number)" },
  { tag: [tags.bool, tags.null], color: "var(--mr-syntax-word)" },
]);

/** Expressions inside strings stand out. */
const expressions = new MatchDecorator({ regexp: /@\{[^}"]*\}|(?<=")@[^@{"][^"]*(?=")/g, decoration: Decoration.mark({ class: styles.expression ?? "" }) });
const expressionMarks = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = expressions.createDeco(view);
    }
    update(update: ViewUpdate) {
      this.decorations = expressions.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

interface CodeEditorProps extends CodeFieldProps {
  /** Where the caret stood in the text before this editor came, when somebody was in it. */
  readonly startAt: () => CodeStart;
}

export default function CodeEditor({ value, onChange, label, language = "json", readOnly = false, problems, reveal, onCaret, fill, autoFocus = false, placeholder, startAt }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const silent = useRef(false);
  const changed = useEffectEvent((text: string) => onChange?.(withBreaksOf(value, text)));
  const caret = useEffectEvent((position: number) => onCaret?.(inText(value, position)));
  const inCode = useEffectEvent((at: number) => placeInEditor(value, at));
  const first = useEffectEvent(() => value);
  const start = useEffectEvent(startAt);
  // A layout effect: the editor has the focus before the next key can arrive.
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: first(),
        extensions: [
          lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(), autocompletion(), highlightActiveLine(), highlightSelectionMatches(),
          ...(language === "json" ? [json()] : []), syntaxHighlighting(colours), expressionMarks, ...(fill ? [lintGutter()] : []),
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...(fill ? [] : [indentWithTab])]),
          EditorState.readOnly.of(readOnly), EditorState.tabSize.of(2),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0", ...(autoFocus ? { "data-autofocus": "true" } : {}) }),
          ...(placeholder === undefined ? [] : [placeholderOf(placeholder)]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !silent.current) changed(update.state.doc.toString());
            if (update.selectionSet && update.view.hasFocus) caret(update.state.selection.main.head);
          }),
        ],
      }),
    });
    view.current = made;
    const left = start();
    if (left) {
      made.focus();
      made.dispatch({ selection: { anchor: left.from, head: left.to } });
    }
    return () => made.destroy();
  }, [label, language, readOnly, fill, autoFocus, placeholder]);
  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const old = made.state.doc.toString();
    const next = inEditor(value);
    if (old === next) return;
    let from = 0;
    while (from < old.length && from < next.length && old[from] === next[from]) from += 1;
    let end = 0;
    while (end < old.length - from && end < next.length - from && old[old.length - 1 - end] === next[next.length - 1 - end]) end += 1;
    silent.current = true;
    made.dispatch({ changes: { from, to: old.length - end, insert: next.slice(from, next.length - end) } });
    silent.current = false;
  }, [value]);
  useEffect(() => {
    const made = view.current;
    if (!made || !problems) return;
    const length = made.state.doc.length;
    const place = (at: number): number => Math.min(placeInEditor(value, at), length);
    made.dispatch(setDiagnostics(made.state, problems.map((one) => ({ ...one, from: place(one.from), to: place(one.to) }))));
  }, [problems, value]);
  useEffect(() => {
    const made = view.current;
    if (!made || !reveal) return;
    const from = inCode(reveal.from);
    if (inCode(reveal.to) > made.state.doc.length) return;
    made.dispatch({ selection: { anchor: from, head: from }, effects: EditorView.scrollIntoView(from, { y: "start", yMargin: 60 }) });
  }, [reveal]);
  return <div ref={host} className={styles.editor} />;
}
