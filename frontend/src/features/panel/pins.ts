import type { Edit } from "../../workflow/edits";
import type { Entry } from "../../workflow/graph";
import { down, escapePart, stringOf } from "../../workflow/tree";

/** The name of the action's entry under `staticResults`: the one it uses, or the one a portal would give. */
export function pinName({ action }: Entry): string {
  return stringOf(down(action.value, "runtimeConfiguration", "staticResult", "name")) ?? `${action.name}0`;
}

export const isPinned = ({ action }: Entry): boolean => stringOf(down(action.value, "runtimeConfiguration", "staticResult", "staticResultOptions"))?.toLowerCase() === "enabled";

/** Pointer of the pinned result in the text. */
export const pinPointer = (base: string, entry: Entry): string => `${base}/staticResults/${escapePart(pinName(entry))}`;

export function writePin(entry: Entry, text: string | null): Edit {
  return { name: "setWorkflow", arguments: { path: `/staticResults/${escapePart(pinName(entry))}`, text, field: "a pinned result" } };
}

/** Uses what is pinned, or no longer; with `text` (the outcome's JSON) that becomes the pin first. One step to undo. */
export function switchPin(entry: Entry, on: boolean, text: string | null = null): Edit {
  return { name: "pin", arguments: { action: entry.action.name, result: pinName(entry), text, on } };
}

/** Makes this outcome stand for the action from now on (reference 9.9). `outputs` is JSON text. */
export function pinEdit(entry: Entry, result: { readonly status: string; readonly outputs: string }): Edit {
  return switchPin(entry, true, `{"status": ${JSON.stringify(result.status)}, "outputs": ${result.outputs}}`);
}
