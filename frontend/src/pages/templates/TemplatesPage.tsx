import { IconSquarePlus, IconTemplate } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { given } from "../../api/client";
import { connectorsQuery } from "../../api/connections";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { templatesQuery } from "../../api/templates";
import type { ConnectorItem, TemplateItem } from "../../api/types";
import { ConnectorIcon } from "../../features/connections/ConnectorIcon";
import { CreateDialog } from "../../features/workflows/CreateDialog";
import { TriggerLabel } from "../../features/workflows/triggers";
import { Button } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { EmptyState } from "../../ui/EmptyState";
import { FilterBar, filterSelectClass, SearchField } from "../../ui/FilterBar";
import { MultiSelect } from "../../ui/MultiSelect";
import { Page } from "../../ui/Page";
import { Select } from "../../ui/Select";
import { Skeleton } from "../../ui/Skeletons";
import { useSearchChange } from "../../ui/useSearchChange";
import { authorOf, fits, fitsCategory, listOf, OWN, sorted, startOf } from "./gallery";
import styles from "./TemplatesPage.module.css";

const route = getRouteApi("/t/$tenant/templates");
const NONE: readonly TemplateItem[] = [];
const SORTS = [{ value: "", label: "Suggested order" }, { value: "name", label: "A–Z" }];

type Search = ReturnType<typeof route.useSearch>;

export function TemplatesPage() {
  const { tenant } = route.useParams();
  const search = route.useSearch();
  const setSearch = useSearchChange<Search>();
  const query = useQuery(templatesQuery(tenant));
  const { data: connectors = [] } = useQuery(connectorsQuery(tenant));
  const mayCreate = usePermission(tenant, "workflow.create");
  const [creating, setCreating] = useState(false);
  const onBlank = mayCreate ? () => setCreating(true) : null;
  const all = query.data ?? NONE;
  const found = all.filter((each) => fits(each, { ...search, connectors: listOf(search.connector) }));
  const shown = sorted(found.filter((each) => fitsCategory(each, search.category)), search.sort);
  const change = (next: { readonly [Name in keyof Search]?: Search[Name] | undefined }) => setSearch((before) => given({ ...before, ...next }));
  return (
    <Page title="Templates" lead="Working flows to start from. A template becomes an ordinary workflow that you can change as you like. Save your own from any workflow.">
      <DataView
        loading={query.isPending}
        error={query.error ? asProblem(query.error) : null}
        hasData={query.data !== undefined}
        onRetry={() => void query.refetch()}
        skeleton={<CardSkeletons />}
      >
        {all.length === 0 ? (
          <EmptyState
            icon={<IconTemplate size={24} />} title="No templates" text="This server was installed without templates."
            primary={onBlank && <Button onClick={onBlank}>Blank workflow</Button>}
          />
        ) : (
          <>
            <Filters all={all} found={found} connectors={connectors} search={search} onChange={change} count={shown.length === 1 ? "1 template" : `${String(shown.length)} templates`} />
            {shown.length === 0 ? (
              <EmptyState
                icon={<IconTemplate size={24} />}
                title="No template matches"
                text="Nothing fits the search and all the filters together."
                primary={<Button onClick={() => change({ q: undefined, category: undefined, connector: undefined, trigger: undefined })}>Clear filters</Button>}
                secondary={onBlank && <Button onClick={onBlank}>Blank workflow</Button>}
              />
            ) : (
              <div className={styles.grid}>
                {onBlank && <BlankCard onClick={onBlank} />}
                {shown.map((template) => (
                  <TemplateCard key={template.id} tenant={tenant} template={template} connectors={connectors} />
                ))}
              </div>
            )}
          </>
        )}
      </DataView>
      {creating && <CreateDialog tenant={tenant} onClose={() => setCreating(false)} />}
    </Page>
  );
}

interface FiltersProps {
  readonly all: readonly TemplateItem[];
  /** What fits everything but the category. */
  readonly found: readonly TemplateItem[];
  readonly connectors: readonly ConnectorItem[];
  readonly search: Search;
  readonly count: string;
  readonly onChange: (next: { readonly [Name in keyof Search]?: Search[Name] | undefined }) => void;
}

