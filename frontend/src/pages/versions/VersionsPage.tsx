import { IconPencil, IconVersions } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { given } from "../../api/client";
import { historyQuery } from "../../api/drafts";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import type { VersionItem } from "../../api/types";
import { versionsQuery, workflowQuery } from "../../api/workflows";
import { Button, LinkButton } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { EmptyState } from "../../ui/EmptyState";
import { Page } from "../../ui/Page";
import { SegmentedControl } from "../../ui/SegmentedControl";
import { Select } from "../../ui/Select";
import { SkeletonLines } from "../../ui/Skeletons";
import { Time } from "../../ui/Time";
import { useSearchChange } from "../../ui/useSearchChange";
import { afterIt, sittingsOf, type PastEdits, type Sitting } from "../../workflow/past";
import { Difference, type Mode } from "./Difference";
import { DRAFT, momentName, momentTitle, pastId, revisionOf, useMomentText } from "./moments";
import { RestoreButton } from "./Restore";
import { Sittings } from "./Sittings";
import { useRestoring } from "./useRestoring";
import styles from "./VersionsPage.module.css";

const route = getRouteApi("/t/$tenant/w/$wf/versions");

const MODES: { readonly value: Mode; readonly label: string }[] = [
  { value: "words", label: "Words" },
  { value: "canvas", label: "Canvas" },
  { value: "text", label: "Text" },
];

export function VersionsPage() {
  const { tenant, wf } = route.useParams();
  const { a, b, v } = route.useSearch();
  const setSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const { data: workflow } = useQuery(workflowQuery(tenant, wf));
  const query = useInfiniteQuery(versionsQuery(tenant, wf));
  const history = useInfiniteQuery(historyQuery(tenant, wf));
  const versions = query.data?.pages.flatMap((page) => page.items) ?? [];
  const steps = useMemo(() => history.data?.pages.flatMap((page) => page.items) ?? [], [history.data]);
  const groups = grouped(versions, steps);
  const ids = [DRAFT, ...versions.map((each) => String(each.number))];
  const known = (id: string | undefined): id is string => id !== undefined && (ids.includes(id) || revisionOf(id) !== null);
  const chosen = [b, v].find(known) ?? DRAFT;
  const oldest = steps.at(-1);
  const older = ids[ids.indexOf(chosen) + 1] ?? ids[1] ?? (oldest ? pastId(oldest.revision - 1) : DRAFT);
  const base = known(a) && a !== chosen ? a : older;
  const choose = (before: string, after: string) => setSearch(({ mode }) => given({ a: before, b: after, mode }));
  const open = query.hasNextPage ? undefined : groups.findLastIndex((each) => each.length > 0);
  return (
    <Page
      title="Versions"
      documentTitle={`Versions of ${workflow?.name ?? "…"}`}
      lead="Every published version is kept as it was, every change of the draft for 90 days. Compare any two moments; take one back whole, or one action of it."
    >
      <DataView
        loading={query.isPending || history.isPending}
        error={query.error ? asProblem(query.error) : null}
        hasData={query.data !== undefined}
        onRetry={() => void query.refetch()}
      >
        {versions.length === 0 && steps.length === 0 ? (
          <EmptyState
            icon={<IconVersions size={24} />}
            title="Not published yet"
            text="Publishing the draft makes version 1. From then on every published state is listed here."
            primary={
              <LinkButton to="/t/$tenant/w/$wf/design" params={{ tenant, wf }} variant="primary">
                Open the designer
              </LinkButton>
            }
          />
        ) : (
          <div className={styles.columns}>
            <ul className={styles.list} aria-label="Versions">
              {ids.map((id, index) => (
                <li key={id}>
                  <button type="button" className={styles.version} aria-current={id === chosen} onClick={() => setSearch(() => ({ b: id }))}>
                    <Line version={versions[index - 1]} changed={workflow?.hasUnpublishedChanges ?? false} published={versions.length > 0} />
                  </button>
                  {(groups[index]?.length ?? 0) > 0 && (
                    <Sittings
                      of={momentName(id, steps)}
                      sittings={groups[index] ?? []}
                      base={base}
                      chosen={chosen}
                      more={history.hasNextPage && index === open ? { onMore: () => void history.fetchNextPage(), busy: history.isFetchingNextPage } : undefined}
                      onChoose={choose}
                    />
                  )}
                </li>
              ))}
              {query.hasNextPage && (
                <li>
                  <Button size="small" variant="quiet" wide busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    Load more
                  </Button>
                </li>
              )}
            </ul>
            <Compared tenant={tenant} wf={wf} ids={ids} steps={steps} base={base} chosen={chosen} />
          </div>
        )}
      </DataView>
    </Page>
  );
}

