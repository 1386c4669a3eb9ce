import { IconArrowBarToDown, IconArrowBarToRight, IconCommand, IconHistory, IconKeyboard, IconNote, IconTopologyStar3 } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { recentRunsQuery, runQuery } from "../../api/runs";
import type { RunItem } from "../../api/types";
import { workflowsQuery } from "../../api/workflows";
import { Palette } from "../../features/palette/Palette";
import type { Offer, Sign } from "../../features/palette/search";
import { ShortcutSheet } from "../../features/palette/ShortcutSheet";
import { formatRelative } from "../../ui/durations";
import { statusLook } from "../../ui/statuses";
import { Tile } from "../../ui/Tile";
import { toast } from "../../ui/toasts";
import { useZone } from "../../ui/zone";
import type { Catalogue, OperationEntry } from "../../workflow/catalogue";
import { at } from "../../workflow/document";
import { titleOf, type Draft } from "../../workflow/draft";
import { everyAction, find, inside, type Action } from "../../workflow/graph";
import type { Place } from "../../workflow/layout";
import { lookOfAction, lookOfOperation } from "../../workflow/looks";
import { placeAfter, startOf } from "../../workflow/moves";
import { noteTitle, readNotes } from "../../workflow/notes";
import { unknownTitle } from "../../workflow/services";
import { COMMANDS, MOVING, SHORTCUTS, type Command, type PageCommand, type Press } from "./keys";
import { goToNote } from "./notes";
import type { Commands } from "./useCommands";

export type PaletteMode = "commands" | "go-to" | "move" | "keys";

export interface DesignerPaletteProps {
  readonly mode: PaletteMode;
  readonly tenant: string;
  readonly workflowId: string;
  readonly draft: Draft;
  readonly catalogue: Catalogue | null;
  readonly selected: readonly string[];
  readonly readOnly: boolean;
  readonly commands: Commands;
  readonly problemOf: (command: Command) => string | null;
  /** Adds an operation behind the chosen action. */
  readonly onAdd: (operation: OperationEntry) => void;
  readonly onPage: (command: PageCommand) => void;
  readonly onGo: (name: string) => void;
  readonly onClose: () => void;
}

/** The palette in each of its uses, and the sheet of keys. */
export function DesignerPalette(props: DesignerPaletteProps) {
  switch (props.mode) {
    case "keys":
      return <ShortcutSheet shortcuts={SHORTCUTS} onClose={props.onClose} />;
    case "move":
      return <MovePalette {...props} />;
    case "go-to":
      return <GoToPalette {...props} />;
    default:
      return <CommandPalette {...props} />;
  }
}

function CommandPalette(props: DesignerPaletteProps) {
  const { tenant, workflowId, draft, catalogue, readOnly, onGo, onAdd, onClose } = props;
  const navigate = useNavigate();
  const mayRead = usePermission(tenant, "run.read");
  const { data: runs } = useQuery({ ...recentRunsQuery(tenant, workflowId), enabled: mayRead });
  const openRun = useOpenRun(tenant);
  const zone = useZone();
  const [now] = useState(() => new Date());
  const workflows = useInfiniteQuery(workflowsQuery(tenant, { sort: "-updatedAt" }));
  const commands = commandOffers(props);
  const offers: readonly Offer[] = [
    ...commands,
    ...actionOffers(draft, catalogue, onGo, "Go to"),
    ...noteOffers(draft),
    ...(runs?.items ?? []).map((run) => runOffer(run, formatRelative(new Date(run.startedAt), now, zone), () => openRun(run.id))),
    ...(readOnly ? [] : operationOffers(catalogue, draft.graph.triggers.length === 0, onAdd)),
    ...MOVING.map(({ title, keys, group }): Offer => ({ id: `moving:${title}`, group, title, keys, signs: "?", only: true, icon: <IconKeyboard size={18} />, run: () => props.onPage("keys") })),
    ...(workflows.data?.pages ?? []).flatMap((page) => page.items).filter((one) => one.id !== workflowId).map((one): Offer => ({
      id: `workflow:${one.id}`, group: "Workflows", title: one.name, detail: "Workflow", icon: <IconTopologyStar3 size={18} />,
      run: () => void navigate({ to: "/t/$tenant/w/$wf/design", params: { tenant, wf: one.id } }),
    })),
  ];
  return <Palette label="Search or run a command" placeholder="Search commands, actions and workflows" offers={offers} signs={readOnly ? SIGNS.filter((one) => one.sign !== "+") : SIGNS} named={(sign, words) => namedRun(sign, words, runs?.items ?? [], openRun)} onClose={onClose} />;
}

