import { IconTemplate } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { given } from "../../api/client";
import { connectorsQuery } from "../../api/connections";
import { asProblem } from "../../api/problem";
import { templatesQuery } from "../../api/templates";
import type { ConnectorItem, TemplateItem } from "../../api/types";
import { ConnectorIcon } from "../../features/connections/ConnectorIcon";
import { TriggerLabel } from "../../features/workflows/triggers";
import { Button } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { EmptyState } from "../../ui/EmptyState";
import { FilterBar, filterSelectClass, SearchField } from "../../ui/FilterBar";
import { Select } from "../../ui/Select";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeletons";
import { useSearchChange } from "../../ui/useSearchChange";
import styles from "./TemplatesPage.module.css";

const route = getRouteApi("/t/$tenant/templates");
/** Not a category: the templates that this organisation saved. */
const OWN = "own";
const NONE: readonly TemplateItem[] = [];

export function TemplatesPage() {
  const { tenant } = route.useParams();
  const { q = "", category, connector } = route.useSearch();
  const setSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const query = useQuery(templatesQuery(tenant));
  const { data: connectors = [] } = useQuery(connectorsQuery(tenant));
  const all = query.data ?? NONE;
  const own = all.some((each) => each.own);
  const categories = [...new Set(all.map((each) => each.category))].sort();
  const found = all.filter((each) => matches(each, q) && (connector === undefined || each.connectors.includes(connector)));
  const used = [...new Set(all.flatMap((each) => each.connectors))].map((id) => ({ value: id, label: connectors.find((each) => each.id === id)?.title ?? id })).sort((one, other) => one.label.localeCompare(other.label));
  const fits = (each: TemplateItem, wanted: string | undefined): boolean => wanted === undefined || (wanted === OWN ? each.own : each.category === wanted);
  const shown = found.filter((each) => fits(each, category)).sort((one, other) => Number(other.own) - Number(one.own) || one.title.localeCompare(other.title));
  const search = (next: { readonly q?: string | undefined; readonly category?: string | undefined; readonly connector?: string | undefined }) => setSearch((before) => given({ ...before, ...next }));
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
          <EmptyState icon={<IconTemplate size={24} />} title="No templates" text="This server was installed without templates." />
        ) : (
          <>
            <FilterBar count={shown.length === 1 ? "1 template" : `${String(shown.length)} templates`}>
              <SearchField label="Search templates" value={q} onChange={(text) => search({ q: text })} />
              <Select aria-label="Connector" className={filterSelectClass} searchable value={connector ?? ""} data={[{ value: "", label: "Any connector" }, ...used]} onChange={(id) => search({ connector: id === null || id === "" ? undefined : id })} />
              <div className={styles.facets} role="group" aria-label="Categories">
                {[undefined, ...(own ? [OWN] : []), ...categories].map((each) => (
                  <button key={each ?? ""} type="button" className={styles.facet} aria-pressed={category === each} onClick={() => search({ category: each })}>
                    {each === OWN ? "Saved here" : (each ?? "All")} <span>{found.filter((one) => fits(one, each)).length}</span>
                  </button>
                ))}
              </div>
            </FilterBar>
            {shown.length === 0 ? (
              <EmptyState
                icon={<IconTemplate size={24} />}
                title="No template matches"
                text="Nothing fits this search, connector and category."
                primary={<Button onClick={() => search({ q: undefined, category: undefined, connector: undefined })}>Clear filters</Button>}
              />
            ) : (
              <div className={styles.grid}>
                {shown.map((template) => (
                  <Link key={template.id} to="/t/$tenant/templates/$template" params={{ tenant, template: template.id }} className={styles.card}>
                    <Icons template={template} connectors={connectors} />
                    <span className={styles.title}>{template.title}</span>
                    <span className={styles.summary}>{template.summary}</span>
                    <span className={styles.foot}>
                      <TriggerLabel type={template.triggerType} />
                      <span>{template.actions === 1 ? "1 action" : `${String(template.actions)} actions`}</span>
                    </span>
                  </Link>
                ))}
              </div>
            )}
          </>
        )}
      </DataView>
    </Page>
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

function matches(template: TemplateItem, text: string): boolean {
  const whole = `${template.title} ${template.summary} ${template.category} ${template.connectors.join(" ")}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => whole.includes(word));
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
