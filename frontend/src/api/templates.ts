import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "./client";
import type { TemplateCreate } from "./types";

export function templatesQuery(tenant: string) {
  return queryOptions({
    queryKey: ["templates", tenant],
    queryFn: () => answer(client.GET("/api/v1/t/{tenant}/templates", { params: { path: { tenant } } })),
    staleTime: 5 * 60_000,
  });
}

export function templateQuery(tenant: string, id: string) {
  return queryOptions({
    queryKey: ["templates", tenant, id],
    queryFn: () =>
      answer(client.GET("/api/v1/t/{tenant}/templates/{template_id}", { params: { path: { tenant, template_id: id } } })),
    staleTime: 5 * 60_000,
  });
}

/** What a template of this workflow's draft would hold; always as the draft is now. */
export function templateOutlineQuery(tenant: string, workflow: string) {
  return queryOptions({
    queryKey: ["template-outline", tenant, workflow],
    queryFn: () => answer(client.GET("/api/v1/t/{tenant}/workflows/{workflow_id}/template", { params: { path: { tenant, workflow_id: workflow } } })),
    staleTime: 0,
    gcTime: 0,
  });
}

export interface TemplateAbout {
  readonly title: string;
  readonly summary: string;
  readonly category: string;
}

/** Saving, renaming and deleting templates of the organisation's own. */
export function useTemplateCommands(tenant: string) {
  const queries = useQueryClient();
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ["templates", tenant] });
  const one = (id: string) => ({ params: { path: { tenant, template_id: id } } });
  return {
    save: useMutation({
      mutationFn: (body: TemplateCreate) => answer(client.POST("/api/v1/t/{tenant}/templates", { params: { path: { tenant } }, body })),
      onSuccess,
    }),
    change: useMutation({
      mutationFn: ({ id, about }: { id: string; about: TemplateAbout }) => answer(client.PATCH("/api/v1/t/{tenant}/templates/{template_id}", { ...one(id), body: about })),
      onSuccess,
    }),
    remove: useMutation({
      mutationFn: (id: string) => answer(client.DELETE("/api/v1/t/{tenant}/templates/{template_id}", one(id))),
      onSuccess: () => void queries.invalidateQueries({ queryKey: ["templates", tenant], exact: true }),
    }),
  };
}
