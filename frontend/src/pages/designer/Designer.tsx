import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState, type ReactNode } from "react";
import type { DraftAnswer } from "../../api/drafts";
import { usePermission } from "../../api/permissions";
import { downloadDefinition, useWorkflowCommands, workflowQuery } from "../../api/workflows";
import { useDraft, useDraftStore, type DraftStore } from "../../document";
import { Canvas as CanvasAsDrawn } from "../../features/canvas/Canvas";
import type { MenuAt } from "../../features/canvas/CardMenu";
import { EmptyFlow } from "../../features/canvas/EmptyFlow";
import { CodeView } from "../../features/code/CodeView";
import { Outline as OutlineAsDrawn } from "../../features/outline/Outline";
import { sortedProblems, type ListedProblem } from "../../features/problems/grouping";
import { ProblemsDrawer } from "../../features/problems/ProblemsDrawer";
import { Banner } from "../../ui/Banner";
import { later } from "../../ui/later";
import { SkeletonLines } from "../../ui/Skeletons";
import { steady } from "../../ui/steady";
import { PeopleContext } from "../../ui/people";
import { toast } from "../../ui/toasts";
import type { OperationEntry } from "../../workflow/catalogue";
import { find, freeName } from "../../workflow/graph";
import type { Place } from "../../workflow/layout";
import { titleOf } from "../../workflow/draft";
import { endOf, placeAfter } from "../../workflow/moves";
import { useChooseOperation, type Adding } from "./adding";
import type { DesignerPageProps } from "./DesignerPage";
import { AddOperation } from "./AddOperation";
import type { WantedConnection } from "./ConnectionDoor";
import { DrawerTabs, DRAWER_TABS, type DrawerTab } from "./DrawerTabs";
import { DesignerPalette, type PaletteMode } from "./DesignerPalette";
import { COMMANDS, type Command, type PageCommand } from "./keys";
import { goToNote } from "./notes";
import { ownerOf, useCatalogue, useConnections, useManifests, useProblems } from "./useDesignerData";
import { TriggerCallback } from "./TriggerCallback";
import { Splitter, useStoredSize } from "./Splitter";
import { noteStarted } from "./startedRuns";
import { TopBar as TopBarAsDrawn } from "./TopBar";
import { tryEdit, useCommands, type Intent } from "./useCommands";
import { useDesignerKeys } from "./useDesignerKeys";
import { whenIdle } from "../../ui/whenIdle";
import { whyNot } from "./whyNot";
import { useRemedies } from "./remedies";
import { useFocusKept } from "./useFocusKept";
import { useShown } from "./useShown";
import { useFollowing } from "./useFollowing";
import { usePresence } from "./usePresence";
import styles from "./designer.module.css";

// What is opened by hand comes after the first paint: not in its way, and there before somebody asks. What takes the next keys
// (the palette, the operation browser) comes with the page: who types on while it is fetched would type into the canvas.
const PublishDoor = later(() => import("./PublishDoor").then((module) => module.PublishDoor));
const RunDoor = later(() => import("./PublishDoor").then((module) => module.RunDoor));
const ParametersDoor = later(() => import("./ParametersDoor").then((module) => module.ParametersDoor));
const UsedConnectionsDoor = later(() => import("./UsedConnectionsDoor").then((module) => module.UsedConnectionsDoor));
const SaveTemplateDoor = later(() => import("../templates/SaveTemplateDoor").then((module) => module.SaveTemplateDoor));
const CardMenu = later(() => import("../../features/canvas/CardMenu").then((module) => module.CardMenu));
const SidePanel = steady(later(() => panelModule().then((module) => module.SidePanel), PanelWaiting));
const SeveralDoor = steady(later(() => import("./SeveralDoor").then((module) => module.SeveralDoor), PanelWaiting));
const DebugDoor = steady(later(() => import("./DebugDoor").then((module) => module.DebugDoor), DrawerWaiting));
const DataDoor = steady(later(() => import("./DataDoor").then((module) => module.DataDoor), DrawerWaiting));
const PasteDoor = later(() => import("./PasteDoor").then((module) => module.PasteDoor));
const ExtractDoor = later(() => import("./ExtractDoor").then((module) => module.ExtractDoor));
const FollowFrame = later(() => import("./FollowFrame").then((module) => module.FollowFrame));
const ConnectionDoor = later(() => import("./ConnectionDoor").then((module) => module.ConnectionDoor));

