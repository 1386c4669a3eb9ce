import { IconAlertTriangle } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { Button } from "../../ui/Button";
import { CodeField } from "../../ui/CodeField";
import { CopyButton } from "../../ui/CopyButton";
import { DocumentError, parse, pointerAt, rangeOf, type Document } from "../../workflow/document";
import { find, type Graph } from "../../workflow/graph";
import type { Edit } from "../../workflow/edits";
import styles from "./code.module.css";

export interface CodeProblem {
  readonly severity: "error" | "warning" | "info";
  readonly pointer: string;
  readonly message: string;
}

export interface CodeViewProps {
  readonly document: Document;
  readonly graph: Graph;
  readonly problems: readonly CodeProblem[];
  readonly readOnly: boolean;
  readonly selected: string | null;
  /** Where text that does not parse yet waits when this view is left: one for each person, who may share a browser. */
  readonly place: string;
  readonly edit: (edit: Edit) => boolean;
  readonly onSelect: (name: string) => void;
  /** The text cannot be read: the canvas shows the last valid state. */
  readonly onInvalid: (invalid: boolean) => void;
}

const PAUSE = 250;

/** What was typed and does not parse, and the text it began with: kept in this tab until it does, or is discarded. */
interface Left {
  readonly text: string;
  readonly base: string;
}

function leftAt(place: string): Left | null {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "null") as Left | null;
  } catch {
    return null;
  }
}

function leave(place: string, left: Left | null): void {
  try {
    if (left) sessionStorage.setItem(place, JSON.stringify(left));
    else sessionStorage.removeItem(place);
  } catch {
    // No room: it stays while the view is open.
  }
}

function errorOf(text: string): DocumentError | null {
  try {
    parse(text);
    return null;
  } catch (error) {
    return error instanceof DocumentError ? error : null;
  }
}

/** The whole definition as text. What parses is applied; what does not stays here until it does. */
export function CodeView({ document, graph, problems, readOnly, selected, place, edit, onSelect, onInvalid }: CodeViewProps) {
  const [left] = useState(() => (readOnly ? null : leftAt(place)));
  const [typed, setTyped] = useState<string | null>(left?.text ?? null);
  const [wrong, setWrong] = useState<DocumentError | null>(() => (left ? errorOf(left.text) : null));
  // What was typed is about this text, whatever others make of the draft meanwhile.
  const base = useRef(left?.base ?? "");
  const waiting = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [picked, setPicked] = useState<string | null>(null);
  const text = typed ?? document.text;
  const change = (next: string): void => {
    if (typed === null) base.current = document.text;
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => applyText(next), PAUSE);
    waiting.current = next;
  };
  const applyText = (next: string): void => {
    waiting.current = null;
    const error = errorOf(next);
    setWrong(error);
    onInvalid(error !== null);
    leave(place, error && { text: next, base: base.current });
    if (error) return;
    if (!edit({ name: "replaceFromCode", arguments: { text: next, base: base.current } })) return;
    base.current = next;
    // The edit keeps the file's own layout where values did not change; the buffer keeps what was typed until it is left.
    setTyped((now) => (now === next ? null : now));
  };
  const arrive = useEffectEvent(() => {
    if (wrong) onInvalid(true);
  });
  const depart = useEffectEvent(() => {
    clearTimeout(timer.current);
    if (waiting.current !== null) applyText(waiting.current);
    onInvalid(false);
  });
  useEffect(() => {
    arrive();
    return () => {
      depart();
    };
  }, []);
  const discard = (): void => {
    leave(place, null);
    setTyped(null);
    setWrong(null);
    onInvalid(false);
  };
  const marks = useMemo(() => {
    if (wrong) return [{ from: wrong.position, to: wrong.position + 1, message: wrong.reason, severity: "error" as const }];
    if (typed !== null) return [];
    return problems.flatMap((one) => {
      const range = rangeOf(document, one.pointer);
      return range ? [{ from: range[0], to: range[1], message: one.message, severity: one.severity }] : [];
    });
  }, [wrong, typed, problems, document]);
  const reveal = useMemo(() => {
    const entry = selected === null || selected === picked ? undefined : find(graph, selected);
    const range = entry ? rangeOf(document, entry.pointer) : undefined;
    return range ? { from: range[0], to: range[1] } : null;
    // Only a new selection scrolls, not every keystroke.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [selected]);
  const caret = (position: number): void => {
    if (typed !== null) return;
    const pointer = pointerAt(document, position);
    let best: string | null = null;
    let length = 0;
    for (const entry of graph.entries.values()) {
      if ((pointer === entry.pointer || pointer.startsWith(`${entry.pointer}/`)) && entry.pointer.length > length) {
        best = entry.action.name;
        length = entry.pointer.length;
      }
    }
    if (best !== null && best !== selected) {
      setPicked(best);
      onSelect(best);
    }
  };
  return (
    <div className={styles.view}>
      <div className={styles.bar}>
        {wrong ? (
          <>
            <IconAlertTriangle size={16} aria-hidden />
            <span role="status">{wrong.message} The canvas shows the last valid state.</span>
            <Button size="small" onClick={discard}>
              Discard my text
            </Button>
          </>
        ) : (
          <>
            <span className={styles.hint}>{readOnly ? "To read and copy." : "Changes apply as soon as the text is valid."}</span>
            <CopyButton value={() => text} label="Copy the definition" />
          </>
        )}
      </div>
      <div className={styles.code}>
        <CodeField fill value={text} label="Definition" readOnly={readOnly} problems={marks} reveal={reveal} onChange={change} onCaret={caret} />
      </div>
    </div>
  );
}
