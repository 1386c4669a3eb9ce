import { useState } from "react";
import type { ActionStatus } from "../../api/types";
import { FilterBar, filterSelectClass } from "../../ui/FilterBar";
import { Select } from "../../ui/Select";
import { statusLook } from "../../ui/statuses";
import { TextField } from "../../ui/TextField";
import styles from "./RunList.module.css";
import { actionStatuses, type RunSearch } from "./runSearch";
import { readSpan, saySpan } from "./spans";

interface MoreRunFiltersProps {
  readonly filters: RunSearch;
  readonly onFilters: (change: RunSearch) => void;
  /** The published versions of the workflow, newest first; none where runs of many workflows are shown. */
  readonly versions: readonly number[];
}

/** The filters one needs now and then. Those that are typed count when Enter is pressed or the field is left: some of them make the server read. */
export default function MoreRunFilters({ filters, onFilters, versions }: MoreRunFiltersProps) {
  const version = filters.version === undefined ? (filters.mode ?? "") : filters.version;
  const known = filters.version === undefined || versions.includes(Number(filters.version)) ? versions : [Number(filters.version), ...versions];
  const published = known.map((each) => ({ value: String(each), label: `Version ${String(each)}` }));
  return (
    <FilterBar>
      <Select
        aria-label="Version"
        className={filterSelectClass}
        data={[{ value: "", label: "Any version" }, { value: "published", label: "Published" }, { value: "draft", label: "Draft and tests" }, ...published]}
        value={version}
        onChange={(value) => onFilters({ mode: value === "published" || value === "draft" ? value : undefined, version: /^\d+$/.test(value ?? "") ? (value ?? undefined) : undefined })}
      />
      <Span label="Longer than" value={filters.longer} onChange={(longer) => onFilters({ longer })} />
      <Span label="Shorter than" value={filters.shorter} onChange={(shorter) => onFilters({ shorter })} />
      <Typed label="Action" placeholder="Action, or part of its name" className={styles.typed} value={filters.action} onChange={(action) => onFilters({ action })} />
      <Select
        aria-label="Action status"
        className={filterSelectClass}
        data={[{ value: "", label: "Any action status" }, ...actionStatuses.map((each: ActionStatus) => ({ value: each, label: `Action ${statusLook(each).word.toLowerCase()}` }))]}
        value={filters.actionStatus ?? ""}
        onChange={(value) => onFilters({ actionStatus: actionStatuses.find((each) => each === value) })}
      />
      <Typed
        label="Text in inputs and outputs"
        title="Looks into what trigger and actions got and gave. Secured values are never searched."
        className={styles.typed}
        value={filters.text}
        onChange={(text) => onFilters({ text })}
      />
    </FilterBar>
  );
}

interface TypedProps {
  readonly label: string;
  readonly placeholder?: string | undefined;
  readonly title?: string | undefined;
  readonly className?: string | undefined;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
  /** Why what is typed cannot be used. */
  readonly refuse?: ((text: string) => string | null) | undefined;
}

function Typed({ label, placeholder = label, title, className, value, onChange, refuse }: TypedProps) {
  const [typed, setTyped] = useState(value ?? "");
  const [shown, setShown] = useState(value);
  const [problem, setProblem] = useState<string | null>(null);
  if (value !== shown) {
    setShown(value);
    setTyped(value ?? "");
    setProblem(null);
  }
  const tell = (): void => {
    const text = typed.trim();
    const why = text === "" ? null : (refuse?.(text) ?? null);
    setProblem(why);
    if (why === null && text !== (value ?? "")) onChange(text === "" ? undefined : text);
  };
  return (
    <TextField
      aria-label={label}
      placeholder={placeholder}
      title={title}
      className={className ?? ""}
      maxLength={200}
      value={typed}
      error={problem}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={tell}
      onKeyDown={(event) => event.key === "Enter" && tell()}
    />
  );
}

/** A span of time as people write it; the address has it in seconds. */
function Span({ label, value, onChange }: { readonly label: string; readonly value: string | undefined; readonly onChange: (value: string | undefined) => void }) {
  const seconds = Number(value);
  return (
    <Typed
      label={label}
      placeholder={`${label}, e.g. 5 min`}
      className={styles.span}
      value={value === undefined ? undefined : saySpan(seconds)}
      refuse={(text) => (readSpan(text) === null ? "Write a time such as 30 s, 5 min or 2 h." : null)}
      onChange={(text) => onChange(text === undefined ? undefined : String(readSpan(text) ?? ""))}
    />
  );
}
