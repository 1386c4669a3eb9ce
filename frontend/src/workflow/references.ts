/**
 * Which names an expression reads, and renaming them. Works on the characters between quotes, so it also serves texts that
 * do not parse (half-typed expressions), and changes nothing but the name itself.
 */

export type ReferenceKind = "action" | "variable" | "parameter";

export interface NameUse {
  readonly kind: ReferenceKind;
  readonly name: string;
  /** Range between the quotes, in UTF-16 units of the template text. */
  readonly start: number;
  readonly end: number;
  readonly function: string;
}

const NAMING: Readonly<Record<string, ReferenceKind>> = {
  actions: "action", outputs: "action", body: "action", formdatavalue: "action", formdatamultivalues: "action", multipartbody: "action",
  items: "action", iterationindexes: "action", result: "action", actionoutputs: "action", actionbody: "action",
  variables: "variable", parameters: "parameter",
};

/** Ranges of a template that are expressions (reference 2.2 and 2.3), without `@` and braces. */
export function expressionRanges(text: string): { readonly start: number; readonly end: number; readonly closed: boolean }[] {
  if (text.startsWith("@@") || !text.includes("@")) return [];
  if (text.startsWith("@") && text[1] !== "{" && text.length > 1) return [{ start: 1, end: text.length, closed: true }];
  const ranges: { start: number; end: number; closed: boolean }[] = [];
  let at = text.indexOf("@{");
  while (at >= 0) {
    if (at > 0 && text[at - 1] === "@") {
      at = text.indexOf("@{", at + 2);
      continue;
    }
    let end = at + 2;
    let quoted = false;
    while (end < text.length && (quoted || text[end] !== "}")) {
      if (text[end] === "'") quoted = !quoted;
      end += 1;
    }
    ranges.push({ start: at + 2, end, closed: end < text.length });
    at = text.indexOf("@{", end + 1);
  }
  return ranges;
}

const CALL = /'(?:[^']|'')*'|([A-Za-z_$][\w$]*)\s*\(\s*'((?:[^']|'')*)'/g;

export function namesIn(text: string): NameUse[] {
  const uses: NameUse[] = [];
  for (const range of expressionRanges(text)) {
    const inside = text.slice(range.start, range.end);
    CALL.lastIndex = 0;
    for (let found = CALL.exec(inside); found; found = CALL.exec(inside)) {
      const called = found[1];
      const quoted = found[2];
      if (called === undefined || quoted === undefined) continue;
      const kind = NAMING[called.toLowerCase()];
      const end = range.start + found.index + found[0].length - 1;
      if (kind) uses.push({ kind, name: quoted.replace(/''/g, "'"), start: end - quoted.length, end, function: called });
    }
  }
  return uses;
}

/** The template with every use of one name replaced; unchanged text is returned as it is. */
export function renameIn(text: string, kind: ReferenceKind, from: string, to: string): string {
  const uses = namesIn(text).filter((use) => use.kind === kind && use.name.toLowerCase() === from.toLowerCase());
  const quoted = to.replace(/'/g, "''");
  return uses.reduceRight((made, use) => made.slice(0, use.start) + quoted + made.slice(use.end), text);
}

const IN_CODE = /(workflowContext\s*\.\s*actions\s*)(?:\.\s*([A-Za-z_$][\w$]*)|\[\s*(?:'([^'\n]{1,200})'|"([^"\n]{1,200})")\s*\])/g;

/** JavaScript of an action with the records of another one found under its new name. */
export function renameInCode(code: string, from: string, to: string): string {
  return code.replace(IN_CODE, (whole: string, start: string, plain?: string, single?: string, double?: string) => {
    const name = plain ?? single ?? double ?? "";
    if (name.toLowerCase() !== from.toLowerCase()) return whole;
    if (plain !== undefined && /^[A-Za-z_$][\w$]*$/.test(to)) return `${start}.${to}`;
    const mark = single === undefined ? '"' : "'";
    return `${start}[${mark}${to.replace(/\\/g, "\\\\").replaceAll(mark, `\\${mark}`)}${mark}]`;
  });
}
