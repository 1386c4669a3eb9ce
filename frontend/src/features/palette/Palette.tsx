import { IconSearch } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { matches, offersOf, readQuery, type Match, type Offer, type Sign } from "./search";
import styles from "./palette.module.css";

export interface PaletteProps {
  readonly label: string;
  readonly placeholder: string;
  readonly offers: readonly Offer[];
  /** First letters that ask for one kind of offers. */
  readonly signs?: readonly Sign[] | undefined;
  /** Offers that only what was typed can name. */
  readonly named?: ((sign: string, words: string) => readonly Offer[]) | undefined;
  readonly onClose: () => void;
}

const NO_SIGNS: readonly Sign[] = [];

/** Type a few letters, press Enter. One list for commands, actions and workflows. */
export function Palette({ label, placeholder, offers, signs = NO_SIGNS, named, onClose }: PaletteProps) {
  const [query, setQuery] = useState("");
  const [index, setIndex] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const { sign, words } = useMemo(() => readQuery(query, signs), [query, signs]);
  const known = useMemo(() => matches(offersOf(offers, sign), words), [offers, sign, words]);
  const found = [...(sign === null ? [] : (named?.(sign.sign, words) ?? [])).map((offer): Match => ({ offer, excerpt: null })), ...known];
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
  }, [index, known]);
  const ask = (next: string): void => {
    setQuery(next);
    setIndex(0);
  };
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
            aria-describedby={signs.length > 0 ? "palette-signs" : undefined}
            value={query}
            onChange={(event) => ask(event.target.value)}
          />
        </div>
        <div ref={list} className={styles.list} id="palette-list" role="listbox" aria-label={label}>
          {found.map((match, place) => (
            <Row key={match.offer.id} match={match} index={place} chosen={place === index} first={words === "" && match.offer.group !== found[place - 1]?.offer.group} onChoose={() => choose(match)} />
          ))}
        </div>
        {found.length === 0 && <p className={styles.nothing}>{words === "" && sign !== null ? sign.empty : `Nothing here is called “${words}”.`}</p>}
        <div className="mr-visually-hidden" aria-live="polite">
          {query === "" ? "" : `${String(found.length)} found`}
        </div>
        {signs.length > 0 && (
          <div className={styles.signs} id="palette-signs">
            <span>Begin with</span>
            {signs.map((one) => (
              <button
                key={one.sign} type="button" tabIndex={-1} data-chosen={one === sign || undefined}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => {
                  ask(one === sign ? words : `${one.sign}${words}`);
                  input.current?.focus();
                }}
              >
                <kbd>{one.sign}</kbd> {one.title}
              </button>
            ))}
          </div>
        )}
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
