import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { sessionQuery } from "../../api/session";
import type { WorkflowState } from "../../api/types";
import { tagsQuery, workflowChoicesQuery, type WorkflowSort } from "../../api/workflows";
import { FilterBar, filterSelectClass, SearchField } from "../../ui/FilterBar";
import { lateModule } from "../../ui/later";
import { Select } from "../../ui/Select";

// Names of services that have no connector here: a table that most lists do not need.
const services = lateModule(() => import("../../workflow/services"));

const states = [
  { value: "", label: "All states" },
  { value: "on", label: "On" },
  { value: "off", label: "Off" },
  { value: "draft", label: "Draft only" },
];

export interface WorkflowSearch {
  readonly q?: string | undefined;
  readonly state?: WorkflowState | undefined;
  readonly tag?: string | undefined;
  readonly owner?: string | undefined;
  readonly connector?: string | undefined;
  readonly sort?: WorkflowSort | undefined;
}

interface WorkflowFiltersProps {
  readonly tenant: string;
  readonly search: WorkflowSearch;
  readonly onChange: (change: WorkflowSearch) => void;
  readonly count: ReactNode;
}

/** What the list is narrowed by. What most lists do not have stands last: it comes with the answer. */
export function WorkflowFilters({ tenant, search, onChange, count }: WorkflowFiltersProps) {
  const { data: tags = [] } = useQuery(tagsQuery(tenant));
  const { data: choices } = useQuery(workflowChoicesQuery(tenant));
  const { data: session } = useQuery(sessionQuery);
  const connectors = choices?.connectors ?? [];
  const owners = choices?.owners ?? [];
  const words = services.use(connectors.some((one) => one.title === null) || (choices !== undefined && search.connector !== undefined));
  const titleOf = (id: string, title: string | null | undefined) => title ?? words?.serviceTitle(id) ?? id;
  return (
    <FilterBar count={count}>
      <SearchField label="Search workflows" value={search.q ?? ""} onChange={(q) => onChange({ q: q || undefined })} />
      <Select
        aria-label="State"
        className={filterSelectClass}
        data={states}
        value={search.state ?? ""}
        onChange={(state) => onChange({ state: (state || undefined) as WorkflowState | undefined })}
      />
      <Choice
        label="Owner"
        any="Any owner"
        chosen={search.owner}
        known={owners.map(({ id, name, workflows }) => ({ value: id, label: counted(id === session?.user?.id ? `${name}, you` : name, workflows) }))}
        gone={() => (choices ? "Somebody else" : "…")}
        onChoose={(owner) => onChange({ owner })}
      />
      <Choice
        label="Connector"
        any="Any connector"
        chosen={search.connector}
        known={sorted(connectors.map(({ id, title, workflows }) => ({ value: id, label: counted(titleOf(id, title), workflows) })))}
        gone={(connector) => titleOf(connector, undefined)}
        onChoose={(connector) => onChange({ connector })}
      />
      {(tags.length > 0 || search.tag !== undefined) && (
        <Choice
          label="Tag"
          any="Any tag"
          chosen={search.tag}
          known={tags.map(({ name, workflows }) => ({ value: name, label: counted(name, workflows) }))}
          gone={(tag) => tag}
          onChoose={(tag) => onChange({ tag })}
        />
      )}
    </FilterBar>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly any: string;
  readonly chosen: string | undefined;
  readonly known: readonly { readonly value: string; readonly label: string }[];
  /** What is said of a choice that nothing has any more: it can still be seen and taken away. */
  readonly gone: (chosen: string) => string;
  readonly onChoose: (value: string | undefined) => void;
}

function Choice({ label, any, chosen, known, gone, onChoose }: ChoiceProps) {
  const strange = chosen !== undefined && !known.some(({ value }) => value === chosen);
  return (
    <Select
      aria-label={label}
      className={filterSelectClass}
      searchable
      data={[{ value: "", label: any }, ...(strange ? [{ value: chosen, label: gone(chosen) }] : []), ...known]}
      value={chosen ?? ""}
      onChange={(value) => onChoose(value || undefined)}
    />
  );
}

const counted = (name: string, workflows: number): string => `${name} (${String(workflows)})`;

const sorted = <One extends { readonly label: string }>(all: readonly One[]): One[] => [...all].sort((a, b) => a.label.localeCompare(b.label));
