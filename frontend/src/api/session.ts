import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "./client";
import { onStaleToken, setCsrfToken } from "./request";
import { closeLiveSocket } from "./socket";
import type { Session, TenantAccess } from "./types";

/** Whose page this is. */
let person: string | undefined;

async function fetchSession(): Promise<Session> {
  const session = await answer(client.GET("/api/v1/session"));
  setCsrfToken(session.csrfToken);
  person = session.user?.id;
  return session;
}

// What was begun here goes on only as the same person; what somebody else may do is another matter.
onStaleToken(async () => {
  const session = await answer(client.GET("/api/v1/session"));
  if (session.user?.id !== person) return false;
  setCsrfToken(session.csrfToken);
  return true;
});

/** Who is signed in, where they belong, and whether the server still needs its first account. */
export const sessionQuery = queryOptions({ queryKey: ["session"], queryFn: fetchSession, staleTime: 5 * 60_000 });

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: { email: string; password: string }) => {
      await answer(client.POST("/api/v1/session", { body }));
      return fetchSession();
    },
    onSuccess: (session) => queries.setQueryData(sessionQuery.queryKey, session),
  });
}

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(client.DELETE("/api/v1/session")),
    onSuccess: () => {
      closeLiveSocket();
      queries.clear();
    },
  });
}

/** Other browsers and tabs are signed out; this one goes on with a new session. */
export function useChangePassword() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: { current: string; password: string }) => {
      await answer(client.PUT("/api/v1/session/password", { body }));
      return fetchSession();
    },
    onSuccess: (session) => queries.setQueryData(sessionQuery.queryKey, session),
  });
}

export interface FirstAccount {
  readonly token: string;
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly tenantName: string;
}

export function useSetup() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: FirstAccount) => {
      await answer(client.POST("/api/v1/setup", { body }));
      return fetchSession();
    },
    onSuccess: (session) => queries.setQueryData(sessionQuery.queryKey, session),
  });
}

export function tenantOf(session: Session | undefined, slug: string): TenantAccess | undefined {
  return session?.tenants.find((each) => each.slug === slug);
}
