import { IconChevronRight, IconFile, IconFolder, IconFolderOpen, IconListSearch, IconSearch } from "@tabler/icons-react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useId, useRef, useState } from "react";
import { Button } from "../../../ui/Button";
import { IconButton } from "../../../ui/IconButton";
import { stringOf } from "../../../workflow/tree";
import { usePanel, type Branch } from "../PanelContext";
import { textDefault } from "../fields";
import type { EditorProps } from "./EditorProps";
import styles from "./tree.module.css";

/** A path by hand or with values, or chosen in the tree that the connector shows. */
export function TreeValue(props: EditorProps) {
  const { field, node, readOnly, onText, labelId } = props;
  const { TextEditor } = usePanel();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const text = stringOf(node) ?? "";
  const close = (): void => {
    setOpen(false);
    opener.current?.focus();
  };
  return (
    <div>
      <div className={styles.line}>
        <TextEditor value={text} label={field.title} labelId={labelId} readOnly={readOnly} wants="string" placeholder={textDefault(field.schema) || String(field.schema.examples?.[0] ?? "")} onChange={(next) => onText(next === "" && !field.required ? null : JSON.stringify(next))} />
        {!readOnly && <IconButton ref={opener} bordered label={`Browse for ${field.title}`} aria-expanded={open} icon={<IconListSearch size={17} />} onClick={() => setOpen(!open)} />}
      </div>
      {open && (
        <Tree
          {...props}
          chosen={text}
          onChosen={(value) => {
            onText(JSON.stringify(value));
            close();
          }}
          onClose={close}
        />
      )}
    </div>
  );
}

interface Line extends Branch {
  readonly depth: number;
  readonly position: number;
  readonly size: number;
}

interface TreeProps extends EditorProps {
  readonly chosen: string;
  readonly onChosen: (value: string) => void;
  readonly onClose: () => void;
}

