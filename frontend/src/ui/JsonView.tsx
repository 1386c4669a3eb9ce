import { IconBraces, IconChevronDown, IconChevronRight, IconFoldDown, IconListTree, IconRoute, IconSearch } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { CopyButton, copyText } from "./CopyButton";
import { IconButton } from "./IconButton";
import { children, type JsonLine, search, visibleLines } from "./jsonLines";
import { type JsonNode, printJson } from "./jsonTree";
import styles from "./JsonView.module.css";
import { momentText, useZone, writtenMoment } from "./zone";

export interface JsonViewProps {
  readonly value: JsonNode;
  readonly label: string;
  /** Containers above this depth start open. */
  readonly openDepth?: number | undefined;
  readonly maxHeight?: number | string | undefined;
}

const longString = 400;

/** A value as a tree: only the lines in view exist, search opens the way to what it finds, every line copies its value or path. */
export function JsonView({ value, label, openDepth = 2, maxHeight = 420 }: JsonViewProps) {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [text, setText] = useState("");
  const [raw, setRaw] = useState(false);
  const [hit, setHit] = useState(0);
  const found = useMemo(() => search(value, text.trim()), [value, text]);
  const lines = useMemo(
    () => visibleLines(value, (path, depth) => found.ancestors.has(path) || (toggled.get(path) ?? depth < openDepth)),
    [value, toggled, found, openDepth],
  );
  const toggle = (line: JsonLine, open = !line.open) => setToggled(new Map(toggled).set(line.path, open));
  const next = (step: number) => found.hits.length > 0 && setHit((hit + step + found.hits.length) % found.hits.length);

  return (
    <div className={styles.view} style={{ "--max-height": typeof maxHeight === "number" ? `${maxHeight}px` : maxHeight } as React.CSSProperties}>
      <div className={styles.bar}>
        <IconSearch size={14} color="var(--mr-muted)" aria-hidden />
        <input
          className={styles.search}
          aria-label={`Search in ${label}`}
          placeholder="Search"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setHit(0);
          }}
          onKeyDown={(event) => event.key === "Enter" && next(event.shiftKey ? -1 : 1)}
        />
        {text.trim() !== "" && (
          <span className={styles.found} role="status">
            {found.hits.length === 0 ? "Nothing found" : `${hit + 1} of ${found.hits.length}${found.hits.length === 500 ? "+" : ""}`}
          </span>
        )}
        <IconButton size="small" label="Expand all" icon={<IconFoldDown size={16} />} onClick={() => setToggled(allOpen(value))} />
        <IconButton
          size="small"
          label={raw ? "Show as tree" : "Show as text"}
          icon={raw ? <IconListTree size={16} /> : <IconBraces size={16} />}
          onClick={() => setRaw(!raw)}
        />
        <CopyButton value={() => printJson(value)} label="Copy everything" />
      </div>
      {raw ? (
        <pre className={styles.raw} tabIndex={0} aria-label={label}>
          {printJson(value)}
        </pre>
      ) : (
        <Lines lines={lines} label={label} toggle={toggle} hits={found.hits} current={found.hits[hit]} />
      )}
    </div>
  );
}

interface LinesProps {
  readonly lines: readonly JsonLine[];
  readonly label: string;
  readonly toggle: (line: JsonLine, open?: boolean) => void;
  readonly hits: readonly string[];
  readonly current: string | undefined;
}