// An edit draws the page again many times a second: each part only where something it shows changed.
const Canvas = steady(CanvasAsDrawn);
const Outline = steady(OutlineAsDrawn);
const TopBar = steady(TopBarAsDrawn);
const NO_PROBLEMS: readonly never[] = [];
const NO_NAMES: ReadonlySet<string> = new Set();

function PanelWaiting() {
  return (
    <div className={styles.panelWaiting}>
      <SkeletonLines lines={8} label="Loading the panel" />
    </div>
  );
}

function DrawerWaiting({ head }: { readonly head: ReactNode }) {
  return (
    <div className={styles.drawerWaiting}>
      {head}
      <SkeletonLines lines={4} label="Loading this part" />
    </div>
  );
}

function panelModule() {
  return import("./SidePanel");
}

/** The panel, then what its fields and tabs open with. */
function preloadPanel(): void {
  panelModule().then((module) => module.preloadEditors(), () => undefined);
}

export function Designer({ tenant, workflowId, person, search, onSearch, onRun, loaded, onDeleted }: DesignerPageProps & { readonly person: string; readonly loaded: DraftAnswer; readonly onDeleted: () => void }) {
  const store = useDraftStore();
  const draft = useDraft((state) => state.draft);
  const revision = useDraft((state) => state.revision);
  const { graph } = draft;
  const { data: workflow = loaded.workflow } = useQuery(workflowQuery(tenant, workflowId));
  const mayEdit = usePermission(tenant, "workflow.edit");
  const mayPublish = usePermission(tenant, "workflow.publish");
  const mayRun = usePermission(tenant, "run.start");
  const mayTemplate = usePermission(tenant, "template.write");
  const mayLook = usePermission(tenant, "run.read") && mayEdit;
  const catalogue = useCatalogue(tenant);
  const manifests = useManifests(tenant, graph, catalogue, loaded);
  const [connections, loadConnections] = useConnections(tenant);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const names = useWorkflowCommands(tenant);

  const view = search.view ?? "canvas";
  const [selected, setSelected] = useState<readonly string[]>(search.node === undefined ? [] : [search.node]);
  const presence = usePresence(tenant, workflowId, { node: selected.at(-1), view });
  const problems = useProblems(tenant, workflowId, loaded, presence, onDeleted);
  const [intent, setIntent] = useState<Intent | null>(null);
  const [opened, setOpened] = useState<string | null>(null);
  const [reveal, setReveal] = useState<{ readonly name: string } | null>(search.node === undefined ? null : { name: search.node });
  const [adding, setAdding] = useState<Adding | null>(null);
  const [outline, setOutline] = useStoredFlag("millrace:outline", true);
  const [drawer, setDrawer] = useDrawer();
  const [drawerHeight, setDrawerHeight] = useStoredSize("millrace:drawer-height", 240, 140, 720);
  const [panel, setPanel] = useState(true);
  const [current, setCurrent] = useState<ListedProblem | null>(null);
  const [dialog, setDialog] = useState<"publish" | "run" | "template" | "parameters" | "connections" | null>(null);
  const [extracting, setExtracting] = useState<readonly string[] | null>(null);
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const [palette, setPalette] = useState<PaletteMode | null>(null);
  const [collapsed, setCollapsed] = useCollapsed(workflowId);
  const [newConnection, setNewConnection] = useState<WantedConnection | null>(null);
  const [codeBroken, setCodeBroken] = useState(false);
  const [outlineWidth, setOutlineWidth] = useStoredSize("millrace:outline-width", 240, 180, 420);
  const [panelWidth, setPanelWidth] = useStoredSize("millrace:panel-width", 440, 360, 720);
  const center = useRef<HTMLDivElement>(null);

  const following = useFollowing(presence.people, useCallback((one: string) => setReveal({ name: one }), []));
  const { stop } = following;
  const select = useCallback((next: readonly string[]) => {
    stop();
    setSelected(next);
    setOpened(null);
    setIntent(null);
    onSearch({ node: next.length === 1 ? next[0] : undefined });
  }, [onSearch, stop]);
  const open = useCallback((name: string, wanted: Intent | null = null) => {
    stop();
    setSelected([name]);
    setOpened(name);
    setIntent(wanted);
    setPanel(true);
    onSearch({ node: name, ...tabFor(wanted) });
  }, [onSearch, stop]);
  const add = useCallback((place: Place, element: Element | null) => setAdding({ kind: "action", place, anchor: element?.getBoundingClientRect() ?? null }), []);
  const moveTo = useCallback(() => setPalette("move"), []);
  const selection = useMemo(() => ({ names: selected, select, open, add, moveTo, extract: setExtracting }), [selected, select, open, add, moveTo]);
  const commands = useCommands(selection, !mayEdit, loadConnections);
  const { edit } = commands;

  const name = selected.length === 1 ? selected[0] : undefined;
  const entry = name === undefined ? undefined : find(graph, name);
  const several = selected.length > 1;
  const shown = useShown(draft, entry, opened);
  useEffect(() => {
    performance.mark("designer:editable");
    return whenIdle(preloadPanel);
  }, []);
  useNotices(store);
  useFocusKept([adding, graph, entry === undefined, several, panel, following.person === null]);
  useRenames(selected, useCallback((next: readonly string[]) => {
    setSelected(next);
    onSearch({ node: next.length === 1 ? next[0] : undefined });
  }, [onSearch]));

  const place = (operation: OperationEntry, text: string, wanted: Place | null): void => {
    const title = operation.title.replace(/[^\p{L}\p{N} _-]/gu, "");
    const applied = operation.kind === "trigger"
      ? tryEdit(store, { name: "addTrigger", arguments: { name: freeName(graph, operation.wdlType === "Request" ? "Request" : title), text } })
      : tryEdit(store, { name: "addAction", arguments: { place: wanted ?? endOf(graph), name: freeName(graph, title), text } });
    if (applied?.focus) {
      open(applied.focus);
      setReveal({ name: applied.focus });
    }
  };
  const choose = useChooseOperation(tenant, loadConnections, place);
  const goTo = (problem: ListedProblem): void => {
    setCurrent(problem);
    const owner = problem.action ?? ownerOf(problem.pointer, graph);
    if (owner === null && problem.pointer.startsWith(`${graph.base}/parameters`)) return setDialog("parameters");
    if (owner === null) return onSearch({ view: "split" });
    const inside = problem.pointer.slice(find(graph, owner)?.pointer.length ?? 0);
    open(owner);
    setReveal({ name: owner });
    onSearch({ node: owner, tab: tabOf(inside) });
    setTimeout(() => {
      const field = [...document.querySelectorAll("[data-field]")].find((one) => inside.startsWith(one.getAttribute("data-field") ?? "-"));
      field?.scrollIntoView({ block: "center" });
    }, 80);
  };
  const remedyOf = useRemedies(tenant, workflowId, edit, connections, !mayEdit);
  const walk = (by: number): void => {
    const list = sortedProblems(problems.items);
    const index = list.findIndex((one) => one.pointer === current?.pointer && one.message === current.message);
    const next = list[(index + by + list.length) % Math.max(1, list.length)];
    if (next) goTo(next);
  };
  // Who looks at the events of runs stays with them; else the run has its own page.
  const started = (id: string, version: string): void => {
    noteStarted(workflowId, id, version === "published" ? "Published version" : "Draft");
    if (drawer !== "debug") onRun(id);
  };
  const run = (withBody: boolean): void => {
    const trigger = graph.triggers[0];
    if (!trigger) toast.info("Add a trigger first.");
    else if (withBody || trigger.type === "Request") setDialog("run");
    else void names.run.mutateAsync({ id: workflowId, version: "draft" }).then((answer) => started(answer.runId, "draft"), (error: unknown) => toast.error(error instanceof Error ? error.message : "The run did not start."));
  };
  const openLens = (one: string): void => {
    open(one, "lens");
    // Only these tabs show values.
    if (search.tab !== "test" && search.tab !== "output") onSearch({ tab: undefined });
  };
  const pin = (one: string): void => {
    const said = import("./pinning").then((module) => module.switchPinOf({ queries, tenant, workflowId, store, search, edit }, one));
    said.then((words) => toast.info(words), (error: unknown) => toast.error(error instanceof Error ? error.message : "The output could not be pinned."));
  };
  const toggleDrawer = (wanted: DrawerTab): void => setDrawer(drawer === wanted ? null : wanted);
  const goToEvent = (action: string, lens: string, iter: string): void => {
    const there = find(store.state.draft.graph, action)?.action.name;
    if (there === undefined) return void toast.info(`“${titleOf(action)}” is not in the draft any more, or has another name.`);
    goToAction(there);
    onSearch({ lens, iter: iter === "" ? undefined : iter });
  };
  const doers: Readonly<Record<PageCommand, () => void>> = {
    palette: () => setPalette("commands"), "go-to": () => setPalette("go-to"), keys: () => setPalette("keys"),
    undo: () => void store.undo(), redo: () => void store.redo(), run: () => run(false), "run-with-body": () => run(true), publish: () => setDialog("publish"),
    outline: () => setOutline(!outline), problems: () => toggleDrawer("problems"), debug: () => toggleDrawer("debug"), data: () => toggleDrawer("data"), split: () => onSearch({ view: view === "split" ? "canvas" : "split" }), code: () => onSearch({ view: "code" }), canvas: () => onSearch({ view: "canvas" }),
    "next-problem": () => walk(1), "previous-problem": () => walk(-1), add: () => setAdding({ kind: "next", place: null, anchor: null }), paste: () => commands.pasteHere(endOf(graph)),
    runs: () => void navigate({ to: "/t/$tenant/w/$wf/runs", params: { tenant, wf: workflowId } }), versions: () => void navigate({ to: "/t/$tenant/w/$wf/versions", params: { tenant, wf: workflowId } }),
    history: () => void navigate({ to: "/t/$tenant/w/$wf/versions", params: { tenant, wf: workflowId }, search: { a: `r${String(store.state.revision - 1)}`, b: `r${String(store.state.revision)}` } }),
    parameters: () => setDialog("parameters"), connections: () => setDialog("connections"), "save-template": () => setDialog("template"), download: () => void downloadDefinition(tenant, workflow).catch((error: unknown) => toast.error(error instanceof Error ? error.message : "The definition was not downloaded.")),
    workflows: () => void navigate({ to: "/t/$tenant/workflows", params: { tenant } }),
    test: () => name !== undefined && open(name, "test"), "run-up-to": () => name !== undefined && open(name, "run-up-to"), lens: () => name !== undefined && openLens(name), pin: () => name !== undefined && pin(name),
    panel: () => setPanel(!panel), saved: () => saySaved(store, !mayEdit),
  };
  const problemOf = (command: Command): string | null => whyNot(command, { selected, graph, readOnly: !mayEdit, may: { run: mayRun, look: mayLook, publish: mayPublish, template: mayTemplate } });
  const page = (wanted: PageCommand): void => {
    const command = COMMANDS.find(({ does }) => "page" in does && does.page === wanted);
    const problem = command === undefined ? null : problemOf(command);
    if (problem === null) doers[wanted]();
    else toast.info(problem);
  };
  const goToAction = useCallback((one: string) => {
    open(one);
    setReveal({ name: one });
  }, [open]);
  useDesignerKeys({ page, step: commands.step, selected, close: () => select([]), readOnly: !mayEdit });
  const used = useMemo(() => (adding === null ? NO_NAMES : new Set([...graph.entries.values()].flatMap((one) => catalogue?.of(one.action)?.id ?? []))), [adding, graph, catalogue]);

  const ownProblems = useMemo(() => {
    if (!shown) return NO_PROBLEMS;
    const { pointer, action } = shown.entry;
    const own = problems.items.filter((one) => one.pointer === pointer || (one.pointer.startsWith(`${pointer}/`) && ownerOf(one.pointer, shown.draft.graph) === action.name));
    return own.length === 0 ? NO_PROBLEMS : own;
  }, [shown, problems.items]);
  const shownAction = shown?.entry.action;
  const called = shownAction?.trigger === true && shownAction.type === "Request" ? shownAction.name : null;
  const published = workflow.publishedVersion !== null;
  const callback = useMemo(() => (called === null ? undefined : <TriggerCallback tenant={tenant} workflowId={workflowId} trigger={called} published={published} />), [called, tenant, workflowId, published]);

  const drawerTabs = useMemo(() => (drawer === null ? null : <DrawerTabs tab={drawer} onTab={setDrawer} />), [drawer, setDrawer]);
  const errors = problems.items.filter((one) => one.severity === "error").length;
  const warnings = problems.items.filter((one) => one.severity === "warning").length;
  const empty = graph.triggers.length === 0 && graph.root.actions.length === 0;
  const changed = workflow.hasUnpublishedChanges || revision > workflow.draftRevision;
  const canvas = (
    <Canvas
      draft={draft}
      catalogue={catalogue}
      readOnly={!mayEdit}
      problems={problems.byAction}
      selected={selected}
      onSelect={select}
      onOpen={open}
      onAdd={add}
      onAddTrigger={(element) => setAdding({ kind: "trigger", place: null, anchor: element.getBoundingClientRect() })}
      onCommand={commands.run}
      onMove={commands.move}
      onLinks={commands.links}
      onNote={edit}
      linkProblem={commands.linkProblem}
      linkTargets={commands.linkTargets}
      dropProblem={commands.dropProblem}
      onDropOperation={(id, where) => {
        const operation = catalogue?.get(id);
        if (operation) void choose(operation, where);
      }}
      collapsed={collapsed}
      onCollapsed={setCollapsed}
      reveal={reveal}
    >
      {empty && (
        <EmptyFlow
          operations={catalogue?.operations ?? null}
          readOnly={!mayEdit}
          onChoose={(operation) => void choose(operation, null)}
          onBrowse={(element) => setAdding({ kind: "trigger", place: null, anchor: element.getBoundingClientRect() })}
          onPaste={() => commands.pasteHere(endOf(graph))}
        />
      )}
    </Canvas>
  );
  const code = (
    <CodeView document={draft.document} graph={graph} problems={problems.items} readOnly={!mayEdit} selected={name ?? null} place={`millrace:code:${tenant}:${workflowId}:${person}`} edit={edit} onSelect={(one) => select([one])} onInvalid={setCodeBroken} />
  );
  return (
    <PeopleContext value={presence.here}>
      <div className={styles.page}>
        <title>{`${workflow.name} · Millrace`}</title>
        <TopBar
          tenant={tenant} workflowId={workflowId} name={workflow.name} view={view} outline={outline} errors={errors} warnings={warnings}
          published={workflow.publishedVersion} changed={changed} mayEdit={mayEdit} mayPublish={mayPublish} mayRun={mayRun} running={names.run.isPending} people={presence.people} followed={following.person?.key ?? null}
          onFollow={(person) => { if (view === "code") onSearch({ view: "split" }); following.toggle(person); }}
          onView={(next) => onSearch({ view: next })} onOutline={() => setOutline(!outline)} onProblems={() => toggleDrawer("problems")}
          onAdd={() => setAdding({ kind: "next", place: null, anchor: null })}
          onRename={(next) => names.rename.mutate({ id: workflowId, name: next })} onRun={run} onPublish={() => setDialog("publish")} onSearchAll={() => setPalette("commands")} onPage={page} mayTemplate={mayTemplate}
        />
        {!mayEdit && (
          <div className={styles.banner}>
            <Banner tone="info">View only. An owner, admin or editor of this organisation can give you the right to edit.</Banner>
          </div>
        )}
        <div className={styles.columns}>
          {outline && (
            <>
              <nav className={styles.outline} style={{ width: outlineWidth }} aria-label="Outline">
                <Outline draft={draft} catalogue={catalogue} selected={selected} readOnly={!mayEdit} problems={problems.byAction} onSelect={(next) => { select(next); const last = next.at(-1); if (last !== undefined) setReveal({ name: last }); }} onOpen={(one) => { open(one); setReveal({ name: one }); }} onAdd={add} onAddTrigger={(element) => setAdding({ kind: "trigger", place: null, anchor: element.getBoundingClientRect() })} onCommand={commands.run} letters="tpl" onMove={commands.step} onMenu={(names, at) => setMenu({ names, ...at })}
                  onNote={(id, wanted) => { if (wanted === "open") goToNote(id); else if (mayEdit) tryEdit(store, { name: "removeNote", arguments: { note: id } }); }} />
              </nav>
              <Splitter label="Width of the outline" value={outlineWidth} onChange={setOutlineWidth} sign={1} />
            </>
          )}
          <div className={styles.middle}>
            <div ref={center} className={styles.center} data-view={view} data-broken={codeBroken || undefined}>
              {view !== "code" && (
                <div className={styles.canvas}>
                  <div className={styles.canvasInside} onPointerDownCapture={stop} onWheelCapture={stop} onKeyDownCapture={(event) => { if (/^[-+=0-9]$/.test(event.key)) stop(); }}>
                    {canvas}
                  </div>
                  {following.person && <FollowFrame person={following.person} onStop={stop} />}
                </div>
              )}
              {view !== "canvas" && <div className={styles.code}>{code}</div>}
            </div>
            {drawer && (
              <>
                <Splitter label="Height of the drawer" value={drawerHeight} onChange={setDrawerHeight} sign={-1} across />
                <div className={styles.drawer} style={{ height: drawerHeight }}>
                  {drawer === "problems" && <ProblemsDrawer head={drawerTabs} problems={problems.items} checking={problems.revision < revision} current={current} remedyOf={remedyOf} onGo={goTo} onClose={() => setDrawer(null)} />}
                  {drawer === "debug" && <DebugDoor tenant={tenant} workflowId={workflowId} head={drawerTabs} mayRun={mayRun} onStart={() => page("run")} onGo={goToEvent} onRun={onRun} onClose={() => setDrawer(null)} />}
                  {drawer === "data" && <DataDoor tenant={tenant} workflowId={workflowId} head={drawerTabs} graph={graph} entry={entry} search={search} mayLook={mayLook} onSearch={onSearch} onClose={() => setDrawer(null)} />}
                </div>
              </>
            )}
          </div>
          {shown && panel && view !== "code" && (
            <>
              <Splitter label="Width of the panel" value={panelWidth} onChange={setPanelWidth} sign={-1} />
              <div className={styles.panel} style={{ width: panelWidth }}>
                <SidePanel
                  tenant={tenant} workflowId={workflowId} draft={shown.draft} entry={shown.entry} catalogue={catalogue} manifests={manifests} search={search} readOnly={!mayEdit} intent={intent} onIntentDone={() => setIntent(null)}
                  problems={ownProblems} connections={connections} callback={callback}
                  edit={(one) => {
                    const applied = tryEdit(store, one);
                    if (applied?.edit.name === "rename" && applied.focus) open(applied.focus);
                    return applied !== null;
                  }}
                  onSearch={onSearch} onGoTo={open} onNewConnection={(connector, named) => setNewConnection({ connector, name: named, actions: [shown.entry.action.name] })} onDelete={() => commands.run("delete", [shown.entry.action.name])} onClose={() => select([])} onRun={onRun}
                />
              </div>
            </>
          )}
          {several && panel && view !== "code" && (
            <>
              <Splitter label="Width of the panel" value={panelWidth} onChange={setPanelWidth} sign={-1} />
              <div className={styles.panel} style={{ width: panelWidth }}>
                <SeveralDoor tenant={tenant} draft={draft} names={selected} manifests={manifests} readOnly={!mayEdit} edit={edit} onClose={() => select([])} />
              </div>
            </>
          )}
        </div>
        {menu && (
          <CardMenu
            at={menu} draft={draft}
            onClose={() => {
              setMenu(null);
              document.getElementById("outline")?.focus();
            }}
            onCommand={(command, names) => {
              if (command !== "collapse") return commands.run(command, names);
              const next = new Set(collapsed);
              for (const one of names) if (!next.delete(one)) next.add(one);
              return setCollapsed(next);
            }}
          />
        )}
        {palette && (
          <DesignerPalette
            mode={palette} tenant={tenant} workflowId={workflowId} draft={draft} catalogue={catalogue} selected={selected} readOnly={!mayEdit}
            commands={commands} problemOf={problemOf} onPage={page} onGo={goToAction} onAdd={(operation) => void choose(operation, operation.kind === "trigger" || name === undefined ? null : placeAfter(graph, name))} onClose={() => setPalette(null)}
          />
        )}
        {adding && (
          <AddOperation adding={adding} first={graph.triggers.length === 0} catalogue={catalogue} used={used} connections={connections} bounds={() => center.current?.getBoundingClientRect() ?? null} onChoose={choose}
            onPasted={(pasted, where) => { const applied = tryEdit(store, { name: "addAction", arguments: { place: where ?? endOf(graph), name: freeName(graph, pasted.name), text: pasted.text } }); if (applied?.focus) open(applied.focus); }}
            onPaste={commands.pasteHere} onChange={setAdding} onClose={() => setAdding(null)} />
        )}
        {dialog === "publish" && <PublishDoor open tenant={tenant} workflowId={workflowId} published={workflow.publishedVersion} errors={problems.items.filter((one) => one.severity === "error")} warnings={warnings} onGo={goTo}
          onClose={() => setDialog(null)} onPublished={() => void queries.invalidateQueries({ queryKey: ["workflow", tenant, workflowId] })} />}
        {dialog === "parameters" && <ParametersDoor tenant={tenant} workflowId={workflowId} readOnly={!mayEdit} edit={edit} onClose={() => setDialog(null)} />}
        {dialog === "connections" && <UsedConnectionsDoor tenant={tenant} catalogue={catalogue} readOnly={!mayEdit} edit={edit} onNew={(connector, named, actions) => setNewConnection({ connector, name: named === "" ? undefined : named, actions })}
          onGoTo={(one) => { setDialog(null); goToAction(one); }} onClose={() => setDialog(null)} />}
        {dialog === "template" && <SaveTemplateDoor tenant={tenant} workflow={workflow} onClose={() => setDialog(null)} />}
        {dialog === "run" && <RunDoor tenant={tenant} workflowId={workflowId} published={workflow.publishedVersion !== null} onRun={started} onClose={() => setDialog(null)} />}
        {extracting !== null && <ExtractDoor tenant={tenant} names={extracting} onGoTo={goToAction} onClose={() => setExtracting(null)} />}
        {commands.pasting && <PasteDoor {...commands.pasting} />}
        {newConnection !== null && <ConnectionDoor tenant={tenant} {...newConnection} edit={edit} onClose={() => setNewConnection(null)} />}
        <div id="designer-said" className="mr-visually-hidden" aria-live="polite" />
      </div>
    </PeopleContext>
  );
}

