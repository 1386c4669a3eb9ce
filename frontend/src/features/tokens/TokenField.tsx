import { IconBolt } from "@tabler/icons-react";
import { useId, useRef, useState } from "react";
import { lateModule } from "../../ui/later";
import { Tooltip } from "../../ui/Tooltip";
import { checkTemplate } from "./check";
import { KIND_COLORS, pillTitle, segmentsOf } from "./pills";
import { PlainEditor } from "./PlainEditor";
import type { EditorHandle, EditorStart, default as TokenEditorType } from "./TokenEditor";
import { PreviewLine } from "./PreviewLine";
import { caretAt } from "./templates";
import { TokenMenu } from "./TokenMenu";
import { useTokens } from "./TokenContext";
import styles from "./tokens.module.css";

const tokenEditor = lateModule<{ readonly Editor: typeof TokenEditorType }>(() => import("./TokenEditor").then((module) => ({ Editor: module.default })));

/** Fetches the editor before anybody needs it. */
export const preloadTokenEditor = tokenEditor.load;

export interface TokenFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label: string;
  readonly labelId?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly multiline?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  readonly mono?: boolean | undefined;
  readonly invalid?: boolean | undefined;
  /** What kind of value fits, for the ranking of the menu. */
  readonly wants?: string | undefined;
  readonly autoFocus?: boolean | undefined;
  /** False where the text is no template of its own. */
  readonly preview?: boolean | undefined;
}

/** A text with expressions in it: plain pills until it has the focus, then an editor over the very same string. */
export function TokenField(props: TokenFieldProps) {
  const { value, onChange, label, placeholder = "", multiline = false, readOnly = false } = props;
  const sources = useTokens();
  const [editing, setEditing] = useState(props.autoFocus ?? false);
  const [menu, setMenu] = useState<DOMRect | null>(null);
  const [composing, setComposing] = useState(false);
  const arrived = tokenEditor.use(editing)?.Editor ?? null;
  const TokenEditor = composing ? null : arrived;
  const start = useRef<EditorStart | null>(null);
  const handle = useRef<EditorHandle | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const waiting = useRef<string | null>(null);
  const problemId = useId();
  const problem = editing ? undefined : checkTemplate(value, sources.functions)[0];
  const whole = value.length > 1 && value.startsWith("@") && !value.startsWith("@{") && !value.startsWith("@@");
  const openMenu = (): void => {
    setEditing(true);
    setMenu(box.current?.getBoundingClientRect() ?? null);
  };
  const begin = (at: EditorStart | null): void => {
    if (readOnly) return;
    start.current = at;
    setEditing(true);
  };
  const onBlur = (): void => {
    if (!menu) setEditing(false);
  };
  const onHandle = (given: EditorHandle | null): void => {
    handle.current = given;
    if (!given || waiting.current === null) return;
    given.insert(waiting.current);
    waiting.current = null;
  };
  return (
    <div className={styles.wrap}>
      <div ref={box} className={styles.box} data-editing={editing || undefined} data-invalid={props.invalid || problem !== undefined || undefined} data-readonly={readOnly || undefined} data-mono={props.mono || undefined}>
        {editing && !readOnly && TokenEditor && (
          <TokenEditor value={value} onChange={onChange} label={label} placeholder={placeholder} multiline={multiline} sources={sources} startAt={() => start.current} takesFocus={menu === null} onSlash={openMenu} onBlur={onBlur} onHandle={onHandle} />
        )}
        {editing && !readOnly && !TokenEditor && (
          <PlainEditor
            value={value}
            onChange={onChange}
            label={label}
            placeholder={placeholder}
            multiline={multiline}
            takesFocus={menu === null}
            onSlash={openMenu}
            onBlur={onBlur}
            onHandle={onHandle}
            onHandOver={(at) => {
              start.current = at;
            }}
            onComposing={setComposing}
          />
        )}
        {(!editing || readOnly) && (
          <div
            className={styles.static}
            data-multiline={multiline || undefined}
            role="textbox"
            tabIndex={0}
            aria-multiline={multiline}
            aria-readonly={readOnly}
            aria-label={props.labelId ? undefined : label}
            aria-labelledby={props.labelId}
            aria-describedby={problem ? problemId : undefined}
            onFocus={() => begin(null)}
            onPointerDown={(event) => {
              if (readOnly || event.button !== 0) return;
              event.preventDefault();
              begin({ x: event.clientX, y: event.clientY });
            }}
          >
            <Static value={value} placeholder={placeholder} />
          </div>
        )}
        {!readOnly && (
          <Tooltip text="Insert a value" keys="/">
            <button
              type="button"
              className={styles.bolt}
              aria-label={`Insert a value into ${label}`}
              onPointerDown={(event) => event.preventDefault()}
              onClick={openMenu}
            >
              <IconBolt size={15} />
            </button>
          </Tooltip>
        )}
      </div>
      {problem && (
        <div id={problemId} className={styles.problem}>
          {problem.message}
          <Pointed text={value} position={problem.from} />
        </div>
      )}
      {sources.preview && props.preview !== false && <PreviewLine text={value} structured={(props.wants ?? "any") === "any"} source={sources.preview} />}
      {whole && !editing && props.wants === "string" && <div className={styles.note}>The value keeps its type here.</div>}
      {menu && (
        <TokenMenu
          anchor={menu}
          wants={props.wants ?? "any"}
          onClose={(chosen) => {
            setMenu(null);
            const repeats = chosen?.repeats;
            if (!chosen || (repeats && !sources.repeating?.wrap(repeats.list, repeats.loop))) handle.current?.focus();
            else if (handle.current) handle.current.insert(chosen.expression);
            else waiting.current = chosen.expression;
          }}
        />
      )}
    </div>
  );
}

/** The place of a mistake: the text around it with the character marked. */
function Pointed({ text, position }: { readonly text: string; readonly position: number }) {
  const { before, at, after } = caretAt(text, position);
  return (
    <code className={styles.pointed}>
      {before}
      <mark>{at}</mark>
      {after}
    </code>
  );
}

function Static({ value, placeholder }: { readonly value: string; readonly placeholder: string }) {
  const { lookOf } = useTokens();
  if (value === "") return <span className={styles.placeholder}>{placeholder}</span>;
  const parts: React.ReactNode[] = [];
  let from = 0;
  for (const segment of segmentsOf(value)) {
    if (segment.from > from) parts.push(value.slice(from, segment.from));
    parts.push(
      <span key={segment.from} className={styles.pill} title={pillTitle(segment)}>
        <i style={{ background: lookOf(segment.words.action)?.color ?? KIND_COLORS[segment.words.kind] }} />
        {segment.words.label}
      </span>,
    );
    from = segment.to;
  }
  if (from < value.length) parts.push(value.slice(from));
  return <>{parts}</>;
}
