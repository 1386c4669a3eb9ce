import { useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { inEditor, withBreaksOf } from "../../ui/lineBreaks";
import type { EditorHandle, EditorStart } from "./TokenEditor";
import { insertionOf } from "./insertion";
import styles from "./tokens.module.css";

interface PlainEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onBlur: () => void;
  readonly onSlash: () => void;
  readonly onHandle: (handle: EditorHandle | null) => void;
  /** Where the caret stood when this editor went, for the one that follows. */
  readonly onHandOver: (start: EditorStart) => void;
  /** A composed character (an accent, a syllable) is being typed: not the time to change editors. */
  readonly onComposing: (composing: boolean) => void;
  /** False while the menu of values has the focus. */
  readonly takesFocus: boolean;
  readonly multiline: boolean;
  readonly label: string;
  readonly placeholder: string;
}

/** Takes what is typed while the editor is fetched; the text is the same, expressions are not drawn as pills yet. */
export function PlainEditor(props: PlainEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [touched, setTouched] = useState(false);
  const handle = useEffectEvent((given: EditorHandle | null) => props.onHandle(given));
  const change = useEffectEvent((text: string) => props.onChange(withBreaksOf(props.value, text)));
  const takesFocus = useEffectEvent(() => props.takesFocus);
  const handOver = useEffectEvent((from: number, to: number) => {
    if (touched) props.onHandOver({ anchor: from, head: to });
  });
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return undefined;
    if (takesFocus()) element.focus();
    element.setSelectionRange(element.value.length, element.value.length);
    handle({
      insert: (expression) => {
        const { from, to, insert, caret } = insertionOf(element.value, element.selectionStart, element.selectionEnd, expression, false);
        element.focus();
        element.setRangeText(insert, from, to);
        element.setSelectionRange(caret, caret);
        change(element.value);
      },
      focus: () => element.focus(),
    });
    return () => {
      handOver(element.selectionStart, element.selectionEnd);
      handle(null);
    };
  }, []);
  return (
    <textarea
      ref={area}
      className={styles.plain}
      rows={inEditor(props.value).split("\n").length}
      data-multiline={props.multiline || undefined}
      value={props.value}
      aria-label={props.label}
      placeholder={props.placeholder}
      spellCheck={false}
      onChange={(event) => {
        setTouched(true);
        props.onChange(withBreaksOf(props.value, event.target.value));
      }}
      onKeyDown={(event) => {
        setTouched(true);
        const { value, selectionStart } = event.currentTarget;
        const slash = event.key === "/" && (event.altKey || value === "" || value[selectionStart - 1] === " ");
        if (slash) props.onSlash();
        if (slash || (event.key === "Enter" && !props.multiline)) event.preventDefault();
      }}
      onCompositionStart={() => props.onComposing(true)}
      onCompositionEnd={() => props.onComposing(false)}
      onBlur={props.onBlur}
    />
  );
}