/** Folders are asked for when they are opened. One tab stop: the arrows move, Enter chooses. */
function Tree({ field, chosen, onChosen, onClose }: TreeProps) {
  const { browse, entry } = usePanel();
  const settings = field.schema["x-ms-dynamic-tree"]?.settings;
  const id = useId();
  const [opened, setOpened] = useState<ReadonlySet<string>>(() => new Set(parentsOf(chosen)));
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed.trim());
  const [active, setActive] = useState<string | null>(chosen === "" ? null : chosen);
  const list = useRef<HTMLUListElement>(null);
  const folders = search === "" ? ["", ...[...opened].sort()] : [];
  const queryOf = (folder: string) => ({ queryKey: ["tree", entry.action.name, entry.action.value.start, field.name, folder], queryFn: () => browse(field.name, folder, ""), retry: false, staleTime: 30_000 });
  const answers = useQueries({ queries: folders.map(queryOf) });
  const found = useQuery({ queryKey: ["tree", entry.action.name, field.name, "?", search], queryFn: () => browse(field.name, "", search), enabled: search !== "", retry: false, staleTime: 30_000 });
  const byFolder = new Map(folders.map((folder, index) => [folder, answers[index]]));
  const lines = search === "" ? linesOf("", 0, byFolder, opened) : (found.data?.items ?? []).map((item, index, all): Line => ({ ...item, title: item.value, depth: 0, position: index + 1, size: all.length }));
  const failure = (search === "" ? answers.find((one) => one.error)?.error : found.error) ?? null;
  const waiting = search === "" ? (answers[0]?.isPending ?? true) : found.isPending;
  const more = search === "" ? answers.some((one) => one.data?.more) : found.data?.more;
  const index = Math.max(0, lines.findIndex((line) => line.value === active));
  const current = lines[index];
  const may = (line: Branch): boolean => (line.isParent ? (settings?.canSelectParentNodes ?? false) : (settings?.canSelectLeafNodes ?? true));
  const show = (folder: string, on: boolean): void => setOpened(new Set(on ? [...opened, folder] : [...opened].filter((one) => one !== folder && !one.startsWith(`${folder}/`))));
  const go = (to: number): void => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, to))];
    if (!line) return;
    setActive(line.value);
    requestAnimationFrame(() => document.getElementById(`${id}-${line.value}`)?.scrollIntoView({ block: "nearest" }));
  };
  const choose = (line: Line): void => {
    if (may(line)) onChosen(line.value);
    else if (line.isParent) show(line.value, !opened.has(line.value));
  };
  const inward = (line: Line): void => {
    if (opened.has(line.value)) go(index + 1);
    else show(line.value, true);
  };
  const outward = (line: Line): void => {
    if (line.isParent && opened.has(line.value)) show(line.value, false);
    else go(lines.findIndex((one) => one.value === line.value.split("/").slice(0, -1).join("/")));
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === "Escape") onClose();
    else if (event.key === "ArrowDown") go(index + 1);
    else if (event.key === "ArrowUp") go(index - 1);
    else if (event.key === "Home" && event.target === list.current) go(0);
    else if (event.key === "End" && event.target === list.current) go(lines.length - 1);
    else if (event.key === "ArrowRight" && current?.isParent && event.target === list.current) inward(current);
    else if (event.key === "ArrowLeft" && current && event.target === list.current) outward(current);
    else if (event.key === "Enter" && current) choose(current);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={styles.box} onKeyDown={onKeyDown}>
      <div className={styles.search}>
        <IconSearch size={15} aria-hidden />
        <input autoFocus value={typed} placeholder="Search by name" aria-label={`Search in ${field.title}`} role="combobox" aria-expanded aria-controls={id} aria-activedescendant={current ? `${id}-${current.value}` : undefined} onChange={(event) => setTyped(event.target.value)} />
      </div>
      {failure ? (
        <div className={styles.note} role="alert">
          {failure.message}{" "}
          <Button size="small" variant="quiet" onClick={() => void (search === "" ? answers.forEach((one) => one.error && void one.refetch()) : found.refetch())}>
            Try again
          </Button>
        </div>
      ) : waiting ? (
        <div className={styles.note}>Loading…</div>
      ) : lines.length === 0 ? (
        <div className={styles.note}>{search === "" ? "There is nothing here yet." : `Nothing is named like “${search}”.`}</div>
      ) : null}
      <ul ref={list} id={id} className={styles.tree} role="tree" aria-label={field.title} tabIndex={0} aria-activedescendant={current ? `${id}-${current.value}` : undefined}>
        {lines.map((line) => (
          <li
            key={line.value}
            id={`${id}-${line.value}`}
            role="treeitem"
            aria-level={line.depth + 1}
            aria-posinset={line.position}
            aria-setsize={line.size}
            aria-expanded={line.isParent && search === "" ? opened.has(line.value) : undefined}
            aria-selected={line.value === chosen}
            data-active={line === current || undefined}
            data-muted={(!may(line) && !line.isParent) || undefined}
            style={{ paddingLeft: 8 + line.depth * 18 }}
            onClick={() => {
              setActive(line.value);
              choose(line);
            }}
          >
            <span
              className={styles.twist}
              data-open={opened.has(line.value) || undefined}
              onClick={(event) => {
                if (!line.isParent) return;
                event.stopPropagation();
                setActive(line.value);
                show(line.value, !opened.has(line.value));
              }}
            >
              {line.isParent && search === "" && <IconChevronRight size={14} aria-hidden />}
            </span>
            {line.isParent ? opened.has(line.value) ? <IconFolderOpen size={16} aria-hidden /> : <IconFolder size={16} aria-hidden /> : <IconFile size={16} aria-hidden />}
            <span className={styles.name}>{line.title}</span>
          </li>
        ))}
      </ul>
      {more && <div className={styles.note}>There is more than can be shown: search by name.</div>}
    </div>
  );
}

type Answer = { readonly data?: { readonly items: readonly Branch[] } | undefined } | undefined;

function linesOf(folder: string, depth: number, answers: ReadonlyMap<string, Answer>, opened: ReadonlySet<string>): Line[] {
  const items = answers.get(folder)?.data?.items ?? [];
  return items.flatMap((item, index): Line[] => [
    { ...item, depth, position: index + 1, size: items.length },
    ...(item.isParent && opened.has(item.value) ? linesOf(item.value, depth + 1, answers, opened) : []),
  ]);
}

/** "a/b/c.txt" → "a", "a/b": open from the beginning, so that what is chosen is seen. */
function parentsOf(path: string): string[] {
  if (path.includes("@")) return [];
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/")).filter((one) => one !== "");
}
