import { IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import styles from "./Drawer.module.css";
import { IconButton } from "./IconButton";

interface DrawerProps {
  readonly label: string;
  /** At the left of its head: its title, or the tabs it is one of. */
  readonly head: ReactNode;
  readonly said?: ReactNode;
  readonly keys: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A part of the page at its lower end that comes and goes. */
export function Drawer({ label, head, said, keys, onClose, children }: DrawerProps) {
  return (
    <section className={styles.drawer} aria-label={label}>
      <header className={styles.head}>
        {head}
        <span className={styles.said}>{said}</span>
        <IconButton size="small" label={`Close ${label.toLowerCase()}`} keys={keys} icon={<IconX size={16} />} onClick={onClose} />
      </header>
      {children}
    </section>
  );
}
