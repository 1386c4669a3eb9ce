import { IconFunction, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Tile } from "../../ui/Tile";
import { titleOf } from "../../workflow/draft";
import { typeOf, type Repetition, type Token, type TokenGroup } from "../../workflow/tokens";
import { found } from "./finding";
import { isObject, rootsOf, sampleOf, sampleText, typeOfValue, withLearned, type Values } from "./learned";
import { useTokens, type FunctionEntry, type PreviewSource } from "./TokenContext";
import styles from "./tokens.module.css";

interface TokenMenuProps {
  readonly anchor: DOMRect;
  readonly wants: string;
  readonly onClose: (chosen: Chosen | null) => void;
}

export interface Chosen {
  /** Without `@`. */
  readonly expression: string;
  /** The list whose items it reads, where the step is to be put into a loop of that name first. */
  readonly repeats: { readonly list: string; readonly loop: string } | null;
}

type Over = (list: string) => Repetition | null;

interface Row {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  readonly type: string;
  readonly depth: number;
  readonly expression: string;
  readonly group: string;
  readonly fit: "fits" | "convertible" | "other";
  /** Its value in the chosen run, in a few words. */
  readonly sample: string;
  readonly repeats: Chosen["repeats"];
}

const WIDTH = 640;
const HEIGHT = 420;

/** Types that fit without conversion, and those that can be converted with one function. */
function fitOf(type: string, wants: string): Row["fit"] {
  if (wants === "any" || type === "any" || type === wants || (wants === "number" && type === "integer")) return "fits";
  if (wants === "string") return type === "array" || type === "object" ? "convertible" : "fits";
  if ((wants === "integer" || wants === "number") && type === "string") return "convertible";
  return "other";
}

/** What is inserted for a value that does not fit as it is. */
function converted(expression: string, type: string, wants: string): string {
  if (wants === "integer" && type === "string") return `int(${expression})`;
  if (wants === "number" && type === "string") return `float(${expression})`;
  return expression;
}

function rowsOf(group: TokenGroup, wants: string, values: Values, over: Over): Row[] {
  return group.tokens.flatMap((token) => {
    const value = sampleOf(token.expression, values);
    const row: Row = {
      id: `${group.id}/${token.id}`, label: token.label, detail: token.description, type: token.type, depth: Math.max(0, token.path.length - (token.path[0] === "body" ? 2 : 1)),
      expression: converted(token.expression, token.type, wants), group: group.title, fit: fitOf(token.type, wants), sample: sampleText(value), repeats: null,
    };
    return token.type === "array" && wants !== "array" ? [row, ...ofEach(row, token, value, wants, over), ...ofList(row, token.expression, value, wants)] : [row];
  });
}

const MOST_MEMBERS = 12;

/** Each item of a list where a single value is wanted: the step is repeated for every one. */
function ofEach(row: Row, { expression: list, items }: Token, value: unknown, wants: string, over: Over): Row[] {
  const repetition = over(list);
  if (!repetition) return [];
  const { loop, wraps } = repetition;
  const item = `items('${loop.replace(/'/g, "''")}')`;
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  const detail = wraps ? "Repeats this step for every item" : `The item ${titleOf(loop)} is at`;
  const shared = { depth: row.depth + 1, group: `${row.group} · ${row.label}, each${wraps ? ": repeats this step" : ""}`, repeats: wraps ? { list, loop } : null };
  const type = items ? typeOf(items) : typeOfValue(first);
  const each: Row = { ...shared, id: `${row.id}/each`, label: "Each item", detail, type, expression: item, fit: fitOf(type, wants), sample: sampleText(first) };
  const seen = isObject(first) ? first : {};
  const names = [...new Set([...Object.keys(items?.properties ?? {}), ...Object.keys(seen)])].slice(0, MOST_MEMBERS);
  const members = names.map((name): Row => {
    const shape = items?.properties?.[name];
    const kind = shape ? typeOf(shape) : typeOfValue(seen[name]);
    return { ...shared, id: `${row.id}/each/${name}`, label: shape?.title ?? titleOf(name), detail: "", depth: row.depth + 2, type: kind, expression: `${item}?['${name.replace(/'/g, "''")}']`, fit: fitOf(kind, wants), sample: sampleText(seen[name]) };
  });
  return [each, ...members];
}

