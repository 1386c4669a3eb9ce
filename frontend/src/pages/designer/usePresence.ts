import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { liveSocket } from "../../api/socket";
import { sessionQuery } from "../../api/session";
import { useDraft } from "../../document";
import type { PeopleHere, Person } from "../../ui/people";
import { titleOf } from "../../workflow/edits";

/** Where I am is said again this often, so that a browser that vanished is noticed. */
const SAY_EVERY = 4000;
const GONE_AFTER = 11_000;
const FRESH_FOR = 1700;

interface Place {
  readonly node?: string | undefined;
  readonly view?: string | undefined;
}

interface Heard extends Place {
  readonly user: { readonly id: string; readonly name: string };
  readonly at: number;
}

export interface Presence {
  /** The others, one entry for each person. */
  readonly people: readonly Person[];
  readonly here: PeopleHere;
  /** An event of the draft's topic that tells where somebody is. */
  readonly hear: (data: unknown) => void;
  /** The subscription stands: say where I am. */
  readonly greet: () => void;
}

/** Who else has the draft open, and at which action; tells them the same about this tab. */
export function usePresence(tenant: string, workflowId: string, place: Place): Presence {
  const topic = `workflow:${workflowId}:draft`;
  const [heard, setHeard] = useState<ReadonlyMap<string, Heard>>(new Map());
  const known = useRef<ReadonlyMap<string, Heard>>(new Map());
  const where = useRef(place);
  const greet = useCallback(() => liveSocket(tenant).present(topic, { node: where.current.node ?? "", view: where.current.view ?? "" }), [tenant, topic]);
  const update = useCallback((change: (people: Map<string, Heard>) => void) => {
    const next = new Map(known.current);
    change(next);
    known.current = next;
    setHeard(next);
  }, []);
  const hear = useCallback((data: unknown): void => {
    const { connection, user, state } = data as { readonly connection: string; readonly user: Heard["user"]; readonly state: Place | null };
    const unknown = !known.current.has(connection);
    update((people) => (state === null ? people.delete(connection) : people.set(connection, { ...state, user, at: Date.now() })));
    // Somebody new does not know of me yet.
    if (state !== null && unknown) greet();
  }, [update, greet]);
  const { node, view } = place;
  useEffect(() => {
    where.current = { node, view };
    // A walk through the canvas by arrow keys is one message, not one for each card.
    const timer = setTimeout(() => greet(), 120);
    return () => clearTimeout(timer);
  }, [node, view, greet]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (known.current.size === 0) return;
      greet();
      const oldest = Date.now() - GONE_AFTER;
      if ([...known.current.values()].some((one) => one.at < oldest)) update((people) => people.forEach((one, key) => one.at < oldest && people.delete(key)));
    }, SAY_EVERY);
    return () => clearInterval(timer);
  }, [update, greet]);
  return { ...useOthers(heard), hear, greet };
}

function useOthers(heard: ReadonlyMap<string, Heard>): Pick<Presence, "people" | "here"> {
  const { data: session } = useQuery(sessionQuery);
  const me = session?.user?.id ?? "";
  const fresh = useFresh();
  const people = useMemo(() => peopleOf(heard, me), [heard, me]);
  const here = useMemo<PeopleHere>(() => ({ at: placesOf(heard, me), fresh }), [heard, me, fresh]);
  return { people, here };
}

/** One face for each person, with where they are; my other tabs count as one more. */
function peopleOf(heard: ReadonlyMap<string, Heard>, me: string): Person[] {
  const people = new Map<string, Person>();
  for (const one of heard.values()) {
    const note = one.user.id === me ? "in another tab" : one.node ? `at ${titleOf(one.node)}` : "has this open";
    if (!people.has(one.user.id) || one.node) people.set(one.user.id, { key: one.user.id, name: one.user.name, note, at: one.node === "" ? undefined : one.node, mine: one.user.id === me });
  }
  return [...people.values()].sort((one, other) => one.name.localeCompare(other.name));
}

function placesOf(heard: ReadonlyMap<string, Heard>, me: string): Map<string, Person[]> {
  const places = new Map<string, Person[]>();
  for (const { node, user } of heard.values()) {
    if (!node || user.id === me) continue;
    const there = places.get(node.toLowerCase()) ?? [];
    if (!there.some((person) => person.key === user.id)) places.set(node.toLowerCase(), [...there, { key: user.id, name: user.name }]);
  }
  return places;
}

/** Actions that somebody else changed a moment ago. */
function useFresh(): PeopleHere["fresh"] {
  const remote = useDraft((state) => state.remote);
  const [over, setOver] = useState(0);
  useEffect(() => {
    if (!remote) return undefined;
    const timer = setTimeout(() => setOver(remote.revision), FRESH_FOR);
    return () => clearTimeout(timer);
  }, [remote]);
  return useMemo(() => {
    if (!remote || remote.revision === over) return new Map();
    return new Map(remote.actions.map((name) => [name.toLowerCase(), { name: remote.author ?? "Somebody", key: remote.revision }]));
  }, [remote, over]);
}
