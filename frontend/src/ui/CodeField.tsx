import { useLayoutEffect, useRef } from "react";
import { withBreaksOf } from "./lineBreaks";
import { LoadFailed, lateModule } from "./later";
import styles from "./CodeField.module.css";

const codeEditor = lateModule(() => import("./CodeEditor").then((module) => ({ Editor: module.default })));

export interface CodeFieldProps {
  readonly value: string;
  readonly onChange?: ((value: string) => void) | undefined;
  readonly label: string;
  readonly language?: "json" | "text" | undefined;
  readonly readOnly?: boolean | undefined;
  /** Ranges to underline, in UTF-16 units. */
  readonly problems?: readonly { readonly from: number; readonly to: number; readonly message: string; readonly severity: "error" | "warning" | "info" }[] | undefined;
  /** Select and show this range; a new object each time. */
  readonly reveal?: { readonly from: number; readonly to: number } | null | undefined;
  readonly onCaret?: ((position: number) => void) | undefined;
  /** Fills its parent instead of growing with its text. */
  readonly fill?: boolean | undefined;
  /** What a dialog is opened for: it has the focus first. */
  readonly autoFocus?: boolean | undefined;
  readonly placeholder?: string | undefined;
}

/** Where the caret stood in the plain text that was there first; null where nobody had put it there. */
export type CodeStart = { readonly from: number; readonly to: number } | null;

/** An editor for JSON and code; fetched when it is first shown. Until it has come the text is edited as plain text. */
export function CodeField(props: CodeFieldProps) {
  const arrived = codeEditor.use(true);
  const failed = codeEditor.useFailed();
  const left = useRef<CodeStart>(null);
  return (
    <div className={styles.field} data-fill={props.fill || undefined} data-readonly={props.readOnly || undefined}>
      {arrived ? (
        <arrived.Editor {...props} startAt={() => left.current} />
      ) : (
        <PlainCode
          {...props}
          onLeave={(at) => {
            left.current = at;
          }}
        />
      )}
      {failed && <LoadFailed why={failed} onRetry={codeEditor.load} />}
    </div>
  );
}

/** What can be focused and typed into while the editor is on its way; it takes over text, caret and focus. */
function PlainCode({ value, onChange, label, readOnly = false, fill, autoFocus, placeholder, onLeave }: CodeFieldProps & { readonly onLeave: (at: CodeStart) => void }) {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = area.current;
    return () => {
      onLeave(element && document.activeElement === element ? { from: element.selectionStart, to: element.selectionEnd } : null);
    };
    // Only on the way out: what `onLeave` does is the same each time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return (
    <textarea
      ref={area}
      className={styles.waiting}
      aria-label={label}
      data-autofocus={autoFocus || undefined}
      placeholder={placeholder}
      spellCheck={false}
      readOnly={readOnly}
      rows={fill ? undefined : Math.min(16, Math.max(4, value.split("\n").length))}
      value={value}
      onChange={(event) => onChange?.(withBreaksOf(value, event.target.value))}
    />
  );
}