/** What changed the draft since the newest version, then what led to each version. */
function grouped(versions: readonly VersionItem[], steps: readonly PastEdits[]): Sitting[][] {
  const ends = versions.map((each) => each.revision ?? 0);
  const sittings = sittingsOf(steps, ends);
  return [Number.POSITIVE_INFINITY, ...ends].map((end, index) => sittings.filter((each) => afterIt(each) <= end && afterIt(each) > (ends[index] ?? 0)));
}

/** Without a version: the draft. */
function Line({ version, ...draft }: { readonly version: VersionItem | undefined; readonly changed: boolean; readonly published: boolean }) {
  return version ? <VersionLine version={version} /> : <DraftLine {...draft} />;
}

function DraftLine({ changed, published }: { readonly changed: boolean; readonly published: boolean }) {
  return (
    <>
      <span className={styles.line}>
        <IconPencil size={14} aria-hidden />
        <strong>Draft</strong>
      </span>
      <span className={styles.muted}>{!published ? "Not published yet" : changed ? "Has changes that are not published" : "As published"}</span>
    </>
  );
}

function VersionLine({ version }: { readonly version: VersionItem }) {
  return (
    <>
      <span className={styles.line}>
        <strong>Version {version.number}</strong>
        {version.current && <span className={styles.badge}>Published</span>}
        <span className={`${styles.muted} ${styles.time}`}>
          <Time iso={version.createdAt} />
        </span>
      </span>
      <span className={styles.comment} style={{ display: "block" }}>
        {version.comment || <span className={styles.muted}>No comment</span>}
      </span>
      <span className={styles.muted}>{version.author ?? "Unknown author"}</span>
    </>
  );
}

interface ComparedProps {
  readonly tenant: string;
  readonly wf: string;
  readonly ids: readonly string[];
  readonly steps: readonly PastEdits[];
  readonly base: string;
  readonly chosen: string;
}

/** The chosen moment against another one, older or newer. */
function Compared({ tenant, wf, ids, steps, base, chosen }: ComparedProps) {
  const { mode = "words" } = route.useSearch();
  const setSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const before = useMomentText(tenant, wf, base);
  const after = useMomentText(tenant, wf, chosen);
  const mayEdit = usePermission(tenant, "workflow.edit");
  const takeBack = useRestoring(tenant, wf, before.text ?? "{}");
  const error = before.error ?? after.error;
  const names = [momentName(base, steps), momentName(chosen, steps)] as const;
  const others = [...ids, ...(ids.includes(base) ? [] : [base])].filter((id) => id !== chosen);
  return (
    <section className={styles.detail} aria-label={`${names[0]} compared with ${names[1]}`}>
      <header className={styles.detailHead}>
        <h2>{momentTitle(chosen, steps)}</h2>
        <label className={styles.against}>
          compared with
          <Select
            aria-label="Compare with"
            w={revisionOf(base) === null ? 150 : 260}
            value={base}
            data={others.map((id) => ({ value: id, label: momentTitle(id, steps) }))}
            allowDeselect={false}
            onChange={(value) => value !== null && setSearch(() => ({ a: value, b: chosen, mode }))}
          />
        </label>
        <SegmentedControl
          aria-label="How to show the differences"
          value={mode}
          data={MODES}
          onChange={(value) => setSearch(() => ({ a: base, b: chosen, mode: value as Mode }))}
        />
        {chosen !== DRAFT && <RestoreButton tenant={tenant} wf={wf} id={chosen} name={names[1]} disabled={!mayEdit} />}
      </header>
      {before.text !== undefined && after.text !== undefined ? (
        <Difference
          tenant={tenant}
          mode={mode}
          before={before.text}
          after={after.text}
          labels={names}
          onRestore={mayEdit && base !== DRAFT ? (change, property) => void takeBack(change, property) : undefined}
        />
      ) : (
        <div className={styles.skeleton}>{error ? asProblem(error).message : <SkeletonLines lines={8} />}</div>
      )}
    </section>
  );
}
