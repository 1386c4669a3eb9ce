import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { connectionsQuery } from "../../api/connections";
import { functionsQuery, loadProblems, manifestQuery, type DraftAnswer, type OperationManifest } from "../../api/drafts";
import { useTopic } from "../../api/live";
import { operationsQuery } from "../../api/operations";
import { valuesQuery } from "../../api/values";
import { callbacksQuery } from "../../api/workflows";
import type { DefinitionProblem } from "../../api/types";
import { useDraft, useDraftStore, type StoredEdits } from "../../document";
import type { ConnectionChoice } from "../../features/panel/PanelContext";
import { Catalogue } from "../../workflow/catalogue";
import { everyAction, find, type Action, type Graph } from "../../workflow/graph";
import type { Shape } from "../../workflow/tokens";
import { splitPointer } from "../../workflow/tree";
import type { Presence } from "./usePresence";

export interface Problems {
  readonly items: readonly DefinitionProblem[];
  /** The revision they are about. */
  readonly revision: number;
  readonly byAction: ReadonlyMap<string, { readonly errors: number; readonly warnings: number; readonly first: string }>;
}

/** What changes the workflow itself, whoever did it. */
const OF_THE_WORKFLOW: ReadonlySet<string> = new Set(["published", "renamed", "values"]);

/** The draft's topic: edits of others, presence, and problems, as loaded, as pushed, asked for when a push did not come. */
export function useProblems(tenant: string, workflowId: string, loaded: DraftAnswer, presence: Pick<Presence, "hear" | "greet">, onDeleted: () => void): Problems {
  const store = useDraftStore();
  const queries = useQueryClient();
  const revision = useDraft((state) => state.revision);
  const graph = useDraft((state) => state.draft.graph);
  const [found, setFound] = useState({ items: loaded.problems as readonly DefinitionProblem[], revision: loaded.revision });
  const latest = useRef(found.revision);
  useTopic(tenant, `workflow:${workflowId}:draft`, loaded.revision, (message) => {
    if (message.type === "subscribed") presence.greet();
    if (message.type === "resync") void store.reload(null);
    if (message.type !== "event") return;
    const data = message.data as { readonly kind?: string; readonly items?: readonly DefinitionProblem[]; readonly problems?: readonly DefinitionProblem[]; readonly revision?: number };
    if (data.kind === "presence") presence.hear(data);
    if (data.kind === "callbacks") void queries.invalidateQueries({ queryKey: callbacksQuery(tenant, workflowId).queryKey });
    if (data.kind === "values") void queries.invalidateQueries({ queryKey: valuesQuery(tenant, workflowId).queryKey });
    if (data.kind === "published") void queries.invalidateQueries({ queryKey: callbacksQuery(tenant, workflowId).queryKey });
    if (data.kind !== undefined && OF_THE_WORKFLOW.has(data.kind)) void queries.invalidateQueries({ queryKey: ["workflow", tenant, workflowId] });
    if (data.kind === "deleted") onDeleted();
    if (data.kind === "edits") store.receive(message.data as StoredEdits);
    if (data.kind === "problems") {
      latest.current = data.revision ?? latest.current;
      setFound({ items: data.items ?? data.problems ?? [], revision: data.revision ?? revision });
    }
  });
  useEffect(() => {
    if (revision <= latest.current) return undefined;
    const timer = setTimeout(() => {
      loadProblems(tenant, workflowId).then((answer) => {
        if (answer.revision < latest.current) return;
        latest.current = answer.revision;
        setFound(answer);
      }, () => undefined);
    }, 900);
    return () => clearTimeout(timer);
  }, [revision, tenant, workflowId]);
  const counts = useMemo(() => countsOf(found.items, graph), [found, graph]);
  const [byAction, setByAction] = useState(counts);
  if (byAction !== counts && !sameCounts(byAction, counts)) setByAction(counts);
  return useMemo(() => ({ ...found, byAction }), [found, byAction]);
}