const SIGNS: readonly Sign[] = [
  { sign: ">", title: "commands", empty: "There are no commands." },
  { sign: "@", title: "actions", empty: "This workflow has no actions yet. “+” adds one." },
  { sign: "#", title: "runs", empty: "There are no runs of this workflow to show. Paste the id of any run to open it." },
  { sign: "+", title: "add", empty: "The operations are still being loaded." },
  { sign: "?", title: "keys", empty: "There are no keys." },
];

/** Opens a run of any workflow by its id. */
function useOpenRun(tenant: string): (id: string) => void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (id) => {
    const open = async (): Promise<void> => {
      const { workflow } = await queries.fetchQuery({ ...runQuery(tenant, id), staleTime: 60_000 });
      await navigate({ to: "/t/$tenant/w/$wf/runs/$run", params: { tenant, wf: workflow.id, run: id } });
    };
    open().catch((error: unknown) => toast.error(asProblem(error).status === 404 ? "There is no run with this id." : asProblem(error).detail || asProblem(error).title));
  };
}

function runOffer(run: RunItem, when: string, open: () => void): Offer {
  const what = run.upTo !== null ? `up to ${titleOf(run.upTo)}` : run.version === null ? "draft" : `version ${String(run.version)}`;
  return { id: `run:${run.id}`, group: "Runs of this workflow", title: `Run of ${when}`, detail: `${statusLook(run.status).word}, ${what}`, text: () => run.id, signs: "#", only: true, icon: <IconHistory size={18} />, run: open };
}

const RUN_ID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** A whole id names a run, whether or not it is among the newest. */
function namedRun(sign: string, words: string, known: readonly RunItem[], open: (id: string) => void): Offer[] {
  if (sign !== "#" || !RUN_ID.test(words) || known.some((run) => run.id === words.toLowerCase())) return [];
  return [{ id: "run:named", group: "", title: "Open the run with this id", detail: words, icon: <IconHistory size={18} />, run: () => open(words.toLowerCase()) }];
}

/** What can be added: a trigger first where there is none. */
function operationOffers(catalogue: Catalogue | null, first: boolean, onAdd: (operation: OperationEntry) => void): Offer[] {
  return (catalogue?.operations ?? []).filter((one) => (one.kind === "trigger") === first).map((one): Offer => ({
    id: `add:${one.id}`, group: first ? "Add a trigger" : "Add an operation", title: one.title, detail: one.connectorTitle, text: () => one.keywords.join(" "), signs: "+", only: true,
    icon: <Tile {...lookOfOperation(one)} size={20} />, run: () => onAdd(one),
  }));
}

function GoToPalette({ draft, catalogue, onGo, onClose }: DesignerPaletteProps) {
  const offers = useMemo(() => [...actionOffers(draft, catalogue, onGo, ""), ...noteOffers(draft)], [draft, catalogue, onGo]);
  return <Palette label="Go to an action" placeholder="Search names, types and values of actions, and notes" offers={offers} onClose={onClose} />;
}

function MovePalette({ draft, selected, commands, onClose }: DesignerPaletteProps) {
  const names = useMemo(() => selected.filter((name) => !find(draft.graph, name)?.action.trigger), [selected, draft.graph]);
  const offers = useMemo(() => placeOffers(draft, names, commands), [draft, names, commands]);
  const what = names.length === 1 ? titleOf(names[0] ?? "") : `${String(names.length)} actions`;
  return <Palette label={`Move ${what}`} placeholder={`Move ${what} to…`} offers={offers} onClose={onClose} />;
}

