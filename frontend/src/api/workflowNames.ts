import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, client, given } from "./client";
import { workflowKeys } from "./workflows";

export interface NamedWorkflow {
  readonly id: string;
  readonly name: string;
}

interface Narrowed {
  /** The type of the trigger that starts it. */
  readonly trigger?: string | undefined;
  /** The id of one that is left out. */
  readonly except?: string | undefined;
}

function namesQuery(tenant: string, wanted: Narrowed & { readonly search?: string | undefined }) {
  return queryOptions({
    queryKey: [...workflowKeys.lists(tenant), "names", wanted],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/t/{tenant}/workflow-names", { params: { path: { tenant }, query: given(wanted) }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}

/** What references of a definition mean here: an id, a name, an address that ends in one. */
export function referencesQuery(tenant: string, references: readonly string[]) {
  return queryOptions({
    queryKey: [...workflowKeys.lists(tenant), "references", references],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/t/{tenant}/workflow-references", { params: { path: { tenant }, query: { reference: [...references] } }, signal })),
    select: (page) => new Map(page.items.map((one) => [one.reference, one.workflow])),
    enabled: references.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}

export interface WorkflowChoice {
  readonly items: readonly NamedWorkflow[];
  /** There are others: by typing a part of their name. */
  readonly more: boolean;
  readonly loading: boolean;
  /** There is none at all to choose. */
  readonly none: boolean;
  /** What is typed to find one. */
  readonly search: (text: string) => void;
  /** The one that is chosen by `reference`; null: there is none like it, undefined: it is being looked up. */
  readonly chosen: NamedWorkflow | null | undefined;
}

/** Workflows to choose from, found by what is typed, and the chosen one, however many there are. */
export function useWorkflowChoice(tenant: string, reference: string, narrowed: Narrowed = {}): WorkflowChoice {
  const [search, setSearch] = useState("");
  const names = useQuery(namesQuery(tenant, { ...narrowed, search: search === "" ? undefined : search }));
  const known = useQuery(referencesQuery(tenant, reference === "" ? [] : [reference]));
  return {
    items: names.data?.items ?? [],
    more: names.data?.more ?? false,
    loading: names.isPending,
    none: search === "" && names.data?.items.length === 0,
    search: setSearch,
    chosen: reference === "" ? null : known.data?.has(reference) ? known.data.get(reference) : undefined,
  };
}
