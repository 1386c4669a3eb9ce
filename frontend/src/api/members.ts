import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "./client";
import { sessionQuery } from "./session";
import type { components } from "./schema";

export type MemberItem = components["schemas"]["MemberItem"];
export type InvitationItem = components["schemas"]["InvitationItem"];
export type Role = MemberItem["role"];

const members = "/api/v1/t/{tenant}/members";
const invitations = "/api/v1/t/{tenant}/invitations";

export function membersQuery(tenant: string) {
  return queryOptions({ queryKey: ["members", tenant], queryFn: () => answer(client.GET(members, { params: { path: { tenant } } })) });
}

export function invitationsQuery(tenant: string) {
  return queryOptions({ queryKey: ["invitations", tenant], queryFn: () => answer(client.GET(invitations, { params: { path: { tenant } } })) });
}

export function useMemberCommands(tenant: string) {
  const queries = useQueryClient();
  const onSettled = () => {
    void queries.invalidateQueries({ queryKey: ["members", tenant] });
    void queries.invalidateQueries({ queryKey: ["invitations", tenant] });
  };
  const member = (id: string) => ({ params: { path: { tenant, member_id: id } } });
  return {
    invite: useMutation({ mutationFn: (body: { email: string; role: Role }) => answer(client.POST(invitations, { params: { path: { tenant } }, body })), onSettled }),
    withdraw: useMutation({ mutationFn: (id: string) => answer(client.DELETE(`${invitations}/{invitation_id}`, { params: { path: { tenant, invitation_id: id } } })), onSettled }),
    changeRole: useMutation({ mutationFn: ({ id, role }: { id: string; role: Role }) => answer(client.PATCH(`${members}/{member_id}`, { ...member(id), body: { role } })), onSettled }),
    remove: useMutation({ mutationFn: (id: string) => answer(client.DELETE(`${members}/{member_id}`, member(id))), onSettled }),
  };
}

export function openInvitationQuery(token: string) {
  return queryOptions({
    queryKey: ["invitation", token],
    queryFn: () => answer(client.POST("/api/v1/invitations/read", { body: { token } })),
    retry: false,
    staleTime: 60_000,
  });
}

export function useAcceptInvitation() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: { token: string; name: string; password: string }) => {
      await answer(client.POST("/api/v1/invitations/accept", { body }));
      return queries.fetchQuery({ ...sessionQuery, staleTime: 0 });
    },
  });
}
