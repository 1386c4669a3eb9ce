import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "./client";
import type { components } from "./schema";

export type Settings = components["schemas"]["SettingsShown"];
export type Retention = components["schemas"]["RetentionShown"];
export type KeptRuns = components["schemas"]["KeptRuns"];

export type WorkflowLimits = components["schemas"]["WorkflowLimits"];
export type SettingsChange = components["schemas"]["SettingsChangeRequest"];

const settings = "/api/v1/t/{tenant}/settings";
const ofTenant = "/api/v1/t/{tenant}/retention";
const limitsOfWorkflow = "/api/v1/t/{tenant}/workflows/{workflow_id}/limits";
const ofWorkflow = "/api/v1/t/{tenant}/workflows/{workflow_id}/retention";

const keys = {
  settings: (tenant: string) => ["settings", tenant] as const,
  limits: (tenant: string, workflow: string) => ["limits", tenant, workflow] as const,
  retentions: (tenant: string) => ["retention", tenant] as const,
};

export function settingsQuery(tenant: string) {
  return queryOptions({ queryKey: keys.settings(tenant), queryFn: () => answer(client.GET(settings, { params: { path: { tenant } } })) });
}

/** Of the organisation, or of one workflow. */
export function retentionQuery(tenant: string, workflow?: string) {
  return queryOptions({
    queryKey: [...keys.retentions(tenant), workflow ?? ""],
    queryFn: () =>
      workflow === undefined
        ? answer(client.GET(ofTenant, { params: { path: { tenant } } }))
        : answer(client.GET(ofWorkflow, { params: { path: { tenant, workflow_id: workflow } } })),
  });
}

export function useChangeSettings(tenant: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: SettingsChange) => answer(client.PUT(settings, { params: { path: { tenant } }, body })),
    onSuccess: (shown) => queries.setQueryData(keys.settings(tenant), shown),
  });
}

export function workflowLimitsQuery(tenant: string, workflow: string) {
  return queryOptions({
    queryKey: keys.limits(tenant, workflow),
    queryFn: () => answer(client.GET(limitsOfWorkflow, { params: { path: { tenant, workflow_id: workflow } } })),
  });
}

export function useChangeWorkflowLimits(tenant: string, workflow: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (runsAtOnce: number | null) => answer(client.PUT(limitsOfWorkflow, { params: { path: { tenant, workflow_id: workflow } }, body: { runsAtOnce } })),
    onSuccess: (shown) => queries.setQueryData(keys.limits(tenant, workflow), shown),
  });
}

/** What the organisation says holds for its workflows too, so all of them are asked again. */
export function useChangeRetention(tenant: string, workflow?: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: KeptRuns) =>
      workflow === undefined
        ? answer(client.PUT(ofTenant, { params: { path: { tenant } }, body }))
        : answer(client.PUT(ofWorkflow, { params: { path: { tenant, workflow_id: workflow } }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.retentions(tenant) }),
  });
}
