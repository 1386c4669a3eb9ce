import { IconSearch, IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";
import styles from "./FilterBar.module.css";
import { IconButton } from "./IconButton";
import { TextField } from "./TextField";
import { isInLayer, isTyping } from "./typing";

/** One row of search and filters above a list; `count` goes to its end. */
export function FilterBar({ children, count }: { readonly children: ReactNode; readonly count?: ReactNode }) {
  return (
    <div className={styles.bar} role="search">
      {children}
      {count && (
        <span className={styles.count} role="status">
          {count}
        </span>
      )}
    </div>
  );
}

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Tells its value 200 ms after the last key; "/" anywhere on the page focuses it. A value changed by others (filters cleared) is shown. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  const [shown, setShown] = useState(value);
  if (value !== shown) {
    setShown(value);
    setTold(value);
    // What was told comes back a moment later: by then more may be typed.
    if (value !== told) setTyped(value);
  }
  const input = useRef<HTMLInputElement>(null);
  const tell = useEffectEvent((text: string) => {
    if (text === value) return;
    setTold(text);
    onChange(text);
  });
  useEffect(() => {
    const timer = setTimeout(() => tell(typed), 200);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || isTyping(event.target) || isInLayer(event.target)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener("keydown", focus);
    return () => window.removeEventListener("keydown", focus);
  }, []);
  return (
    <TextField
      ref={input}
      className={styles.search}
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        typed === "" ? undefined : <IconButton size="small" label="Clear search" icon={<IconX size={14} />} onClick={() => setTyped("")} />
      }
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}

export const filterSelectClass = styles.select ?? "";
