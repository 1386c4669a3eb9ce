import { StateField, type EditorState, type Extension } from "@codemirror/state";
import { hoverTooltip, showTooltip, type Tooltip } from "@codemirror/view";
import { aboutOf, expressionStart } from "./completing";
import { openCall, parametersOf } from "./signature";
import type { FunctionEntry } from "./TokenContext";
import styles from "./tokens.module.css";

/** Shows what a function takes while its arguments are written, the present one in bold. */
export function signatureTip(functions: () => readonly FunctionEntry[]): Extension {
  const tip = (state: EditorState): Tooltip | null => {
    const { head, empty } = state.selection.main;
    if (!empty) return null;
    const before = state.sliceDoc(0, head);
    const start = expressionStart(before);
    if (start < 0) return null;
    const call = openCall(before.slice(start));
    const entry = call ? functions().find((one) => one.name.toLowerCase() === call.name.toLowerCase()) : undefined;
    if (!call || !entry) return null;
    return { pos: start + call.from, above: true, create: () => ({ dom: drawn(entry, call.parameter) }) };
  };
  return StateField.define<Tooltip | null>({
    create: tip,
    update: (shown, transaction) => (transaction.docChanged || transaction.selection ? tip(transaction.state) : shown),
    provide: (field) => showTooltip.from(field),
  });
}

/** What a function does, where the pointer rests on its name. */
export function functionTip(functions: () => readonly FunctionEntry[]): Extension {
  return hoverTooltip((view, place) => {
    const text = view.state.doc.toString();
    const from = place - (/\w*$/.exec(text.slice(0, place))?.[0].length ?? 0);
    const name = /^\w+(?=\s*\()/.exec(text.slice(from))?.[0];
    const entry = name === undefined || expressionStart(text.slice(0, from)) < 0 ? undefined : functions().find((one) => one.name.toLowerCase() === name.toLowerCase());
    return entry && name !== undefined ? { pos: from, end: from + name.length, above: true, create: () => ({ dom: drawn(entry, null) }) } : null;
  });
}

function drawn(entry: FunctionEntry, parameter: number | null): HTMLElement {
  const dom = document.createElement("div");
  dom.className = styles.signature ?? "";
  dom.setAttribute("role", "status");
  const parameters = parametersOf(entry.signature);
  const active = parameter === null ? undefined : parameters[Math.min(parameter, parameters.length - 1)];
  const code = document.createElement("code");
  if (active) {
    const strong = document.createElement("b");
    strong.textContent = entry.signature.slice(active.from, active.to);
    code.append(entry.signature.slice(0, active.from), strong, entry.signature.slice(active.to));
  } else code.textContent = entry.signature;
  const about = document.createElement("span");
  about.textContent = aboutOf(entry);
  dom.append(code, about);
  return dom;
}