function commandOffers({ selected, readOnly, commands, problemOf, onPage }: DesignerPaletteProps): Offer[] {
  return COMMANDS.filter((command) => !(readOnly && command.edits) && !("page" in command.does && command.does.page === "palette")).map((command): Offer => ({
    id: `command:${command.title}`, group: command.group, title: command.title, keys: command.keys, signs: command.keys === undefined ? ">" : ">?", icon: <IconCommand size={18} />,
    problem: () => problemOf(command),
    run: () => {
      if ("canvas" in command.does) {
        if (command.does.canvas.startsWith("select-")) press({ key: command.does.canvas === "select-before" ? "u" : "y" });
        else commands.run(command.does.canvas, selected);
      } else if ("page" in command.does) onPage(command.does.page);
      else press(command.does.press);
    },
  }));
}

/** What only the canvas can do is done by its key. */
function press(key: Press): void {
  const canvas = document.querySelector<HTMLElement>("[data-canvas]");
  canvas?.focus({ preventScroll: true });
  canvas?.dispatchEvent(new KeyboardEvent("keydown", { ...key, bubbles: true }));
}

function actionOffers({ document, graph }: Draft, catalogue: Catalogue | null, onGo: (name: string) => void, before: string): Offer[] {
  return [...graph.triggers, ...everyAction(graph)].map((action): Offer => {
    const title = titleOf(action.name);
    return {
      id: `action:${action.name}`, group: "Actions of this workflow", signs: "@", title: before === "" ? title : `${before} ${title}`, detail: catalogue?.of(action)?.title ?? unknownTitle(action),
      icon: <Tile {...lookOfAction(action, catalogue?.of(action))} size={20} />, text: () => ownText(document.text, find(graph, action.name)?.pointer, action, (pointer) => at(document, pointer)), run: () => onGo(action.name),
    };
  });
}

function noteOffers({ document, graph }: Draft): Offer[] {
  return readNotes(document, graph.base).map((note): Offer => ({
    id: `note:${note.id}`, group: "Notes", title: noteTitle(note), icon: <IconNote size={18} />, text: () => note.content, run: () => goToNote(note.id),
  }));
}

const BRANCHES = new Set(["actions", "else", "default", "cases", "tools"]);

/** What an action says itself, without the actions inside it. */
function ownText(text: string, pointer: string | undefined, action: Action, look: (pointer: string) => ReturnType<typeof at>): string {
  const node = pointer === undefined ? undefined : look(pointer);
  if (!node) return "";
  if (!action.container) return text.slice(node.start, node.end);
  return node.members.filter((one) => !BRANCHES.has(one.name)).map((one) => text.slice(one.start, one.value.end)).join(" ");
}

/** Every place the actions could go to: first in a branch, or after an action. Why one is closed is found out when it is shown. */
function placeOffers({ graph }: Draft, names: readonly string[], commands: Commands): Offer[] {
  const moving = new Set(names.flatMap((name) => {
    const action = find(graph, name)?.action;
    return action ? [action.name, ...inside(action).map((one) => one.name)] : [];
  }));
  const offer = (id: string, title: string, detail: string, place: Place, icon: React.ReactNode): Offer => {
    let known: { readonly problem: string | null } | null = null;
    return {
      id, group: "", title, detail, icon, run: () => commands.move(names, place, false),
      problem: () => (known ??= { problem: commands.dropProblem(names, place) }).problem,
    };
  };
  const offers = [offer("start", "First, right after the trigger", "", startOf(graph, null, "actions"), <IconArrowBarToDown key="" size={18} />)];
  for (const action of everyAction(graph)) {
    if (moving.has(action.name)) continue;
    const around = find(graph, action.name)?.parent?.action.name;
    offers.push(offer(`after:${action.name}`, `After ${titleOf(action.name)}`, around === undefined ? "" : `in ${titleOf(around)}`, placeAfter(graph, action.name), <IconArrowBarToDown size={18} />));
    for (const branch of action.branches) {
      const title = branch.title === "" ? `First in ${titleOf(action.name)}` : `First in ${branch.title} of ${titleOf(action.name)}`;
      offers.push(offer(`in:${action.name}/${branch.key}`, title, "", startOf(graph, action.name, branch.key), <IconArrowBarToRight size={18} />));
    }
  }
  return offers;
}
