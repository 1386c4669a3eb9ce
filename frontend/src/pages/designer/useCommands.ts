import { useCallback, useEffectEvent, useEffect, useMemo, useState } from "react";
import { useDraftStore, type DraftStore } from "../../document";
import type { CanvasCommand } from "../../features/canvas/CanvasContext";
import { toast } from "../../ui/toasts";
import { Refused, type Applied, type Edit } from "../../workflow/edits";
import { find, freeName } from "../../workflow/graph";
import type { Place } from "../../workflow/layout";
import type { Link } from "../../workflow/wiring";
import { endOf, linkProblem, linkTargets, moveProblem, placeAfter, stepPlace } from "../../workflow/moves";
import { copyText, pastedActions } from "../../workflow/structure";
import { at, parse } from "../../workflow/document";
import { isCurl, readCurl, type CurlAction } from "../../workflow/curl";
import { referencesIn, remapped, usesConnections, type Answers, type KnownConnection, type OpenReference } from "../../workflow/remapping";
import { serviceTitle } from "../../workflow/services";
import { readClipboard, writeClipboard } from "./clipboard";

/** What the panel opens for: a name to write, a tab, a button to be pressed next, the choice of a run. */
export type Intent = "rename" | "run-after" | "test" | "run-up-to" | "lens";

export interface Selection {
  readonly names: readonly string[];
  readonly select: (names: readonly string[]) => void;
  readonly open: (name: string, intent?: Intent) => void;
  readonly add: (place: Place, element: Element | null) => void;
  /** Asks where the chosen actions shall go. */
  readonly moveTo: () => void;
  /** Asks for the child workflow that these actions become. */
  readonly extract: (names: readonly string[]) => void;
}

/** An edit whose refusal is a toast; null then. */
export function tryEdit(store: DraftStore, edit: Edit): Applied | null {
  try {
    return store.edit(edit);
  } catch (error) {
    toast.error(error instanceof Refused ? error.message : "This change does not fit the definition as it is now.");
    return null;
  }
}

export interface Commands {
  readonly edit: (edit: Edit) => boolean;
  readonly run: (command: CanvasCommand, names: readonly string[], branch?: string) => void;
  readonly paste: (text: string, place: Place | null) => void;
  /** What was pasted and waits for somebody to say which connections it shall use. */
  readonly pasting: { readonly open: readonly OpenReference[]; readonly onPaste: (answers: Answers) => void; readonly onClose: () => void } | null;
  readonly pasteHere: (place: Place) => void;
  readonly move: (names: readonly string[], place: Place, copy: boolean) => void;
  readonly step: (name: string, direction: "up" | "down" | "in" | "out") => void;
  readonly links: (action: string, links: readonly Link[]) => void;
  readonly linkProblem: (from: string, to: string) => string | null;
  readonly linkTargets: (from: string) => ReadonlySet<string>;
  readonly dropProblem: (names: readonly string[], place: Place) => string | null;
}