/** Most edits change no count: cards that show the same are not drawn again. */
function sameCounts(one: Problems["byAction"], other: Problems["byAction"]): boolean {
  return one.size === other.size && [...one].every(([name, count]) => {
    const twin = other.get(name);
    return twin?.errors === count.errors && twin.warnings === count.warnings && twin.first === count.first;
  });
}

function countsOf(items: readonly DefinitionProblem[], graph: Graph): Problems["byAction"] {
  const counts = new Map<string, { errors: number; warnings: number; first: string }>();
  for (const problem of items) {
    const name = problem.action ?? ownerOf(problem.pointer, graph);
    if (name === null || problem.severity === "info") continue;
    const entry = counts.get(name.toLowerCase()) ?? { errors: 0, warnings: 0, first: problem.message };
    if (problem.severity === "error") entry.errors += 1;
    else entry.warnings += 1;
    counts.set(name.toLowerCase(), entry);
  }
  return counts;
}

/** The innermost action a pointer leads into. */
export function ownerOf(pointer: string, graph: Graph): string | null {
  for (let place = pointer; place !== ""; place = place.slice(0, place.lastIndexOf("/"))) {
    const entry = find(graph, splitPointer(place.slice(place.lastIndexOf("/")))[0] ?? "");
    if (entry?.pointer === place) return entry.action.name;
  }
  return null;
}

export function useCatalogue(tenant: string): Catalogue | null {
  const { data } = useQuery(operationsQuery(tenant));
  return useMemo(() => (data ? new Catalogue(data) : null), [data]);
}

export interface Manifests {
  readonly of: (action: Action) => OperationManifest | null;
  readonly loading: boolean;
}

/** Manifests of every operation in use: most came with the draft, those added since are asked for. */
export function useManifests(tenant: string, graph: Graph, catalogue: Catalogue | null, loaded: DraftAnswer): Manifests {
  const given = useMemo(() => new Map(Object.entries(loaded.manifests).map(([id, manifest]) => [id.toLowerCase(), manifest])), [loaded.manifests]);
  const missing = useMemo(() => {
    const ids = [...graph.triggers, ...everyAction(graph)].flatMap((action) => catalogue?.of(action)?.id ?? []);
    return [...new Set(ids)].filter((id) => !given.has(id.toLowerCase()));
  }, [graph, catalogue, given]);
  const asked = useQueries({ queries: missing.map((id) => manifestQuery(tenant, id)) });
  const key = asked.map((one) => (one.data ? one.data.id : "-")).join(" ");
  return useMemo(() => {
    const all = new Map(given);
    for (const one of asked) if (one.data) all.set(one.data.id.toLowerCase(), one.data);
    return {
      of: (action) => all.get(catalogue?.of(action)?.id.toLowerCase() ?? "") ?? null,
      loading: catalogue === null || asked.some((one) => one.isLoading),
    };
    // `key` says when the answers changed; the array itself is new each time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [given, catalogue, key]);
}

export function outputsFrom(manifests: Manifests): (action: Action) => Shape | undefined {
  return (action) => manifests.of(action)?.outputs as Shape | undefined;
}

export function useFunctions(tenant: string) {
  const { data } = useQuery(functionsQuery(tenant));
  return data ?? [];
}

/** The connections of the organisation: those that are known, and a promise of them, which gives null where they do not come. */
export function useConnections(tenant: string): [readonly ConnectionChoice[], () => Promise<readonly ConnectionChoice[] | null>] {
  const queries = useQueryClient();
  const { data } = useQuery(connectionsQuery(tenant));
  const coming = useCallback(() => {
    const loaded = queries.ensureQueryData(connectionsQuery(tenant)).then((answer) => answer.items, () => null);
    return Promise.race([loaded, new Promise<null>((resolve) => setTimeout(resolve, PATIENCE, null))]);
  }, [queries, tenant]);
  return [useMemo(() => (data?.items ?? []).map((one) => ({ name: one.name, connector: one.connector, state: one.state })), [data]), coming];
}

/** Milliseconds somebody waits for connections: a query of a page that is offline waits for ever. */
const PATIENCE = 5000;
