import { useMatch, useRouter } from "@tanstack/react-router";
import { useCallback } from "react";

/** Whether the person is still on this page, or has left for another one that may not have arrived yet. */
export function useStillHere(): () => boolean {
  const router = useRouter();
  const page = useMatch({ strict: false, select: (match) => match.pathname });
  return useCallback(() => trimmed(router.latestLocation.pathname) === trimmed(page), [router, page]);
}

/**
 * Changes search parameters of the page it is used on. A change may come late (a search field tells its text a moment after
 * the last key); where the person is already on the way to another page it is dropped: a navigation relative to wherever the
 * router is now would throw them back.
 */
export function useSearchChange<Search extends object>(): (change: (before: Search) => Search) => void {
  const router = useRouter();
  const stillHere = useStillHere();
  return useCallback((change) => {
    // The router knows the parameters of all routes together; those of this page are what its callers say.
    if (stillHere()) void router.navigate({ to: router.latestLocation.pathname, search: change as never, replace: true });
  }, [router, stillHere]);
}

const trimmed = (path: string): string => path.replace(/\/$/, "");