/** The tab that the panel opens with; none: the one that is open. */
function tabFor(intent: Intent | null): { readonly tab?: string } {
  if (intent === "run-after") return { tab: "run-after" };
  return intent === "test" || intent === "run-up-to" ? { tab: "test" } : {};
}

let lastSaid: string | null = null;

/** Who presses Ctrl+S is told where their changes are. */
function saySaved(store: DraftStore, readOnly: boolean): void {
  const { save, waiting } = store.state;
  if (lastSaid !== null) toast.hide(lastSaid);
  if (readOnly) lastSaid = toast.info("There is nothing to save: you may look at this workflow, but not change it.");
  else if (save === "offline") lastSaid = toast.info(`Offline: ${waiting === 1 ? "1 change waits" : `${String(waiting)} changes wait`} in this browser and will be saved as soon as the server answers.`);
  else lastSaid = save === "saving" ? toast.info("Saving: every change is kept as it is made.") : toast.success("Saved: every change is kept as it is made.");
}

/** The tab of the panel that shows a member of an action. */
function tabOf(pointer: string): string | undefined {
  if (pointer.startsWith("/runAfter")) return "run-after";
  return /^\/(limit|runtimeConfiguration|operationOptions|trackedProperties|inputs\/retryPolicy)/.test(pointer) ? "settings" : undefined;
}