/** What one asks of a list where a single value is wanted. */
function ofList(row: Row, expression: string, value: unknown, wants: string): Row[] {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  const count = Array.isArray(value) ? String(value.length) : "";
  const below = { detail: "", repeats: null, depth: row.depth + 1, group: `${row.group} · ${row.label}` };
  const joined: Row = { ...below, id: `${row.id}/joined`, label: "All items, with commas between", type: "string", expression: `join(${expression}, ', ')`, fit: fitOf("string", wants), sample: "" };
  return [
    ...(wants === "string" ? [joined] : []),
    { ...below, id: `${row.id}/first`, label: "First item", type: "any", expression: `first(${expression})`, fit: "fits", sample: sampleText(first) },
    { ...below, id: `${row.id}/length`, label: "Number of items", type: "integer", expression: `length(${expression})`, fit: fitOf("integer", wants), sample: count },
  ];
}

const NO_VALUES: Values = new Map();

/** Values of everything the menu offers, asked for once when it opens. */
function useValues(groups: readonly TokenGroup[], preview: PreviewSource | null): Values {
  const roots = useMemo(() => rootsOf(groups), [groups]);
  const { data } = useQuery({
    queryKey: ["token-values", preview?.key, roots],
    queryFn: async ({ signal }) => {
      const answers = await (preview?.evaluateAll(roots.map((root) => `@${root}`), signal) ?? []);
      return new Map(answers.flatMap((answer, index) => (answer.error || answer.value === undefined || (answer.value === null && answer.type !== "Null") ? [] : [[roots[index] ?? "", answer.value] as const])));
    },
    enabled: preview !== null && roots.length > 0,
    staleTime: 30_000,
    retry: false,
  });
  return data ?? NO_VALUES;
}

const CATEGORY = "Functions";

function functionRows(functions: readonly FunctionEntry[]): Row[] {
  return functions.map((one) => ({
    id: `function/${one.name}`, label: one.name, detail: one.summary, type: one.returns, depth: 0, expression: `${one.name}()`, group: one.category, fit: "fits", sample: "", repeats: null,
  }));
}

