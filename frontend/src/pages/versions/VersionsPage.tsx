import { IconArrowBackUp, IconPencil, IconVersions } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { draftQuery } from "../../api/drafts";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import type { VersionItem } from "../../api/types";
import { useWorkflowCommands, versionQuery, versionsQuery, workflowQuery } from "../../api/workflows";
import { Button, LinkButton } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataView } from "../../ui/DataView";
import { EmptyState } from "../../ui/EmptyState";
import { Page } from "../../ui/Page";
import { SegmentedControl } from "../../ui/SegmentedControl";
import { Select } from "../../ui/Select";
import { SkeletonLines } from "../../ui/Skeletons";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/toasts";
import { useSearchChange } from "../../ui/useSearchChange";
import { Difference, type Mode } from "./Difference";
import { useRestoring } from "./useRestoring";
import styles from "./VersionsPage.module.css";

const route = getRouteApi("/t/$tenant/w/$wf/versions");

const DRAFT = "draft";
const MODES: { readonly value: Mode; readonly label: string }[] = [
  { value: "words", label: "Words" },
  { value: "canvas", label: "Canvas" },
  { value: "text", label: "Text" },
];
const titleOfVersion = (id: string): string => (id === DRAFT ? "the draft" : `version ${id}`);

export function VersionsPage() {
  const { tenant, wf } = route.useParams();
  const { a, b, v } = route.useSearch();
  const setSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const { data: workflow } = useQuery(workflowQuery(tenant, wf));
  const query = useInfiniteQuery(versionsQuery(tenant, wf));
  const versions = query.data?.pages.flatMap((page) => page.items) ?? [];
  const ids = [DRAFT, ...versions.map((each) => String(each.number))];
  const chosen = [b, v].find((each) => each !== undefined && ids.includes(each)) ?? DRAFT;
  const older = ids[ids.indexOf(chosen) + 1] ?? ids[1] ?? DRAFT;
  const base = a !== undefined && ids.includes(a) && a !== chosen ? a : older;
  return (
    <Page
      title="Versions"
      documentTitle={`Versions of ${workflow?.name ?? "…"}`}
      lead="Every published version is kept as it was. Compare any two; take one back whole, or one action of it."
    >
      <DataView
        loading={query.isPending}
        error={query.error ? asProblem(query.error) : null}
        hasData={query.data !== undefined}
        onRetry={() => void query.refetch()}
      >
        {versions.length === 0 ? (
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
              {ids.map((id) => (
                <li key={id}>
                  <button type="button" className={styles.version} aria-current={id === chosen} onClick={() => setSearch(() => ({ b: id }))}>
                    <Line version={versions.find((each) => String(each.number) === id)} changed={workflow?.hasUnpublishedChanges ?? false} />
                  </button>
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
            <Compared tenant={tenant} wf={wf} ids={ids} base={base} chosen={chosen} />
          </div>
        )}
      </DataView>
    </Page>
  );
}

/** Without a version: the draft. */
function Line({ version, changed }: { readonly version: VersionItem | undefined; readonly changed: boolean }) {
  return version ? <VersionLine version={version} /> : <DraftLine changed={changed} />;
}

function DraftLine({ changed }: { readonly changed: boolean }) {
  return (
    <>
      <span className={styles.line}>
        <IconPencil size={14} aria-hidden />
        <strong>Draft</strong>
      </span>
      <span className={styles.muted}>{changed ? "Has changes that are not published" : "As published"}</span>
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

function useText(tenant: string, wf: string, id: string): { readonly text: string | undefined; readonly error: Error | null } {
  const draft = useQuery({ ...draftQuery(tenant, wf), enabled: id === DRAFT });
  const version = useQuery({ ...versionQuery(tenant, wf, Number(id) || 0), enabled: id !== DRAFT });
  const query = id === DRAFT ? draft : version;
  return { text: query.data?.text, error: query.error };
}

interface ComparedProps {
  readonly tenant: string;
  readonly wf: string;
  readonly ids: readonly string[];
  readonly base: string;
  readonly chosen: string;
}

/** The chosen version against another one, older or newer. */
function Compared({ tenant, wf, ids, base, chosen }: ComparedProps) {
  const { mode = "words" } = route.useSearch();
  const setSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const before = useText(tenant, wf, base);
  const after = useText(tenant, wf, chosen);
  const mayEdit = usePermission(tenant, "workflow.edit");
  const takeBack = useRestoring(tenant, wf, before.text ?? "{}");
  const error = before.error ?? after.error;
  return (
    <section className={styles.detail} aria-label={`${titleOfVersion(base)} compared with ${titleOfVersion(chosen)}`}>
      <header className={styles.detailHead}>
        <h2>{chosen === DRAFT ? "Draft" : `Version ${chosen}`}</h2>
        <label className={styles.against}>
          compared with
          <Select
            aria-label="Compare with"
            w={150}
            value={base}
            data={ids.filter((id) => id !== chosen).map((id) => ({ value: id, label: id === DRAFT ? "Draft" : `Version ${id}` }))}
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
        {chosen !== DRAFT && <RestoreButton tenant={tenant} wf={wf} number={Number(chosen)} disabled={!mayEdit} />}
      </header>
      {before.text !== undefined && after.text !== undefined ? (
        <Difference
          tenant={tenant}
          mode={mode}
          before={before.text}
          after={after.text}
          labels={[titleOfVersion(base), titleOfVersion(chosen)]}
          onRestore={mayEdit && base !== DRAFT ? (change, property) => void takeBack(change, property) : undefined}
        />
      ) : (
        <div className={styles.skeleton}>{error ? asProblem(error).message : <SkeletonLines lines={8} />}</div>
      )}
    </section>
  );
}

function RestoreButton({ tenant, wf, number, disabled }: { readonly tenant: string; readonly wf: string; readonly number: number; readonly disabled: boolean }) {
  const { restore } = useWorkflowCommands(tenant);
  const [asking, setAsking] = useState(false);
  const navigate = route.useNavigate();
  return (
    <>
      <Button size="small" icon={<IconArrowBackUp size={16} />} disabled={disabled} onClick={() => setAsking(true)}>
        Restore as draft
      </Button>
      <ConfirmDialog
        open={asking}
        title={`Restore version ${number}?`}
        confirmLabel="Restore as draft"
        busy={restore.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() =>
          restore.mutate(
            { id: wf, number: number },
            {
              onSuccess: () => {
                setAsking(false);
                toast.success(`The draft is now version ${number}. Publish it to bring it into use.`);
                void navigate({ to: "/t/$tenant/w/$wf/design", params: { tenant, wf } });
              },
              onError: (error) => toast.error(asProblem(error).message, { title: asProblem(error).title }),
            },
          )
        }
      >
        The draft becomes the text of version {number}. What the draft says now stays in its history. What is published does not change
        until you publish.
      </ConfirmDialog>
    </>
  );
}
