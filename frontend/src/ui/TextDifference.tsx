import { json } from "@codemirror/lang-json";
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import styles from "./CodeField.module.css";

const theme = EditorView.theme({
  "& .cm-collapsedLines": { background: "var(--mr-sunken)", color: "var(--mr-muted)", padding: "4px 12px" },
  // The marks of the library are missing from common fonts.
  "& .cm-collapsedLines::before, & .cm-collapsedLines::after": { content: '""', margin: "0" },
});

interface TextDifferenceProps {
  readonly before: string;
  readonly after: string;
  readonly labels: readonly [string, string];
}

/** Two texts side by side with what differs marked; long stretches that are the same are folded. Loaded when first shown. */
export default function TextDifference({ before, after, labels: [first, second] }: TextDifferenceProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return undefined;
    const side = (doc: string, label: string) => ({
      doc,
      extensions: [lineNumbers(), json(), EditorState.readOnly.of(true), EditorView.lineWrapping, theme, EditorView.contentAttributes.of({ "aria-label": label })],
    });
    const made = new MergeView({
      parent: host.current,
      a: side(before, first),
      b: side(after, second),
      collapseUnchanged: { margin: 3, minSize: 6 },
      highlightChanges: true,
      gutter: true,
    });
    return () => made.destroy();
  }, [before, after, first, second]);
  return <div ref={host} className={styles.editor} />;
}