/** Values from the trigger and earlier actions, loops, variables, parameters, and functions; searched by typing. */
export function TokenMenu({ anchor, wants, onClose }: TokenMenuProps) {
  const { groups: offered, functions, lookOf, preview, repeating } = useTokens();
  const values = useValues(offered, preview);
  const groups = useMemo(() => offered.map((group) => withLearned(group, values)), [offered, values]);
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const root = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const close = useEffectEvent(onClose);
  const [place] = useState(() => placeOf(anchor));
  useEffect(() => {
    input.current?.focus();
    const down = (event: PointerEvent): void => {
      if (event.target instanceof globalThis.Node && !root.current?.contains(event.target)) close(null);
    };
    window.addEventListener("pointerdown", down, true);
    return () => window.removeEventListener("pointerdown", down, true);
  }, []);
  const current = chosen ?? groups.find((group) => group.tokens.length > 0)?.id ?? CATEGORY;
  const rows = useMemo(() => {
    const over = repeating?.over ?? (() => null);
    if (query.trim() === "") return current === CATEGORY ? functionRows(functions) : groups.filter((group) => group.id === current).flatMap((group) => rowsOf(group, wants, values, over));
    return found([...groups.flatMap((group) => rowsOf(group, wants, values, over)), ...functionRows(functions)], query);
  }, [query, current, groups, functions, wants, values, repeating]);
  const index = Math.min(at, rows.length - 1);
  const onKey = (event: React.KeyboardEvent): void => {
    if (event.key === "Escape") onClose(null);
    else if (event.key === "ArrowDown") setAt(Math.min(rows.length - 1, index + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, index - 1));
    else if (event.key === "Enter" && rows[index]) onClose(rows[index]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return createPortal(
    <div ref={root} className={styles.menu} style={place} role="dialog" aria-label="Insert a value" onKeyDown={onKey}>
      <div className={styles.menuSearch}>
        <IconSearch size={16} aria-hidden />
        <input
          ref={input}
          value={query}
          placeholder="Search values and functions"
          role="combobox"
          aria-expanded
          aria-controls="token-list"
          aria-activedescendant={rows[index] ? `token-${String(index)}` : undefined}
          aria-label="Search values and functions"
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
        />
      </div>
      <div className={styles.menuBody}>
        <nav className={styles.sources} aria-label="Where values come from">
          {groups.filter((group) => group.tokens.length > 0).map((group) => (
            <Source key={group.id} active={query === "" && current === group.id} onClick={() => { setChosen(group.id); setQuery(""); setAt(0); }} title={group.title} tile={group.action ? lookOf(group.action.name) : null} />
          ))}
          {functions.length > 0 && <Source active={query === "" && current === CATEGORY} onClick={() => { setChosen(CATEGORY); setQuery(""); setAt(0); }} title="Functions" tile={null} icon={<IconFunction size={14} />} />}
        </nav>
        <div className={styles.values} id="token-list" role="listbox" aria-label="Values">
          {rows.length === 0 && <div className={styles.nothing}>{query === "" ? "This step has no values to offer." : `Nothing matches “${query}”.`}</div>}
          {rows.map((row, place_) => (
            <div key={row.id} id={`token-${String(place_)}`} role="option" aria-selected={place_ === index} className={styles.value} data-fit={row.fit} onPointerMove={() => place_ !== index && setAt(place_)} onClick={() => onClose(row)}>
              <span className={styles.valueText} style={{ paddingLeft: query === "" ? row.depth * 14 : 0 }}>
                <span className={styles.valueName}>{row.label}</span>
                {(query !== "" || row.detail !== "") && <span className={styles.valueDetail}>{query !== "" ? row.group : row.detail}</span>}
              </span>
              {row.sample !== "" && <span className={styles.sample}>{row.sample}</span>}
              <span className={styles.type}>{row.type === "any" ? "" : row.type}</span>
            </div>
          ))}
        </div>
      </div>
      <div className={styles.menuFoot}>
        <code>{rows[index]?.expression ?? ""}</code>
      </div>
    </div>,
    document.body,
  );
}

interface SourceProps {
  readonly title: string;
  readonly active: boolean;
  readonly tile: React.ComponentProps<typeof Tile> | null;
  readonly icon?: React.ReactNode;
  readonly onClick: () => void;
}

function Source({ title, active, tile, icon, onClick }: SourceProps) {
  return (
    <button type="button" className={styles.source} aria-pressed={active} onClick={onClick}>
      {tile ? <Tile {...tile} size={20} /> : <span className={styles.sourceIcon}>{icon}</span>}
      <span>{title}</span>
    </button>
  );
}

function placeOf(anchor: DOMRect): React.CSSProperties {
  const width = Math.min(WIDTH, window.innerWidth - 24);
  const below = window.innerHeight - anchor.bottom - 12 >= HEIGHT;
  const top = below ? anchor.bottom + 6 : Math.max(12, Math.min(window.innerHeight - HEIGHT - 12, anchor.top - HEIGHT - 6));
  const beside = !below && anchor.top - HEIGHT < 12;
  const left = beside ? Math.max(12, anchor.left - width - 8) : Math.max(12, Math.min(window.innerWidth - width - 12, anchor.right - width));
  return { width, height: Math.min(HEIGHT, window.innerHeight - 24), left, top };
}
