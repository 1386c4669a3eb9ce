/** Actions from elsewhere refer to connections by names that mean nothing here, or something else. */
import { at, parse, quote, type Node } from "./document";
import type { Fragment } from "./structure";
import { applyPatch, escapePart, member, stringOf } from "./tree";
import type { Splice } from "./splices";

export interface KnownConnection {
  readonly name: string;
  readonly connector: string;
}

/** A reference to a connection of Azure's, as an action of this workflow writes it. */
export interface UsedReference {
  readonly name: string;
  readonly api: string;
  /** Texts of `host.connection`; null where the action names it by `connectionName`. */
  readonly written: string | null;
}

/** Several could take the place of a connection that is not here. */
export interface OpenReference {
  /** What answers are given by. */
  readonly id: string;
  /** The connector, or Azure's name of its API. */
  readonly service: string;
  readonly from: string;
  readonly choices: readonly string[];
}

export interface Remapped {
  readonly fragments: readonly Fragment[];
  /** Connections that got another name here: what it was called, what it is called now. */
  readonly replaced: readonly { readonly from: string; readonly to: string }[];
  /** Services of actions that have no connection now. */
  readonly missing: readonly string[];
  /** Those that somebody must choose for; asked with `answers` they are settled. */
  readonly open: readonly OpenReference[];
}

/** Whether actions of a text may refer to connections at all. */
export const usesConnections = (text: string): boolean => /serviceProviderConfiguration|"host"/.test(text);

/** Names by the id of the question; "" is "later". */
export type Answers = ReadonlyMap<string, string>;

interface Reference {
  readonly node: Node;
  readonly pointer: string;
  readonly kind: "provider" | "managed";
}

/** Whose work a connection of ours does for an API of Azure's: the table of the executor (`runtime/targets.py`), tested to agree. */
export const COUNTERPARTS: Readonly<Record<string, string>> = {
  office365: "email", outlook: "email", gmail: "email", smtp: "email", sendmail: "email",
  filesystem: "storage", azurefile: "storage", azureblob: "storage", ftp: "storage", sftp: "storage", sftpwithssh: "storage",
};