/** What the canvas, the outline and the panel ask for, as edits. */
export function useCommands(selection: Selection, readOnly: boolean, connections: () => Promise<readonly KnownConnection[] | null>): Commands {
  const store = useDraftStore();
  const { select, open, add, moveTo, extract } = selection;
  const edit = useCallback((wanted: Edit): boolean => tryEdit(store, wanted) !== null, [store]);
  const [pasting, setPasting] = useState<{ readonly text: string; readonly place: Place | null; readonly open: readonly OpenReference[] } | null>(null);
  const paste = useCallback((text: string, wanted: Place | null, answers?: Answers): void => {
    const { draft } = store.state;
    const pasteCurl = ({ name, text: action, notes }: CurlAction): void => {
      const place = wanted ?? endOf(store.state.draft.graph);
      const added = tryEdit(store, { name: "addAction", arguments: { place, name: freeName(store.state.draft.graph, name), text: action } });
      if (added?.focus) open(added.focus);
      if (notes.length > 0) toast.info(notes.join(" "));
    };
    if (isCurl(text)) {
      try {
        return pasteCurl(readCurl(text));
      } catch (error) {
        return void toast.error(error instanceof Error ? error.message : "The curl command could not be read.");
      }
    }
    if (isDefinition(text)) {
      const whole = wholeText(text, draft.graph.base);
      if (draft.graph.count + draft.graph.triggers.length === 0 && tryEdit(store, { name: "replaceFromCode", arguments: { text: whole } })) return;
    }
    // Before the list of connections is there nobody can say which of them are here: it is waited for, and without it nothing is replaced.
    const place = (known: readonly KnownConnection[] | null): void => {
      const { document, graph } = store.state.draft;
      const copied = pastedActions(text);
      const { fragments, replaced, missing, open: unsettled } = known ? remapped(copied, known, referencesIn(document.root, document.text), answers) : { fragments: copied, replaced: [], missing: [], open: [] };
      if (unsettled.length > 0) return setPasting({ text, place: wanted, open: unsettled });
      const before = new Set(graph.entries.keys());
      if (!tryEdit(store, { name: "paste", arguments: { place: wanted ?? endOf(graph), fragments } })) return;
      const added = fragments.flatMap((fragment) => [...store.state.draft.graph.entries.values()].filter((entry) => !before.has(entry.action.name.toLowerCase()) && entry.action.name.toLowerCase().startsWith(fragment.name.toLowerCase())).slice(0, 1));
      select(added.map((entry) => entry.action.name));
      if (replaced.length > 0) toast.info(`${replaced.map((one) => `“${one.from}” is not a connection here: “${one.to}” took its place`).join(". ")}.`);
      if (missing.length > 0) toast.info(`Choose a connection for what was pasted: ${missing.map(serviceTitle).join(", ")}. The problems say where.`);
    };
    const failed = (error: unknown): void => void toast.error(error instanceof Error ? error.message : "The clipboard holds no actions.");
    if (usesConnections(text)) return void connections().then(place).catch(failed);
    try {
      place([]);
    } catch (error) {
      failed(error);
    }
  }, [store, select, open, connections]);
  const commands = useMemo((): Omit<Commands, "pasting"> => {
    const graph = () => store.state.draft.graph;
    const remove = (names: readonly string[]): void => {
      const following = names.length === 1 ? placeAfter(graph(), names[0] ?? "").before[0] : undefined;
      if (tryEdit(store, { name: "removeActions", arguments: { names } })) select(following === undefined || names.includes(following) ? [] : [following]);
    };
    const copy = (names: readonly string[]): void => {
      const real = names.filter((name) => !find(graph(), name)?.action.trigger);
      if (real.length === 0) return;
      writeClipboard(copyText(store.state.draft, real));
      toast.info(real.length === 1 ? "Copied. Paste it in any workflow." : `${String(real.length)} actions copied. Paste them in any workflow.`);
    };
    const wrap = (names: readonly string[], type: string): void => {
      const name = freeName(graph(), type === "If" ? "Condition" : type === "Foreach" ? "For_each" : type);
      const done = tryEdit(store, { name: "wrap", arguments: { names, type, name } });
      if (done?.focus) open(done.focus);
    };
    const first = (names: readonly string[]): string => names[names.length - 1] ?? "";
    const pasteHere = (place: Place): void => void readClipboard().then((text) => paste(text, place));
    const run = (command: CanvasCommand, names: readonly string[], branch?: string): void => {
      if (readOnly && command !== "copy" && command !== "open") return;
      if (command.startsWith("wrap-")) return wrap(names, command.slice(5));
      switch (command) {
        case "open":
          return open(first(names));
        case "rename":
          return open(first(names), "rename");
        case "run-after":
          return open(first(names), "run-after");
        case "delete":
        case "delete-contents":
          return remove(names);
        case "copy":
          return copy(names);
        case "cut":
          copy(names);
          return remove(names);
        case "duplicate":
          return void tryEdit(store, { name: "duplicate", arguments: { names } });
        case "add-after":
          return add(placeAfter(graph(), first(names)), elementOf(first(names)));
        case "add-parallel":
          return add({ ...placeAfter(graph(), first(names)), before: [] }, elementOf(first(names)));
        case "paste-after":
          return pasteHere(placeAfter(graph(), first(names)));
        case "move-to":
          return moveTo();
        case "extract":
          return extract(names);
        case "paste-parallel":
          return pasteHere({ ...placeAfter(graph(), first(names)), before: [] });
        case "unwrap":
          return void tryEdit(store, { name: "unwrap", arguments: { action: first(names) } });
        case "add-case":
          return void tryEdit(store, { name: "addBranch", arguments: { action: first(names), name: freeCase(store, first(names)), value: '""' } });
        case "case-left":
        case "case-right":
          return void moveCase(first(names), branch ?? "", command === "case-left" ? -1 : 1);
        case "delete-branch":
          return void tryEdit(store, { name: "removeBranch", arguments: { action: first(names), branch: branch ?? "" } });
        default:
          return undefined;
      }
    };
    const moveCase = (name: string, branch: string, by: -1 | 1): void => {
      const cases = (find(graph(), name)?.action.branches ?? []).filter((one) => one.kind === "case");
      const index = cases.findIndex((one) => one.key === branch);
      if (index < 0 || index + by < 0 || index + by >= cases.length) return;
      tryEdit(store, { name: "moveBranch", arguments: { action: name, branch, before: cases[by < 0 ? index - 1 : index + 2]?.key ?? null } });
    };
    const move = (names: readonly string[], place: Place, copying: boolean): void => {
      if (copying) return paste(copyText(store.state.draft, names), place);
      return void tryEdit(store, { name: "moveActions", arguments: { names, place } });
    };
    const step = (name: string, direction: "up" | "down" | "in" | "out"): void => {
      const place = stepPlace(graph(), name, direction);
      const problem = typeof place === "string" ? place : moveProblem(store.state.draft, [name], place);
      if (problem !== null || typeof place === "string") toast.info(problem ?? "");
      else void tryEdit(store, { name: "moveActions", arguments: { names: [name], place } });
    };
    const links = (action: string, next: readonly Link[]): void => void tryEdit(store, { name: "setRunAfter", arguments: { action, links: next } });
    return {
      edit, run, paste, pasteHere, move, step, links, linkProblem: (from, to) => linkProblem(graph(), from, to), linkTargets: (from) => linkTargets(graph(), from),
      dropProblem: (names, place) => moveProblem(store.state.draft, names, place),
    };
  }, [store, edit, paste, select, open, add, moveTo, extract, readOnly]);
  usePasteEvent(selection.names, commands, readOnly);
  return useMemo(() => {
    const close = (): void => setPasting(null);
    const onPaste = (answers: Answers): void => {
      close();
      if (pasting) paste(pasting.text, pasting.place, answers);
    };
    return { ...commands, pasting: pasting && { open: pasting.open, onPaste, onClose: close } };
  }, [commands, pasting, paste]);
}

