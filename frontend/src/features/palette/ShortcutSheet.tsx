import { useState } from "react";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/TextField";
import styles from "./palette.module.css";

export interface Shortcut {
  readonly group: string;
  readonly title: string;
  readonly keys: string;
}

/** Every key of the designer, to look through or to search. */
export function ShortcutSheet({ shortcuts, onClose }: { readonly shortcuts: readonly Shortcut[]; readonly onClose: () => void }) {
  const [query, setQuery] = useState("");
  const words = query.toLowerCase();
  const shown = shortcuts.filter((one) => `${one.title} ${one.keys} ${one.group}`.toLowerCase().includes(words));
  const groups = [...new Set(shown.map((one) => one.group))];
  return (
    <Dialog open title="Keys of the designer" width={820} onClose={onClose}>
      <TextField aria-label="Search keys" placeholder="Search" value={query} onChange={(event) => setQuery(event.currentTarget.value)} data-autofocus />
      <div className={styles.sheet}>
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {shown.filter((one) => one.group === group).map((one) => (
                <div key={one.title}>
                  <dt>{one.title}</dt>
                  <dd>
                    {one.keys.split(" / ").map((keys) => (
                      <kbd key={keys}>{keys}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      {shown.length === 0 && <p className={styles.nothing}>No key does “{query}”.</p>}
      <p className={styles.note}>On a Mac, ⌘ stands for Ctrl. Keys of one letter work while the canvas or the outline has the focus.</p>
    </Dialog>
  );
}
