import type { JsonNode } from "./jsonTree";

/** One line of the tree: a member, an item, or the root. */
export interface JsonLine {
  /** In the workflow language's own spelling: `['order']['lines'][0]`, the root being the empty text. */
  readonly path: string;
  readonly label: string | null;
  readonly node: JsonNode;
  readonly depth: number;
  readonly open: boolean;
}

export function childPath(path: string, key: string | number): string {
  return typeof key === "number" ? `${path}[${key}]` : `${path}['${key.replaceAll("'", "''")}']`;
}

export function children(node: JsonNode): readonly (readonly [string | number, JsonNode])[] {
  if (node.kind === "object") return node.members.map((each) => [each.name, each.value] as const);
  if (node.kind === "array") return node.items.map((each, index) => [index, each] as const);
  return [];
}

/** The visible lines, depth first; `isOpen` decides about each container. */
export function visibleLines(root: JsonNode, isOpen: (path: string, depth: number) => boolean): JsonLine[] {
  const lines: JsonLine[] = [];
  const walk = (node: JsonNode, path: string, label: string | null, depth: number) => {
    const parts = children(node);
    const open = parts.length > 0 && isOpen(path, depth);
    lines.push({ path, label, node, depth, open });
    if (!open) return;
    for (const [key, part] of parts) walk(part, childPath(path, key), typeof key === "number" ? String(key) : key, depth + 1);
  };
  walk(root, "", null, 0);
  return lines;
}

export interface JsonHits {
  /** Paths whose name or scalar contains the text. */
  readonly hits: readonly string[];
  /** Every container on the way to one. */
  readonly ancestors: ReadonlySet<string>;
}

/** Case-insensitive search over names and scalars; at most `limit` hits. */
export function search(root: JsonNode, text: string, limit = 500): JsonHits {
  const wanted = text.toLowerCase();
  const hits: string[] = [];
  const ancestors = new Set<string>();
  const walk = (node: JsonNode, path: string, label: string, way: readonly string[]) => {
    if (hits.length >= limit) return;
    if (label.toLowerCase().includes(wanted) || scalarText(node).toLowerCase().includes(wanted)) {
      hits.push(path);
      for (const each of way) ancestors.add(each);
    }
    for (const [key, part] of children(node)) walk(part, childPath(path, key), typeof key === "number" ? "" : key, [...way, path]);
  };
  if (wanted !== "") walk(root, "", "", []);
  return { hits, ancestors };
}

export function scalarText(node: JsonNode): string {
  switch (node.kind) {
    case "string":
    case "number":
      return node.text;
    case "boolean":
      return String(node.value);
    case "null":
      return "null";
    default:
      return "";
  }
}