const elementOf = (name: string): Element | null => document.getElementById(`card-${name}`) ?? document.getElementById(`card-trigger:${name}`) ?? document.querySelector("#outline [data-focused]");

function freeCase(store: DraftStore, container: string): string {
  const branches = find(store.state.draft.graph, container)?.action.branches ?? [];
  let number = branches.length;
  while (branches.some((one) => one.name === `Case_${String(number)}`)) number += 1;
  return `Case_${String(number)}`;
}

function isDefinition(text: string): boolean {
  try {
    const document = parse(text);
    return at(document, "/definition/triggers") !== undefined || at(document, "/triggers") !== undefined || at(document, "/definition/actions") !== undefined;
  } catch {
    return false;
  }
}

/** A bare definition takes the place of the one inside our file; a whole file that of the file. */
function wholeText(text: string, base: string): string {
  const wrapped = at(parse(text), "/definition") !== undefined;
  return wrapped || base === "" ? text : `{"definition": ${text}, "kind": "Stateful"}`;
}

/** Ctrl+V outside of text fields: the browser hands over the clipboard without asking. */
function usePasteEvent(names: readonly string[], commands: Pick<Commands, "paste">, readOnly: boolean): void {
  const store = useDraftStore();
  const pasted = useEffectEvent((event: ClipboardEvent) => {
    const target = event.target instanceof HTMLElement ? event.target : null;
    if (readOnly || target?.closest("input, textarea, [contenteditable=true], [role=textbox]")) return;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/^\s*\{/.test(text) && !isCurl(text)) return;
    event.preventDefault();
    const last = names[names.length - 1];
    commands.paste(text, last === undefined ? null : placeAfter(store.state.draft.graph, last));
  });
  useEffect(() => {
    const listen = (event: ClipboardEvent): void => pasted(event);
    document.addEventListener("paste", listen);
    return () => document.removeEventListener("paste", listen);
  }, []);
}
