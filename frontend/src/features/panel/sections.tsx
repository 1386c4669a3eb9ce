import { IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { at, type Document } from "../../workflow/document";
import type { Field } from "./fields";
import { usePanel } from "./PanelContext";
import styles from "./panel.module.css";

interface SectionProps {
  readonly title: string;
  /** The value in words where it is not the default. */
  readonly summary: string;
  readonly open?: boolean;
  readonly children: React.ReactNode;
}

/** One setting, folded; open it shows its fields. */
export function Section({ title, summary, open = false, children }: SectionProps) {
  const [shown, setShown] = useState(open);
  return (
    <section className={styles.section}>
      <button type="button" className={styles.sectionHead} aria-expanded={shown} onClick={() => setShown(!shown)}>
        <IconChevronRight size={16} aria-hidden />
        <span>{title}</span>
        {summary !== "" && <span className={styles.sectionSummary}>{summary}</span>}
      </button>
      {shown && <div className={styles.sectionBody}>{children}</div>}
    </section>
  );
}

/** Said in the place of a value that several chosen actions do not share. */
export const DIFFERENT = "different values";

/** Reads and writes members of the action by pointer. */
export function useSetting(document: Document): {
  readonly node: (path: string) => ReturnType<typeof at>;
  readonly text: (path: string) => string;
  readonly set: (path: string, text: string | null, field: string) => boolean;
  /** Several actions are chosen and do not have the same there. */
  readonly differs: (path: string) => boolean;
} {
  const { entry, edit, different } = usePanel();
  const node = (path: string): ReturnType<typeof at> => at(document, entry.pointer + path);
  return {
    node,
    text: (path) => {
      const found = node(path);
      return !found ? "" : found.kind === "string" ? String(found.value) : document.text.slice(found.start, found.end);
    },
    set: (path, text, field) => edit({ name: "setSetting", arguments: { action: entry.action.name, path, text, field } }),
    differs: (path) => different?.has(path) ?? false,
  };
}

export const fieldOf = (title: string, path: string, placeholder = ""): Field => ({ name: title, title, description: "", editor: "text", path, required: false, visibility: "normal", schema: placeholder === "" ? {} : { default: placeholder } });

export function Labelled({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <div className={styles.field}>
      <div className={styles.label}>
        <span>{title}</span>
      </div>
      {children}
    </div>
  );
}
