import { IconSearch } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { matches, type Match, type Offer } from "./search";
import styles from "./palette.module.css";

export interface PaletteProps {
  readonly label: string;
  readonly placeholder: string;
  readonly offers: readonly Offer[];
  readonly onClose: () => void;
}

/** Type a few letters, press Enter. One list for commands, actions and workflows. */
export function Palette({ label, placeholder, offers, onClose }: PaletteProps) {
  const [query, setQuery] = useState("");
  const [index, setIndex] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const found = useMemo(() => matches(offers, query), [offers, query]);
  const [opener] = useState(() => document.activeElement);
  const close = (): void => {
    onClose();
    if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  };
  const choose = (match: Match | undefined): void => {
    if (!match || (match.offer.problem?.() ?? null) !== null) return;
    close();
    match.offer.run();
  };
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [index, found]);
  const onKey = (event: React.KeyboardEvent): void => {
    event.stopPropagation();
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : event.key === "PageDown" ? 8 : event.key === "PageUp" ? -8 : 0;
    if (step !== 0) setIndex(Math.max(0, Math.min(found.length - 1, index + step)));
    else if (event.key === "Enter") choose(found[index]);
    else if (event.key === "Escape") close();
    else if (event.key === "Tab") event.preventDefault();
    else return;
    event.preventDefault();
  };
  return createPortal(
    <div className={styles.scrim} onPointerDown={(event) => event.target === event.currentTarget && close()}>
      <div className={styles.palette} role="dialog" aria-modal="true" aria-label={label} onKeyDown={onKey}>
        <div className={styles.search}>
          <IconSearch size={18} aria-hidden />
          <input
            ref={input}
            autoFocus
            type="text"
            role="combobox"
            aria-label={label}
            aria-expanded
            aria-controls="palette-list"
            aria-activedescendant={found.length > 0 ? `palette-${String(index)}` : undefined}
            placeholder={placeholder}
            spellCheck={false}
            autoComplete="off"
            value={query}
            onChange={(event) => {
              setQuery(event.target.value);
              setIndex(0);
            }}
          />
        </div>
        <div ref={list} className={styles.list} id="palette-list" role="listbox" aria-label={label}>
          {found.map((match, place) => (
            <Row key={match.offer.id} match={match} index={place} chosen={place === index} first={query === "" && match.offer.group !== found[place - 1]?.offer.group} onChoose={() => choose(match)} />
          ))}
        </div>
        {found.length === 0 && <p className={styles.nothing}>Nothing here is called “{query}”.</p>}
        <div className="mr-visually-hidden" aria-live="polite">
          {query === "" ? "" : `${String(found.length)} found`}
        </div>
      </div>
    </div>,
    document.body,
  );
}

interface RowProps {
  readonly match: Match;
  readonly index: number;
  readonly chosen: boolean;
  readonly first: boolean;
  readonly onChoose: () => void;
}

function Row({ match: { offer, excerpt }, index, chosen, first, onChoose }: RowProps) {
  const problem = offer.problem?.() ?? null;
  return (
    <>
      {first && offer.group !== "" && (
        <div className={styles.group} role="presentation">
          {offer.group}
        </div>
      )}
      <div id={`palette-${String(index)}`} className={styles.row} role="option" aria-selected={chosen} aria-disabled={problem !== null || undefined} onPointerDown={(event) => event.preventDefault()} onClick={onChoose}>
        <span className={styles.icon} aria-hidden>
          {offer.icon}
        </span>
        <span className={styles.words}>
          <span className={styles.title}>{offer.title}</span>
          {offer.detail !== undefined && offer.detail !== "" && <span className={styles.detail}>{offer.detail}</span>}
          {excerpt !== null && <span className={styles.excerpt}>{excerpt}</span>}
          {problem !== null && <span className={styles.problem}>{problem}</span>}
        </span>
        {offer.keys !== undefined && <kbd className={styles.keys}>{offer.keys}</kbd>}
      </div>
    </>
  );
}
