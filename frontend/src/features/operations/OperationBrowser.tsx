import { IconClipboardText, IconFileImport, IconPlugConnected, IconSearch, IconStar, IconStarFilled } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { Button } from "../../ui/Button";
import { IconButton } from "../../ui/IconButton";
import { Tile } from "../../ui/Tile";
import type { OperationEntry } from "../../workflow/catalogue";
import { lookOfOperation } from "../../workflow/looks";
import { isApi, OperationSearch, pastedAction, rememberedApi, takeApi, type Found, type Habits, type Pasted } from "./search";
import styles from "./operations.module.css";

export interface OperationBrowserProps {
  readonly operations: readonly OperationEntry[] | null;
  readonly kind: "trigger" | "action";
  readonly used: ReadonlySet<string>;
  readonly connected: ReadonlySet<string>;
  /** Where it opens; without it, at the left of the canvas. */
  readonly anchor: DOMRect | null;
  readonly bounds: DOMRect | null;
  /** More to do at this place than adding one operation. */
  readonly extras?: React.ReactNode;
  readonly onChoose: (operation: OperationEntry) => void;
  readonly onPasted: (pasted: Pasted) => void;
  readonly onClose: () => void;
}

const WIDTH = 720;
const HEIGHT = 520;
export const DRAG_TYPE = "application/x-millrace-operation";

/** Most used first; what is not named here comes after, by its title. */
const FIRST = ["request", "recurrence", "http", "if", "foreach", "compose", "response", "sendemail", "parsejson", "initializevariable", "setvariable", "switch", "scope", "until"];

function suggested(operations: readonly OperationEntry[]): OperationEntry[] {
  const place = (operation: OperationEntry): number => {
    if (operation.connector === "api") return 99;
    const type = operation.wdlType.toLowerCase();
    const at = FIRST.indexOf(type === "serviceprovider" ? (operation.id.split("/").pop()?.toLowerCase() ?? "") : type);
    return at < 0 ? 99 : at;
  };
  return [...operations].sort((one, other) => place(one) - place(other) || one.title.localeCompare(other.title));
}

function favouritesOf(): Set<string> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem("millrace:favourites") ?? "[]");
    return new Set(Array.isArray(stored) ? stored.map(String) : []);
  } catch {
    return new Set();
  }
}

interface Group {
  readonly title: string;
  readonly rows: readonly Found[];
}

