import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useRef, useSyncExternalStore } from "react";
import { liveSocket, type SocketState, type TopicMessage } from "./socket";

/** Listens to a topic while mounted. `since` is read when the subscription is made; a null topic listens to nothing. */
export function useTopic(tenant: string, topic: string | null, since: number | undefined, onMessage: (message: TopicMessage) => void) {
  const tell = useEffectEvent(onMessage);
  const first = useEffectEvent(() => since);
  useEffect(() => {
    if (topic === null) return undefined;
    return liveSocket(tenant).subscribe(topic, first(), (message) => tell(message));
  }, [tenant, topic]);
}

export function useSocketState(tenant: string): SocketState {
  const socket = liveSocket(tenant);
  const subscribe = useCallback((listener: () => void) => socket.onState(listener), [socket]);
  return useSyncExternalStore(subscribe, () => socket.state);
}

/** Asks again for these queries when the topic speaks, at most once per 700 ms, and once more after the last message. */
export function useRefreshOn(tenant: string, topic: string | null, keys: readonly QueryKey[]) {
  const queries = useQueryClient();
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(waiting.current), []);
  useTopic(tenant, topic, undefined, (message) => {
    if (message.type !== "event" && message.type !== "resync") return;
    if (waiting.current !== undefined) return;
    waiting.current = setTimeout(() => {
      waiting.current = undefined;
      for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
    }, 700);
  });
}
