/** A template with some of its calls in other words; everything between them stays as it is spelled. */
import { printTree, type Call, type Node } from "./nodes";
import { parseTemplate } from "./template";

/** What stands in a call's place, up to `end`: the steps behind that are kept. */
export interface Replacement {
  readonly end: number;
  readonly text: string;
}

/** A call with the members it is asked for first, as far as they are written out and may be missing (`?['name']`). */
export interface Reach {
  readonly keys: readonly string[];
  readonly end: number;
  /** Equal for two spellings of the same value. */
  readonly id: string;
}

/** `deep`: with members, otherwise the call alone. */
export function reachOf(call: Call, deep: boolean): Reach {
  const keys: string[] = [];
  let end = call.steps[0]?.start ?? call.end;
  for (const step of deep ? call.steps : []) {
    if (!step.safe || step.key.kind !== "string") break;
    keys.push(step.key.value);
    end = step.end;
  }
  const head = printTree({ ...call, name: call.name.toLowerCase(), steps: [] });
  return { keys, end, id: [head, ...keys.map((key) => JSON.stringify(key))].join("?") };
}

/** Asks for every call, outermost first, whether something takes its place. Null: a part of the template cannot be read. */
export function rewritten(text: string, replace: (call: Call) => Replacement | null): string | null {
  if (!text.includes("@")) return text;
  const found: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  const visit = (node: Node): void => {
    if (node.kind !== "call") return;
    const made = replace(node);
    if (made) found.push({ start: node.start, ...made });
    else node.args.forEach(visit);
    for (const step of node.steps) if (!made || step.start >= made.end) visit(step.key);
  };
  for (const segment of parseTemplate(text).segments) {
    if (segment.kind === "error") return null;
    if (segment.kind === "expression") visit(segment.tree);
  }
  return found.reduceRight((made, one) => made.slice(0, one.start) + one.text + made.slice(one.end), text);
}