/** Search and categories over every operation; opens at the plus, adds with Enter. */
export function OperationBrowser(props: OperationBrowserProps) {
  const { operations, kind, used, connected, onClose } = props;
  const [query, setQuery] = useState("");
  const [category, setCategory] = useState<string | null>(null);
  const [favourites, setFavourites] = useState(favouritesOf);
  const [at, setAt] = useState(0);
  const [dragging, setDragging] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [api, setApi] = useState(rememberedApi);
  const [wrong, setWrong] = useState("");
  const mine = useMemo(() => [...(operations ?? []), ...(api?.operations.map((one) => one.entry) ?? [])].filter((operation) => (operation.kind === "trigger") === (kind === "trigger")), [operations, api, kind]);
  const search = useMemo(() => new OperationSearch(mine), [mine]);
  const habits = useMemo<Habits>(() => ({ used, favourites, connected }), [used, favourites, connected]);
  const pasted = useMemo(() => (kind === "action" ? pastedAction(query) : null), [query, kind]);
  const groups = useMemo(() => groupsOf(query, category, mine, search, habits), [query, category, mine, search, habits]);
  const rows = useMemo(() => groups.flatMap((group) => group.rows), [groups]);
  const categories = useMemo(() => [...new Set(mine.map((operation) => operation.category))].sort((one, other) => one.localeCompare(other)), [mine]);
  const current = rows[Math.min(at, rows.length - 1)]?.operation;
  useEffect(() => {
    input.current?.focus();
  }, []);
  useOutside(root, onClose, dragging);
  const [place] = useState(() => placeOf(props.anchor, props.bounds));

  const favourite = (id: string): void => {
    const next = new Set(favourites);
    if (!next.delete(id)) next.add(id);
    setFavourites(next);
    localStorage.setItem("millrace:favourites", JSON.stringify([...next]));
  };
  const choose = (operation: OperationEntry): void => {
    const own = api?.operations.find((one) => one.entry === operation);
    if (own) props.onPasted({ ...own, title: operation.title, description: operation.description });
    else props.onChoose(operation);
  };
  const describe = (text: string): void => {
    input.current?.focus();
    takeApi(text).then(
      (found) => {
        setApi(found);
        setWrong("");
        setQuery("");
        setCategory(found.title);
        setAt(0);
      },
      (error: unknown) => setWrong(error instanceof Error ? error.message : String(error)),
    );
  };
  const onKey = (event: React.KeyboardEvent): void => {
    if (event.key === "Escape") onClose();
    else if (event.key === "ArrowDown") setAt(Math.min(rows.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "*" && current) favourite(current.id);
    else if (event.key === "Enter" && event.target === input.current) {
      if (pasted) props.onPasted(pasted);
      else if (current) choose(current);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div ref={root} className={styles.browser} style={place} role="dialog" aria-label={kind === "trigger" ? "Choose a trigger" : "Add an action"} onKeyDown={onKey} data-dragging={dragging || undefined}>
      <div className={styles.search}>
        <IconSearch size={18} aria-hidden />
        <input
          ref={input}
          value={query}
          placeholder={kind === "trigger" ? "Search triggers" : "Search actions, or paste a URL, curl, JSON or OpenAPI"}
          role="combobox"
          aria-expanded
          aria-controls="operation-list"
          aria-activedescendant={current ? `operation-${String(Math.min(at, rows.length - 1))}` : undefined}
          aria-label="Search operations"
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onPaste={(event) => {
            const text = event.clipboardData.getData("text");
            if (kind === "trigger" || !isApi(text)) return;
            event.preventDefault();
            describe(text);
          }}
        />
        {kind === "action" && <ApiFile onText={describe} />}
        {props.extras}
      </div>
      <div className={styles.body}>
        <nav className={styles.categories} aria-label="Categories">
          <Category name="Suggested" active={category === null} onClick={() => setCategory(null)} />
          {favourites.size > 0 && <Category name="Favourites" active={category === "*"} onClick={() => setCategory("*")} />}
          {categories.map((name) => (
            <Category key={name} name={titleCase(name)} active={category === name} onClick={() => setCategory(name)} />
          ))}
        </nav>
        <div className={styles.list} id="operation-list" role="listbox" aria-label="Operations">
          {wrong !== "" && (
            <div className={styles.none} role="alert">
              {wrong}
            </div>
          )}
          {pasted && <PastedRow pasted={pasted} onClick={() => props.onPasted(pasted)} />}
          {operations === null && <div className={styles.none}>Loading operations…</div>}
          {operations !== null && rows.length === 0 && !pasted && <Nothing query={query} mine={mine} onChoose={choose} />}
          <Rows groups={groups} current={current} favourites={favourites} onHover={setAt} onChoose={choose} onFavourite={favourite} onDragging={setDragging} onClose={onClose} />
        </div>
        <Preview operation={current} onAdd={choose} kind={kind} />
      </div>
      <div className="mr-visually-hidden" aria-live="polite">{`${String(rows.length)} operations`}</div>
    </div>
  );
}

/** Reads an OpenAPI file: its operations stand among the others. */
function ApiFile({ onText }: { readonly onText: (text: string) => void }) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton size="small" label="Operations of an API: choose its OpenAPI file" icon={<IconFileImport size={17} />} onClick={() => file.current?.click()} />
      <input
        ref={file}
        type="file"
        accept=".json,application/json"
        hidden
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (chosen) void chosen.text().then(onText);
        }}
      />
    </>
  );
}

const titleCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function groupsOf(query: string, category: string | null, mine: readonly OperationEntry[], search: OperationSearch, habits: Habits): Group[] {
  const plain = (list: readonly OperationEntry[]): Found[] => list.map((operation) => ({ operation, terms: [] }));
  if (query.trim() !== "") {
    const found = search.find(query, habits).filter((one) => category === null || category === "*" || one.operation.category === category);
    return found.length === 0 ? [] : [{ title: "", rows: found }];
  }
  if (category === "*") return [{ title: "Favourites", rows: plain(mine.filter((operation) => habits.favourites.has(operation.id))) }];
  if (category !== null) return [{ title: titleCase(category), rows: plain(suggested(mine.filter((operation) => operation.category === category))) }];
  const sorted = suggested(mine);
  const first = sorted.slice(0, 6);
  const rest = new Map<string, OperationEntry[]>();
  for (const operation of sorted.slice(6)) rest.set(operation.connectorTitle, [...(rest.get(operation.connectorTitle) ?? []), operation]);
  return [{ title: "Suggested", rows: plain(first) }, ...[...rest].map(([title, list]) => ({ title, rows: plain(list) }))];
}

function Category({ name, active, onClick }: { readonly name: string; readonly active: boolean; readonly onClick: () => void }) {
  return (
    <button type="button" className={styles.category} aria-pressed={active} onClick={onClick}>
      {name}
    </button>
  );
}

interface RowsProps {
  readonly groups: readonly Group[];
  readonly current: OperationEntry | undefined;
  readonly favourites: ReadonlySet<string>;
  readonly onHover: (index: number) => void;
  readonly onChoose: (operation: OperationEntry) => void;
  readonly onFavourite: (id: string) => void;
  readonly onDragging: (dragging: boolean) => void;
  readonly onClose: () => void;
}

function Rows(props: RowsProps) {
  let index = -1;
  return props.groups.map((group) => (
    <div key={group.title} role="group" aria-label={group.title || "Results"}>
      {group.title !== "" && <div className={styles.group}>{group.title}</div>}
      {group.rows.map((row) => {
        index += 1;
        return <Row key={`${row.operation.kind}:${row.operation.id}`} row={row} index={index} active={row.operation === props.current} {...props} />;
      })}
    </div>
  ));
}

function Row({ row, index, active, ...props }: RowsProps & { readonly row: Found; readonly index: number; readonly active: boolean }) {
  const { operation } = row;
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active) element.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div
      ref={element}
      id={`operation-${String(index)}`}
      className={styles.row}
      role="option"
      aria-selected={active}
      draggable={operation.kind !== "trigger" && operation.connector !== "api"}
      onPointerMove={() => !active && props.onHover(index)}
      onClick={() => props.onChoose(operation)}
      onDragStart={(event) => {
        event.dataTransfer.setData(DRAG_TYPE, operation.id);
        event.dataTransfer.effectAllowed = "copy";
        requestAnimationFrame(() => props.onDragging(true));
      }}
      onDragEnd={(event) => {
        props.onDragging(false);
        if (event.dataTransfer.dropEffect !== "none") props.onClose();
      }}
    >
      <Tile {...lookOfOperation(operation)} size={28} />
      <span className={styles.rowText}>
        <span className={styles.rowTitle}>
          <Marked text={operation.title} terms={row.terms} />
        </span>
        <span className={styles.rowConnector}>{operation.connectorTitle}</span>
      </span>
      {operation.needsConnection && <IconPlugConnected size={14} className={styles.plug} aria-label="Needs a connection" />}
      <span
        className={styles.star}
        data-on={props.favourites.has(operation.id) || undefined}
        title={props.favourites.has(operation.id) ? "Remove from favourites (*)" : "Add to favourites (*)"}
        onClick={(event) => {
          event.stopPropagation();
          props.onFavourite(operation.id);
        }}
      >
        {props.favourites.has(operation.id) ? <IconStarFilled size={14} aria-label="Favourite" /> : <IconStar size={14} aria-hidden />}
      </span>
    </div>
  );
}

