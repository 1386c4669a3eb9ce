import { useQuery } from "@tanstack/react-query";
import { sessionQuery, tenantOf } from "./session";

/** Whether the signed-in person may do that in the tenant. The server decides; this only hides or disables what it would refuse. */
export function usePermission(tenant: string, verb: string): boolean {
  const { data } = useQuery(sessionQuery);
  return tenantOf(data, tenant)?.permissions.includes(verb) ?? false;
}
