import { IconArrowBarToDown, IconArrowBarToRight, IconCommand, IconNote, IconTopologyStar3 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { workflowsQuery } from "../../api/workflows";
import { Palette } from "../../features/palette/Palette";
import type { Offer } from "../../features/palette/search";
import { ShortcutSheet } from "../../features/palette/ShortcutSheet";
import { Tile } from "../../ui/Tile";
import type { Catalogue } from "../../workflow/catalogue";
import { at } from "../../workflow/document";
import { titleOf, type Draft } from "../../workflow/draft";
import { everyAction, find, inside, type Action } from "../../workflow/graph";
import type { Place } from "../../workflow/layout";
import { lookOfAction } from "../../workflow/looks";
import { placeAfter, startOf } from "../../workflow/moves";
import { noteTitle, readNotes } from "../../workflow/notes";
import { unknownTitle } from "../../workflow/services";
import { COMMANDS, SHORTCUTS, type PageCommand, type Press } from "./keys";
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
  const { tenant, workflowId, draft, catalogue, onGo, onClose } = props;
  const navigate = useNavigate();
  const workflows = useInfiniteQuery(workflowsQuery(tenant, { sort: "-updatedAt" }));
  const commands = commandOffers(props);
  const offers: readonly Offer[] = [
    ...commands,
    ...actionOffers(draft, catalogue, onGo, "Go to"),
    ...noteOffers(draft),
    ...(workflows.data?.pages ?? []).flatMap((page) => page.items).filter((one) => one.id !== workflowId).map((one): Offer => ({
      id: `workflow:${one.id}`, group: "Workflows", title: one.name, detail: "Workflow", icon: <IconTopologyStar3 size={18} />,
      run: () => void navigate({ to: "/t/$tenant/w/$wf/design", params: { tenant, wf: one.id } }),
    })),
  ];
  return <Palette label="Search or run a command" placeholder="Search commands, actions and workflows" offers={offers} onClose={onClose} />;
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

function commandOffers({ selected, readOnly, commands, onPage }: DesignerPaletteProps): Offer[] {
  return COMMANDS.filter((command) => !(readOnly && command.edits) && !("page" in command.does && command.does.page === "palette")).map((command): Offer => ({
    id: `command:${command.title}`, group: command.group, title: command.title, keys: command.keys, icon: <IconCommand size={18} />,
    problem: () => (command.needs === undefined || selected.length === 1 || (command.needs === "some" && selected.length > 0) ? null : command.needs === "one" ? "Select one action first." : "Select an action first."),
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
      id: `action:${action.name}`, group: "Actions of this workflow", title: before === "" ? title : `${before} ${title}`, detail: catalogue?.of(action)?.title ?? unknownTitle(action),
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
