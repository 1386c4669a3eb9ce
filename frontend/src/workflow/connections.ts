/** Connections as a workflow uses them: which, by which actions, how they are, and what could take their place. */
import { providerOf } from "./catalogue";
import { quote } from "./document";
import type { Draft } from "./draft";
import { everyAction, find, type Action, type Graph } from "./graph";
import { Refused } from "./refused";
import { apiOf, managed, managedConnection, referencesIn, serves, type KnownConnection } from "./remapping";
import type { Splice } from "./splices";
import { down, member, stringOf } from "./tree";

/** What an action says of its connection. */
export interface Reference {
  /** The connector, or Azure's name of its API; "" where the text does not say. */
  readonly service: string;
  /** "" where none is chosen. */
  readonly name: string;
  /** By the API of a managed connector, not by a provider. */
  readonly managed: boolean;
}

export interface ConnectionUse extends Reference {
  readonly id: string;
  /** Names of the actions and triggers that use it, in the order of the text. */
  readonly actions: readonly string[];
}

/** `missing`: no connection of that name; `none`: nobody chose one; `foreign`: no connector here does the service's work. */
export type UseState = "ok" | "failing" | "untested" | "missing" | "none" | "foreign";

const MANAGED = /ApiConnection/i;

/** The connection of an action; null for one that needs none. */
export function referenceOf(action: Action): Reference | null {
  const provider = providerOf(action);
  if (provider) return { service: provider.connector, name: provider.connection, managed: false };
  const host = down(action.value, "inputs", "host");
  if (!host || !MANAGED.test(action.type)) return null;
  const named = managed(host);
  if (named) return { service: named.api, name: named.name, managed: true };
  return { service: apiOf(stringOf(member(host, "apiId")) ?? stringOf(down(host, "api", "runtimeUrl")) ?? ""), name: "", managed: true };
}

/** Every connection in use. `needed` tells providers that work without one from those where it is still to be chosen. */
export function connectionUses(graph: Graph, needed: (action: Action) => boolean): ConnectionUse[] {
  const uses = new Map<string, ConnectionUse>();
  for (const action of [...graph.triggers, ...everyAction(graph)]) {
    const one = referenceOf(action);
    if (!one || (one.name === "" && !one.managed && !needed(action))) continue;
    const id = `${String(one.managed)} ${one.service} ${one.name}`.toLowerCase();
    const known = uses.get(id);
    uses.set(id, { ...one, ...known, id, actions: [...(known?.actions ?? []), action.name] });
  }
  return [...uses.values()];
}

/** The connection of this installation that a reference means. */
export function connectionFor<Known extends KnownConnection>(reference: Reference, connections: readonly Known[]): Known | undefined {
  return connections.find((one) => one.name.toLowerCase() === reference.name.toLowerCase() && serves(one.connector, reference.service));
}

/** The connector here that does a service's work. */
export function connectorFor(service: string, connectors: readonly string[]): string | undefined {
  return connectors.find((one) => one.toLowerCase() === service.toLowerCase()) ?? connectors.find((one) => serves(one, service));
}

export function stateOf(reference: Reference, connections: readonly (KnownConnection & { readonly state: string })[], connectors: readonly string[]): UseState {
  if (connectorFor(reference.service, connectors) === undefined) return "foreign";
  if (reference.name === "") return "none";
  const state = connectionFor(reference, connections)?.state;
  return state === undefined ? "missing" : state === "ok" || state === "failing" ? state : "untested";
}

/** Names that can stand in a reference's place: connections of this installation, and for an API of Azure's those used for it here. */
export function connectionChoices(reference: Reference, connections: readonly KnownConnection[], uses: readonly Reference[]): string[] {
  const ours = connections.filter((one) => serves(one.connector, reference.service));
  const beside = reference.managed ? uses.filter((one) => one.managed && one.service === reference.service && one.name !== "") : [];
  const names = new Map([...ours, ...beside].map((one) => [one.name.toLowerCase(), one.name]));
  return [...names.values()];
}

/** Makes actions use a connection; those that somebody deleted meanwhile are left out. */
export function reconnected({ document, graph }: Draft, names: readonly string[], connection: string): Splice[] {
  const here = names.flatMap((name) => find(graph, name) ?? []);
  if (here.length === 0) throw new Refused(`What should use “${connection}” is not there any more.`);
  const used = referencesIn(document.root, document.text);
  return here.flatMap(({ action, pointer }): Splice[] => {
    const reference = referenceOf(action);
    const host = down(action.value, "inputs", "host");
    if (!reference) throw new Refused(`“${action.name}” uses no connection.`);
    if (!reference.managed) return [{ op: "set", at: `${pointer}/inputs/serviceProviderConfiguration/connectionName`, text: quote(connection) }];
    return host ? managedConnection(host, `${pointer}/inputs/host`, { name: connection, api: reference.service }, used) : [];
  });
}