function useNotices(store: DraftStore): void {
  const notice = useDraft((state) => state.notice);
  useEffect(() => {
    if (!notice) return;
    const { remedy } = notice;
    const options = remedy && { action: { label: remedy.label, onClick: () => remedy.edits.forEach((one) => tryEdit(store, one)) } };
    if (notice.tone === "error") toast.error(notice.text, options);
    else toast.info(notice.text, options);
  }, [notice, store]);
}

/** What I have chosen stays chosen when somebody else gives it another name. */
function useRenames(selected: readonly string[], onSelect: (names: readonly string[]) => void): void {
  const remote = useDraft((state) => state.remote);
  const follow = useEffectEvent((renames: readonly { readonly from: string; readonly to: string }[]) => {
    const next = selected.map((name) => renames.reduce((now, one) => (one.from.toLowerCase() === now.toLowerCase() ? one.to : now), name));
    if (next.some((name, index) => name !== selected[index])) onSelect(next);
  });
  useEffect(() => {
    if (remote) follow(remote.renames);
  }, [remote]);
}

/** Which containers are folded here, by this person. */
function useCollapsed(workflowId: string): [ReadonlySet<string>, (next: ReadonlySet<string>) => void] {
  const key = `millrace:collapsed:${workflowId}`;
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(() => new Set((localStorage.getItem(key) ?? "").split("\n").filter((name) => name !== "")));
  const keep = useCallback((next: ReadonlySet<string>) => {
    setCollapsed(next);
    if (next.size === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, [...next].join("\n"));
  }, [key]);
  return [collapsed, keep];
}

/** Which part of the drawer is open, in this browser. */
function useDrawer(): [DrawerTab | null, (tab: DrawerTab | null) => void] {
  const key = "millrace:drawer";
  const [tab, setTab] = useState<DrawerTab | null>(() => DRAWER_TABS.find((one) => one === localStorage.getItem(key)) ?? null);
  const keep = useCallback((next: DrawerTab | null) => {
    setTab(next);
    if (next === null) localStorage.removeItem(key);
    else localStorage.setItem(key, next);
  }, []);
  return [tab, keep];
}

function useStoredFlag(key: string, initial: boolean): [boolean, (value: boolean) => void] {
  const [value, setValue] = useState(() => (localStorage.getItem(key) ?? String(initial)) === "true");
  return [value, (next) => {
    setValue(next);
    localStorage.setItem(key, String(next));
  }];
}