function Marked({ text, terms }: { readonly text: string; readonly terms: readonly string[] }) {
  const at = terms.map((term) => ({ start: text.toLowerCase().indexOf(term.toLowerCase()), length: term.length })).find((found) => found.start >= 0);
  if (!at) return text;
  return (
    <>
      {text.slice(0, at.start)}
      <mark className={styles.marked}>{text.slice(at.start, at.start + at.length)}</mark>
      {text.slice(at.start + at.length)}
    </>
  );
}

function PastedRow({ pasted, onClick }: { readonly pasted: Pasted; readonly onClick: () => void }) {
  return (
    <div className={styles.row} role="option" aria-selected onClick={onClick}>
      <Tile icon="world" color="#1d5fbf" size={28} />
      <span className={styles.rowText}>
        <span className={styles.rowTitle}>{pasted.title}</span>
        <span className={styles.rowConnector}>{pasted.description}</span>
      </span>
      <IconClipboardText size={14} className={styles.plug} aria-hidden />
    </div>
  );
}

function Nothing({ query, mine, onChoose }: { readonly query: string; readonly mine: readonly OperationEntry[]; readonly onChoose: (operation: OperationEntry) => void }) {
  const http = mine.find((operation) => operation.wdlType.toLowerCase() === "http");
  return (
    <div className={styles.none}>
      <p>Nothing matches “{query}”.</p>
      {http && (
        <Button size="small" onClick={() => onChoose(http)}>
          Use an HTTP request instead
        </Button>
      )}
    </div>
  );
}

function Preview({ operation, onAdd, kind }: { readonly operation: OperationEntry | undefined; readonly onAdd: (operation: OperationEntry) => void; readonly kind: "trigger" | "action" }) {
  if (!operation) return <div className={styles.preview} />;
  return (
    <div className={styles.preview}>
      <Tile {...lookOfOperation(operation)} size={40} />
      <h3>{operation.title}</h3>
      <div className={styles.rowConnector}>{operation.connectorTitle}</div>
      <p>{operation.description}</p>
      {operation.needsConnection && (
        <div className={styles.needs}>
          <IconPlugConnected size={14} aria-hidden /> Uses a connection
        </div>
      )}
      <div className={styles.previewEnd}>
        <Button variant="primary" onClick={() => onAdd(operation)}>
          {kind === "trigger" ? "Use this trigger" : "Add"}
        </Button>
      </div>
    </div>
  );
}

function useOutside(root: React.RefObject<HTMLElement | null>, onClose: () => void, dragging: boolean): void {
  const close = useEffectEvent(onClose);
  const active = useEffectEvent(() => dragging);
  useEffect(() => {
    const down = (event: PointerEvent): void => {
      if (!active() && event.target instanceof globalThis.Node && !root.current?.contains(event.target)) close();
    };
    const timer = setTimeout(() => window.addEventListener("pointerdown", down, true));
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pointerdown", down, true);
    };
  }, [root]);
}

/** Beside the plus, inside the window. */
function placeOf(anchor: DOMRect | null, bounds: DOMRect | null): React.CSSProperties {
  const width = Math.min(WIDTH, window.innerWidth - 24);
  const height = Math.min(HEIGHT, window.innerHeight - 72);
  if (!anchor) return { left: (bounds?.left ?? 0) + 12, top: (bounds?.top ?? 56) + 12, width, height };
  const right = anchor.right + 12 + width <= window.innerWidth - 12;
  const leftward = anchor.left - 12 - width;
  const left = right ? anchor.right + 12 : leftward >= 12 ? leftward : Math.max(12, Math.min(window.innerWidth - width - 12, anchor.left - width / 2));
  const top = Math.max(60, Math.min(window.innerHeight - height - 12, anchor.top - 120));
  return { left, top, width, height };
}