function Lines({ lines, label, toggle, hits, current }: LinesProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const hitSet = useMemo(() => new Set(hits), [hits]);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing it returns is passed on
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => frame.current, estimateSize: () => 24, overscan: 12 });
  const currentIndex = current === undefined ? -1 : lines.findIndex((line) => line.path === current);
  const [shownHit, setShownHit] = useState<string | undefined>(undefined);
  if (current !== shownHit) {
    setShownHit(current);
    if (currentIndex >= 0) setActive(currentIndex);
  }
  const at = Math.min(active, lines.length - 1);
  const scrolled = useRef<number>(-1);
  const attach = (element: HTMLDivElement | null) => {
    frame.current = element;
    if (element && currentIndex >= 0 && scrolled.current !== currentIndex) {
      scrolled.current = currentIndex;
      virtual.scrollToIndex(currentIndex, { align: "center" });
    }
  };
  const move = (index: number) => {
    const target = Math.max(0, Math.min(lines.length - 1, index));
    setActive(target);
    virtual.scrollToIndex(target);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const line = lines[at];
    if (!line) return;
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(lines.length - 1);
    else if (event.key === "ArrowRight" && !line.open) toggle(line, true);
    else if (event.key === "ArrowLeft" && line.open) toggle(line, false);
    else if (event.key === "ArrowLeft") move(lines.findLastIndex((each, index) => index < at && each.depth < line.depth));
    else if (event.key === "Enter" || event.key === " ") toggle(line);
    else if (event.key === "c" && (event.ctrlKey || event.metaKey)) void copyText(copied(line.node));
    else return;
    event.preventDefault();
  };
  const id = (index: number) => `${label.replace(/\W+/g, "-")}-line-${index}`;
  return (
    <div
      ref={attach}
      className={styles.tree}
      role="tree"
      aria-label={label}
      aria-activedescendant={id(at)}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: virtual.getTotalSize(), position: "relative" }} role="presentation">
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          return (
            <div
              key={item.index}
              id={id(item.index)}
              className={styles.line}
              role="treeitem"
              aria-level={line.depth + 1}
              aria-expanded={children(line.node).length > 0 ? line.open : undefined}
              aria-selected={item.index === at}
              data-active={item.index === at || undefined}
              data-hit={hitSet.has(line.path) || undefined}
              style={{ position: "absolute", top: 0, left: 0, transform: `translateY(${item.start}px)`, paddingLeft: 4 + line.depth * 16 }}
              onClick={() => {
                setActive(item.index);
                if (children(line.node).length > 0) toggle(line);
              }}
            >
              <LineContent line={line} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function LineContent({ line }: { readonly line: JsonLine }) {
  const parts = children(line.node).length;
  return (
    <>
      <span className={styles.twist} aria-hidden>
        {parts > 0 && (line.open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />)}
      </span>
      {line.label !== null && (
        <>
          <span className={styles.name}>{line.label}</span>
          <span className={styles.sign}>: </span>
        </>
      )}
      <Scalar node={line.node} open={line.open} parts={parts} />
      <span className={styles.tools} onClick={(event) => event.stopPropagation()}>
        <CopyButton value={() => copied(line.node)} label="Copy value" />
        {line.path !== "" && (
          <IconButton size="small" label="Copy path" icon={<IconRoute size={16} />} onClick={() => void copyText(line.path)} />
        )}
      </span>
    </>
  );
}

function Scalar({ node, open, parts }: { readonly node: JsonNode; readonly open: boolean; readonly parts: number }) {
  switch (node.kind) {
    case "object":
      return <span className={styles.sign}>{parts === 0 ? "{}" : open ? "{" : `{…} ${parts} ${parts === 1 ? "member" : "members"}`}</span>;
    case "array":
      return <span className={styles.sign}>{parts === 0 ? "[]" : open ? "[" : `[…] ${parts} ${parts === 1 ? "item" : "items"}`}</span>;
    case "string": {
      const shown = JSON.stringify(node.text.length > longString ? `${node.text.slice(0, longString)}…` : node.text);
      return (
        <>
          <span className={styles.string}>{shown}</span>
          {node.text.length > longString && <span className={styles.sign}> {node.text.length.toLocaleString("en")} characters</span>}
          <WrittenTime text={node.text} />
        </>
      );
    }
    case "number":
      return <span className={styles.number}>{node.text}</span>;
    default:
      return <span className={styles.word}>{node.kind === "null" ? "null" : String(node.value)}</span>;
  }
}

/** What a text that is a moment means by the chosen clock. */
function WrittenTime({ text }: { readonly text: string }) {
  const zone = useZone();
  const at = writtenMoment(text);
  return at && <span className={styles.sign}> {momentText(at, zone)}</span>;
}

/** Text values are copied bare, everything else as JSON. */
function copied(node: JsonNode): string {
  return node.kind === "string" ? node.text : printJson(node);
}

function allOpen(root: JsonNode): ReadonlyMap<string, boolean> {
  const all = new Map<string, boolean>();
  for (const line of visibleLines(root, () => true)) if (children(line.node).length > 0) all.set(line.path, true);
  return all;
}