function Filters({ all, found, connectors, search, count, onChange }: FiltersProps) {
  const titleOf = (id: string): string => connectors.find((each) => each.id === id)?.title ?? id;
  const chosen = listOf(search.connector);
  // What the address names stays among the choices, so that it can be taken away.
  const used = [...new Set([...all.flatMap((each) => each.connectors), ...chosen])].map((id) => ({ value: id, label: titleOf(id) })).sort((one, other) => one.label.localeCompare(other.label));
  const starts = [...new Set([...all.map(startOf), ...(search.trigger === undefined ? [] : [search.trigger])])].sort();
  const own = all.some((each) => each.own);
  const categories = [...new Set(all.map((each) => each.category))].sort();
  return (
    <FilterBar count={count}>
      <SearchField label="Search templates" value={search.q ?? ""} onChange={(q) => onChange({ q })} />
      <MultiSelect
        aria-label="Connectors" className={styles.connectors ?? ""} searchable placeholder="Any connector" data={used} value={[...chosen]}
        onChange={(ids) => onChange({ connector: ids.join(",") })}
      />
      <Select
        aria-label="Trigger" className={filterSelectClass} value={search.trigger ?? ""}
        data={[{ value: "", label: "Any trigger" }, ...starts.map((word) => ({ value: word, label: word }))]}
        onChange={(word) => onChange({ trigger: word ?? undefined })}
      />
      <Select aria-label="Order" className={filterSelectClass} data={SORTS} value={search.sort ?? ""} onChange={(sort) => onChange({ sort: sort === "name" ? "name" : undefined })} />
      <div className={styles.facets} role="group" aria-label="Categories">
        {[undefined, ...(own ? [OWN] : []), ...categories].map((each) => (
          <button key={each ?? ""} type="button" className={styles.facet} aria-pressed={search.category === each} onClick={() => onChange({ category: each })}>
            {each === OWN ? "Saved here" : (each ?? "All")} <span>{found.filter((one) => fitsCategory(one, each)).length}</span>
          </button>
        ))}
      </div>
    </FilterBar>
  );
}

function BlankCard({ onClick }: { readonly onClick: () => void }) {
  return (
    <button type="button" className={`${styles.card ?? ""} ${styles.blank ?? ""}`} onClick={onClick}>
      <span className={styles.icons} aria-hidden>
        <IconSquarePlus size={28} stroke={1.5} />
      </span>
      <span className={styles.title}>Blank workflow</span>
      <span className={styles.summary}>An empty canvas: choose a trigger, then add one action after the other.</span>
    </button>
  );
}

function TemplateCard({ tenant, template, connectors }: { readonly tenant: string; readonly template: TemplateItem; readonly connectors: readonly ConnectorItem[] }) {
  return (
    <Link to="/t/$tenant/templates/$template" params={{ tenant, template: template.id }} className={styles.card}>
      <Icons template={template} connectors={connectors} />
      <span className={styles.title}>{template.title}</span>
      <span className={styles.author}>By {authorOf(template)}</span>
      <span className={styles.summary}>{template.summary}</span>
      <span className={styles.foot}>
        <TriggerLabel type={template.triggerType} />
        <span>{template.actions === 1 ? "1 action" : `${String(template.actions)} actions`}</span>
      </span>
    </Link>
  );
}

/** As many cards as a window shows at once. */
function CardSkeletons() {
  return (
    <div className={styles.grid} style={{ marginTop: 48 }} role="status" aria-label="Loading the templates">
      {Array.from({ length: 8 }, (_, card) => (
        <div key={card} className={styles.card}>
          <Skeleton width={28} height={28} />
          <Skeleton width="70%" height={16} />
          <Skeleton width="95%" />
          <Skeleton width="80%" />
        </div>
      ))}
    </div>
  );
}

function Icons({ template, connectors }: { readonly template: TemplateItem; readonly connectors: readonly ConnectorItem[] }) {
  return (
    <span className={styles.icons} aria-hidden>
      {template.connectors.slice(0, 5).map((id) => {
        const connector = connectors.find((each) => each.id === id);
        return <ConnectorIcon key={id} icon={connector?.icon ?? ""} color={connector?.color ?? null} size={28} />;
      })}
      {template.connectors.length > 5 && <span className={styles.muted}>+{template.connectors.length - 5}</span>}
      {template.connectors.length === 0 && <IconTemplate size={28} stroke={1.5} />}
      <span className={styles.category}>
        {template.own && <span className={styles.own}>Saved here</span>}
        {template.category}
      </span>
    </span>
  );
}
