import { type JsonNode, printJson } from "./jsonTree";

/** A list of objects inside a value: what a table can show. */
export interface JsonTable {
  /** `body.value`; "" for the value itself. */
  readonly path: string;
  readonly items: readonly JsonNode[];
}

const DEEPEST = 4;
const MOST_TABLES = 20;
export const MOST_COLUMNS = 40;
export const MOST_ITEMS = 500;

/** The lists of objects in a value, outermost first; what stands inside of their items is theirs. */
export function tablesIn(value: JsonNode): JsonTable[] {
  const found: JsonTable[] = [];
  let level: { readonly path: string; readonly node: JsonNode }[] = [{ path: "", node: value }];
  for (let depth = 0; depth <= DEEPEST && level.length > 0 && found.length < MOST_TABLES; depth += 1) {
    const next: typeof level = [];
    for (const { path, node } of level) {
      if (node.kind === "array" && node.items.length > 0 && node.items.every((item) => item.kind === "object")) found.push({ path, items: node.items });
      else if (node.kind === "object") next.push(...node.members.map((one) => ({ path: path === "" ? one.name : `${path}.${one.name}`, node: one.value })));
    }
    level = next;
  }
  return found.slice(0, MOST_TABLES);
}

/** Member names in the order in which they are met. */
export function columnsOf(items: readonly JsonNode[]): string[] {
  const names = new Set<string>();
  for (const item of items.slice(0, MOST_ITEMS)) if (item.kind === "object") for (const one of item.members) names.add(one.name);
  return [...names].slice(0, MOST_COLUMNS);
}

/** What a cell says: texts bare, numbers as they are spelled, the rest as JSON in one line. */
export function cellText(item: JsonNode, column: string): string {
  const node = item.kind === "object" ? item.members.find((one) => one.name === column)?.value : undefined;
  if (!node) return "";
  return node.kind === "string" ? node.text : printJson(node, 0);
}
