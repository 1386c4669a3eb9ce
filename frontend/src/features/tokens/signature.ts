/** A call around the caret: whose, and which of its parameters is being written (from 0). */
export interface OpenCall {
  readonly name: string;
  readonly parameter: number;
  /** Where the name starts. */
  readonly from: number;
}

/** The innermost call whose brackets are open at the end of `before`, or null. Text between quotes counts as text. */
export function openCall(before: string): OpenCall | null {
  const open: { readonly kind: string; readonly at: number; parameter: number }[] = [];
  let quoted = false;
  for (let index = 0; index < before.length; index += 1) {
    const character = before[index] ?? "";
    if (character === "'") quoted = !quoted;
    if (quoted) continue;
    if (character === "(" || character === "[" || character === "{") open.push({ kind: character, at: index, parameter: 0 });
    if (character === ")" || character === "]" || character === "}") open.pop();
    const last = open.at(-1);
    if (character === "," && last) last.parameter += 1;
  }
  for (const bracket of open.toReversed()) {
    if (bracket.kind === "{") return null;
    const name = bracket.kind === "(" ? /[A-Za-z_]\w*$/.exec(before.slice(0, bracket.at).trimEnd())?.[0] : undefined;
    if (name !== undefined) return { name, parameter: bracket.parameter, from: bracket.at - name.length };
  }
  return null;
}

/** The parameters of `concat(text1, text2, …)`, with where each stands in the signature. */
export function parametersOf(signature: string): readonly { readonly from: number; readonly to: number }[] {
  const start = signature.indexOf("(");
  if (start < 0) return [];
  const found: { from: number; to: number }[] = [];
  let from = start + 1;
  for (let index = from; index < signature.length; index += 1) {
    const character = signature[index];
    if (character !== "," && character !== ")") continue;
    const text = signature.slice(from, index);
    if (text.trim() !== "") found.push({ from: from + (text.length - text.trimStart().length), to: index });
    from = index + 1;
    if (character === ")") break;
  }
  return found;
}
