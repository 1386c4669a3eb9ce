import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "../api/problem";

/** Only silence and a failing server are worth asking again; a refusal stays a refusal. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      retry: (failures, error) => failures < 2 && (asProblem(error).offline || asProblem(error).status >= 502),
      refetchOnWindowFocus: false,
    },
  },
});
