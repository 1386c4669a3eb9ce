import { useSocketState } from "../../api/live";

/** A react-query `refetchInterval`: none while the socket is open, else every `seconds`. */
export function usePollingFallback(tenant: string, seconds = 5): number | false {
  return useSocketState(tenant) === "open" ? false : seconds * 1000;
}