/** Whether a connection of a connector here is one for that service. */
export function serves(connector: string, service: string): boolean {
  return same(connector, service) || same(connector, COUNTERPARTS[service.toLowerCase()] ?? "");
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** `shared_office365-1` → "office365". */
export const apiOf = (name: string): string => (name.split("/").filter((part) => part !== "").pop() ?? "").toLowerCase().replace(/^shared_/, "").replace(/[-_](?:\d+|[0-9a-f]{5})$/, "");

const EXPRESSION = /\$connections'\)\??\['((?:[^']|'')+)'\]/;

/** The name by which an action's `host` means its connection, and the API behind it; null where an expression computes it. */
export function managed(host: Node): { readonly name: string; readonly api: string } | null {
  const connection = member(host, "connection");
  const written = stringOf(member(connection, "name"));
  const name = stringOf(member(connection, "referenceName")) ?? (written === undefined ? stringOf(member(host, "connectionName")) : (EXPRESSION.exec(written)?.[1] ?? undefined));
  if (name === undefined || name === "") return null;
  return { name, api: apiOf(stringOf(member(host, "apiId")) ?? stringOf(member(member(host, "api"), "runtimeUrl")) ?? name) };
}

/** References of a text, for pasting into it; its own text alone is asked. */
export function referencesIn(root: Node, text: string): UsedReference[] {
  const found = new Map<string, UsedReference>();
  for (const { node, kind } of references(root, "")) {
    const one = kind === "managed" ? managed(node) : null;
    const connection = member(node, "connection");
    if (one) found.set(one.name.toLowerCase(), { ...one, written: connection ? text.slice(connection.start, connection.end) : null });
  }
  return [...found.values()];
}

/**
 * A connection that is here by name and connector stays; the only one of its connector takes the place of one that is not; where
 * there are several somebody chooses; without any the action keeps what it says, and that is a problem of the draft. For an API of
 * Azure's a connection of ours that does its work, or one that this workflow uses for the same API, is one of its connector.
 */
export function remapped(fragments: readonly Fragment[], connections: readonly KnownConnection[], used: readonly UsedReference[] = [], answers: Answers = new Map()): Remapped {
  const replaced = new Map<string, string>();
  const missing = new Set<string>();
  const open = new Map<string, OpenReference>();
  const settle = (service: string, from: string, choices: readonly string[]): string | null => {
    const id = `${service} ${from}`.toLowerCase();
    const answer = answers.get(id);
    if (choices.length > 1 && answer === undefined) open.set(id, { id, service, from, choices });
    const chosen = choices.length === 1 ? choices[0] : choices.find((one) => one === answer);
    if (chosen === undefined) missing.add(service);
    else if (!same(chosen, from)) replaced.set(from, chosen);
    return chosen ?? null;
  };
  const done = fragments.map((fragment): Fragment => {
    if (!usesConnections(fragment.text)) return fragment;
    const document = parse(fragment.text);
    const patch: Splice[] = [];
    for (const { node, pointer, kind } of references(document.root, "")) {
      if (kind === "managed") {
        const one = managed(node);
        if (one) patch.push(...placed(node, pointer, one, connections, used, settle));
        continue;
      }
      const connector = (stringOf(member(node, "serviceProviderId")) ?? "").split("/").pop() ?? "";
      const name = stringOf(member(node, "connectionName")) ?? "";
      const fitting = connections.filter((one) => same(one.connector, connector));
      if (name === "" || fitting.some((one) => same(one.name, name))) continue;
      const chosen = settle(connector, name, fitting.map((one) => one.name));
      if (at(document, `${pointer}/connectionName`)) patch.push({ op: "set", at: `${pointer}/connectionName`, text: quote(chosen ?? "") });
    }
    return patch.length === 0 ? fragment : { ...fragment, text: applyPatch(document, patch).text };
  });
  return { fragments: done, replaced: [...replaced].map(([from, to]) => ({ from, to })), missing: [...missing], open: [...open.values()] };
}

/** What puts a managed action's connection to one that is here. */
function placed(host: Node, pointer: string, { name, api }: { readonly name: string; readonly api: string }, connections: readonly KnownConnection[], used: readonly UsedReference[], settle: (service: string, from: string, choices: readonly string[]) => string | null): Splice[] {
  const here = used.filter((one) => one.api === api);
  if (here.some((one) => same(one.name, name))) return [];
  const ours = connections.filter((one) => COUNTERPARTS[api] !== undefined && same(one.connector, COUNTERPARTS[api]));
  const named = ours.find((one) => same(one.name, name));
  const chosen = named?.name ?? settle(api, name, [...new Set([...here, ...ours].map((one) => one.name))]);
  if (chosen === null || (!member(host, "connection") && same(chosen, name))) return [];
  return managedConnection(host, pointer, { name: chosen, api }, here);
}

/** What makes a managed action's `host` use a connection: as others of its API in this workflow write it, else by reference. */
export function managedConnection(host: Node, pointer: string, { name: chosen, api }: { readonly name: string; readonly api: string }, used: readonly UsedReference[]): Splice[] {
  const flat = member(host, "connectionName") ?? member(host, "operationId");
  if (!member(host, "connection") && flat) return [{ op: "set", at: `${pointer}/connectionName`, text: quote(chosen) }];
  const twin = used.find((one) => one.api === api && same(one.name, chosen));
  const text = twin?.written ?? `{"referenceName": ${quote(chosen)}}`;
  const known = apiOf(chosen) === api || member(host, "apiId") !== undefined || member(host, "api") !== undefined;
  const written: Splice[] = [{ op: "set", at: `${pointer}/connection`, text }];
  // Its name said which API is meant; one by another name must say it beside.
  return known || twin !== undefined ? written : [...written, { op: "set", at: `${pointer}/apiId`, text: quote(`/apis/${api}`) }];
}

function* references(node: Node, pointer: string): Generator<Reference> {
  for (const one of node.members) {
    const here = `${pointer}/${escapePart(one.name)}`;
    if (one.name === "serviceProviderConfiguration") yield { node: one.value, pointer: here, kind: "provider" };
    else if (one.name === "inputs" && member(one.value, "host")) yield { node: member(one.value, "host") ?? one.value, pointer: `${here}/host`, kind: "managed" };
    else yield* references(one.value, here);
  }
}
