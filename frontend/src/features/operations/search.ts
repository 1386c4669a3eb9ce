import MiniSearch from "minisearch";
import type { OperationEntry } from "../../workflow/catalogue";
import type { Api } from "../../workflow/openapi";

/** Words people use for what an operation calls otherwise. */
const SYNONYMS: readonly (readonly string[])[] = [
  ["mail", "email", "smtp", "outlook", "message"],
  ["if", "condition", "branch", "decide"],
  ["loop", "foreach", "each", "repeat", "iterate"],
  ["rest", "api", "http", "call", "fetch", "webhook", "request"],
  ["delay", "wait", "sleep", "pause"],
  ["schedule", "cron", "recurrence", "timer", "every"],
  ["file", "storage", "folder", "blob", "disk"],
  ["stop", "terminate", "end", "exit", "fail"],
  ["filter", "query", "where"],
  ["map", "select", "transform", "project"],
  ["try", "scope", "group", "catch"],
  ["case", "switch"],
  ["parse", "json", "schema"],
  ["reply", "respond", "response", "answer", "return"],
  ["counter", "increment", "variable"],
];

const related = new Map<string, Set<string>>();
for (const group of SYNONYMS) for (const word of group) related.set(word, new Set([...(related.get(word) ?? []), ...group]));

export interface Found {
  readonly operation: OperationEntry;
  /** Words to mark in the title. */
  readonly terms: readonly string[];
}

export interface Habits {
  /** Operations this workflow already uses, by id. */
  readonly used: ReadonlySet<string>;
  readonly favourites: ReadonlySet<string>;
  /** Connectors with at least one connection. */
  readonly connected: ReadonlySet<string>;
}

/** A local index over all operations; a query costs about a millisecond per thousand of them. */
export class OperationSearch {
  private readonly index: MiniSearch<OperationEntry>;
  private readonly byId: ReadonlyMap<string, OperationEntry>;

  constructor(readonly operations: readonly OperationEntry[]) {
    this.byId = new Map(operations.map((operation) => [`${operation.kind}:${operation.id}`, operation]));
    this.index = new MiniSearch<OperationEntry>({
      idField: "key",
      fields: ["title", "connectorTitle", "keywords", "wdlType", "description"],
      extractField: (operation, field) => {
        if (field === "key") return `${operation.kind}:${operation.id}`;
        if (field === "keywords") return operation.keywords.join(" ");
        return String(operation[field as keyof OperationEntry]);
      },
      searchOptions: { boost: { title: 4, connectorTitle: 2, keywords: 2, wdlType: 1.5, description: 0.5 }, prefix: true, fuzzy: (term) => (term.length > 4 ? 0.2 : false), combineWith: "AND" },
    });
    this.index.addAll(operations);
  }

  find(query: string, habits: Habits): Found[] {
    const rank = (operation: OperationEntry): number =>
      1 + (habits.used.has(operation.id) ? 0.5 : 0) + (habits.favourites.has(operation.id) ? 0.3 : 0) + (habits.connected.has(operation.connector) ? 0.2 : 0);
    let hits = this.index.search(query);
    if (hits.length === 0) {
      const words = query.toLowerCase().split(/\s+/).flatMap((word) => [...(related.get(word) ?? [word])]);
      hits = this.index.search(words.join(" "), { combineWith: "OR" });
    } else {
      const words = query.toLowerCase().split(/\s+/).flatMap((word) => [...(related.get(word) ?? [])]);
      const more = words.length > 0 ? this.index.search(words.join(" "), { combineWith: "OR" }) : [];
      const there = new Set(hits.map((hit) => String(hit.id)));
      hits = [...hits, ...more.filter((hit) => !there.has(String(hit.id))).map((hit) => ({ ...hit, score: hit.score * 0.2 }))];
    }
    return hits
      .flatMap((hit) => {
        const operation = this.byId.get(String(hit.id));
        return operation ? [{ operation, terms: hit.terms, score: hit.score * rank(operation) }] : [];
      })
      .sort((one, other) => other.score - one.score);
  }
}

export interface Pasted {
  readonly title: string;
  readonly description: string;
  readonly name: string;
  /** JSON text of the action. */
  readonly text: string;
}

/** A URL, a curl command or JSON typed or pasted into the search becomes an action at once. */
export function pastedAction(query: string): Pasted | null {
  const text = query.trim();
  if (/^https?:\/\/\S+$/.test(text)) {
    const inputs = { method: "GET", uri: text };
    return { title: "Call this address", description: `GET ${text}`, name: "HTTP", text: JSON.stringify({ type: "Http", inputs }) };
  }
  if (/^curl\s/.test(text)) return fromCurl(text);
  if (/^[[{]/.test(text)) {
    try {
      JSON.parse(text);
      return { title: "Compose this value", description: "A Compose action that holds the JSON", name: "Compose", text: `{"type": "Compose", "inputs": ${text}}` };
    } catch {
      return null;
    }
  }
  return null;
}

export const isApi = (text: string): boolean => /^\s*\{/.test(text) && /"(openapi|swagger)"\s*:/.test(text.slice(0, 4_000));

let lastApi: Api | null = null;

/** The API description read last stays at hand as long as the page is open. */
export const rememberedApi = (): Api | null => lastApi;

export async function takeApi(text: string): Promise<Api> {
  const { readApi } = await import("../../workflow/openapi");
  lastApi = readApi(text);
  return lastApi;
}

function fromCurl(text: string): Pasted | null {
  const words = [...text.replace(/\\\r?\n/g, " ").matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((found) => found[1] ?? found[2]?.replace(/\\(.)/g, "$1") ?? found[3] ?? "");
  let method = "";
  let uri = "";
  let body: string | undefined;
  const headers: Record<string, string> = {};
  for (let index = 1; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const next = words[index + 1] ?? "";
    if (word === "-X" || word === "--request") method = next;
    else if (word === "-H" || word === "--header") headers[next.slice(0, next.indexOf(":")).trim()] = next.slice(next.indexOf(":") + 1).trim();
    else if (/^(-d|--data(-raw|-binary)?|--json)$/.test(word)) body = next;
    else if (word.startsWith("-")) continue;
    else {
      if (/^https?:/.test(word)) uri = word;
      continue;
    }
    index += 1;
  }
  if (uri === "") return null;
  const verb = method === "" ? (body === undefined ? "GET" : "POST") : method.toUpperCase();
  const parts = [`"method": ${JSON.stringify(verb)}`, `"uri": ${JSON.stringify(uri)}`];
  if (Object.keys(headers).length > 0) parts.push(`"headers": ${JSON.stringify(headers)}`);
  if (body !== undefined) parts.push(`"body": ${isJson(body) ? body : JSON.stringify(body)}`);
  return { title: "Call as this curl command does", description: `${verb} ${uri}`, name: "HTTP", text: `{"type": "Http", "inputs": {${parts.join(", ")}}}` };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
