import { IconFileImport, IconFilterOff, IconLayoutGrid, IconPlus, IconSquarePlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { given } from "../../api/client";
import { useRefreshOn } from "../../api/live";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import type { WorkflowItem } from "../../api/types";
import { workflowKeys, type WorkflowSort, workflowsQuery } from "../../api/workflows";
import { usePollingFallback } from "../../features/live/polling";
import { FirstSteps } from "../../features/workflows/FirstSteps";
import { WorkflowTable } from "../../features/workflows/WorkflowTable";
import { Button } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { EmptyState } from "../../ui/EmptyState";
import { later } from "../../ui/later";
import { Menu, MenuItem } from "../../ui/Menu";
import { Page } from "../../ui/Page";
import { isInLayer, isTyping } from "../../ui/typing";
import { useSearchChange } from "../../ui/useSearchChange";
import { whenIdle } from "../../ui/whenIdle";
import { WorkflowFilters, type WorkflowSearch } from "./WorkflowFilters";

// Opened by hand, so fetched after the list, which is the first thing many people see. What takes the next keys or a dropped
// file is fetched before it is asked for.
const ChosenWorkflows = later(() => import("../../features/workflows/ChosenWorkflows").then((module) => module.ChosenWorkflows));
const CreateDialog = later(() => import("../../features/workflows/CreateDialog").then((module) => module.CreateDialog));
const ImportDialog = later(() => import("../../features/workflows/ImportDialog").then((module) => module.ImportDialog));
const SaveTemplateDoor = later(() => import("../templates/SaveTemplateDoor").then((module) => module.SaveTemplateDoor));
// Nothing most of the time, so fetched after the list.
const Attention = later(() => import("../../features/workflows/Attention").then((module) => module.Attention));
const route = getRouteApi("/t/$tenant/workflows");

export function WorkflowsPage() {
  const { tenant } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const changeSearch = useSearchChange<ReturnType<typeof route.useSearch>>();
  const [dialog, setDialog] = useState<"create" | "import" | null>(null);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [saving, setSaving] = useState<WorkflowItem | null>(null);
  const poll = usePollingFallback(tenant);
  const query = useInfiniteQuery({
    ...workflowsQuery(tenant, { search: search.q, status: search.state, tag: search.tag, owner: search.owner, connector: search.connector, sort: search.sort ?? "-updatedAt" }),
    placeholderData: (before) => before,
    refetchInterval: poll,
  });
  useRefreshOn(tenant, "tenant:runs", [workflowKeys.lists(tenant)]);
  const may = usePermissions(tenant);
  useEffect(() => {
    return whenIdle(() => {
      CreateDialog.preload();
      ImportDialog.preload();
    });
  }, []);
  useNewKey(() => may.create && setDialog("create"));
  useFilesAbove(() => may.create && setDialog("import"));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = [search.q, search.state, search.tag, search.owner, search.connector].some((one) => one !== undefined);
  const openTemplates = () => void navigate({ to: "/t/$tenant/templates", params: { tenant } });
  const setSearch = (change: WorkflowSearch) => changeSearch((before) => given({ ...before, ...change }));
  const empty = query.isSuccess && rows.length === 0;

  return (
    <Page
      title="Workflows"
      actions={
        may.create && (
          <>
            <Button icon={<IconFileImport size={16} />} onClick={() => setDialog("import")}>
              Import
            </Button>
            <Menu
              target={
                <Button variant="primary" icon={<IconPlus size={16} />}>
                  New workflow
                </Button>
              }
            >
              <MenuItem icon={<IconSquarePlus size={16} />} keys="N" onClick={() => setDialog("create")}>
                Blank
              </MenuItem>
              <MenuItem icon={<IconLayoutGrid size={16} />} onClick={openTemplates}>
                From a template
              </MenuItem>
              <MenuItem icon={<IconFileImport size={16} />} onClick={() => setDialog("import")}>
                Import a file
              </MenuItem>
            </Menu>
          </>
        )
      }
    >
      {rows.length > 0 && !filtered && <Attention tenant={tenant} />}
      {(!empty || filtered) && (
        <WorkflowFilters tenant={tenant} search={search} onChange={setSearch} count={query.isSuccess && !query.hasNextPage && countWords(rows.length)} />
      )}
      <DataView
        loading={query.isPending}
        error={query.error ? asProblem(query.error) : null}
        hasData={query.data !== undefined}
        onRetry={() => void query.refetch()}
      >
        {empty && !filtered && (
          <FirstSteps onBlank={() => setDialog("create")} onTemplate={openTemplates} onImport={() => setDialog("import")} />
        )}
        {empty && filtered && (
          <EmptyState
            icon={<IconFilterOff size={24} />}
            title="No workflows match"
            text="Nothing has this name and all that is chosen above."
            primary={<Button onClick={() => changeSearch(() => ({}))}>Clear filters</Button>}
          />
        )}
        {rows.length > 0 && (
          <WorkflowTable
            tenant={tenant}
            workflows={rows}
            sort={search.sort ?? "-updatedAt"}
            onSort={(sort) => setSearch({ sort: sort === "-name" ? "name" : (sort as WorkflowSort) })}
            selection={selection}
            onSelection={setSelection}
            may={may}
            onSaveTemplate={setSaving}
            more={query.hasNextPage ? { onMore: () => void query.fetchNextPage(), busy: query.isFetchingNextPage } : undefined}
          />
        )}
      </DataView>
      {selection.size > 0 && (
        <ChosenWorkflows tenant={tenant} workflows={rows.filter(({ id }) => selection.has(id))} may={may} onClear={() => setSelection(new Set())} />
      )}
      {saving && <SaveTemplateDoor tenant={tenant} workflow={saving} onClose={() => setSaving(null)} />}
      {dialog === "create" && <CreateDialog tenant={tenant} onClose={() => setDialog(null)} />}
      {dialog === "import" && <ImportDialog tenant={tenant} onClose={() => setDialog(null)} />}
    </Page>
  );
}

function usePermissions(tenant: string) {
  return {
    create: usePermission(tenant, "workflow.create"),
    edit: usePermission(tenant, "workflow.edit"),
    enable: usePermission(tenant, "workflow.enable"),
    run: usePermission(tenant, "run.start"),
    remove: usePermission(tenant, "workflow.delete"),
    saveTemplate: usePermission(tenant, "template.write"),
  };
}

/** Files dragged over the page: the dialog opens below them, with its place to drop them. */
function useFilesAbove(open: () => void) {
  useEffect(() => {
    const enter = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files") && !isInLayer(event.target)) open();
    };
    window.addEventListener("dragenter", enter);
    return () => window.removeEventListener("dragenter", enter);
  });
}

/** N makes a new workflow, unless a field has the focus. */
function useNewKey(create: () => void) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "n" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || isInLayer(event.target)) return;
      event.preventDefault();
      create();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}

function countWords(count: number): string {
  return count === 1 ? "1 workflow" : `${count} workflows`;
}
