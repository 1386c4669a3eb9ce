import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { useDraftStore } from "../../document";
import type { Person } from "../../ui/people";
import { toast } from "../../ui/toasts";
import { titleOf } from "../../workflow/edits";
import { say } from "./saying";

export interface Following {
  /** Whose steps the canvas follows. */
  readonly person: Person | null;
  /** Follows somebody, or no longer. */
  readonly toggle: (person: Person) => void;
  readonly stop: () => void;
}

/** The canvas goes where somebody else is, until I do something myself or they leave. */
export function useFollowing(people: readonly Person[], onShow: (name: string) => void): Following {
  const [followed, setFollowed] = useState<Person | null>(null);
  const latest = useRef<Person | null>(null);
  const change = useCallback((next: Person | null, words: string) => {
    latest.current = next;
    setFollowed(next);
    say(words);
  }, []);
  const stop = useCallback(() => {
    if (latest.current) change(null, `Not following ${latest.current.name} any more.`);
  }, [change]);
  const toggle = useCallback((person: Person) => {
    if (latest.current?.key === person.key) stop();
    else change(person, `Following ${person.name}. Escape stops.`);
  }, [change, stop]);
  const key = followed?.key;
  const person = key === undefined ? null : (people.find((one) => one.key === key) ?? null);
  const [left, setLeft] = useState<Person | null>(null);
  if (followed !== null && person === null) {
    setFollowed(null);
    setLeft(followed);
  }
  const show = useEffectEvent((name: string) => {
    onShow(name);
    say(`Following ${followed?.name ?? ""}, who is at ${titleOf(name)}. Escape stops.`);
  });
  useEffect(() => {
    if (!left) return;
    latest.current = null;
    toast.info(`${left.name} has left. You follow nobody now.`);
  }, [left]);
  const place = person?.at;
  useEffect(() => {
    if (key !== undefined && place !== undefined) show(place);
  }, [key, place]);
  useOwnDoing(followed !== null, stop);
  return useMemo(() => ({ person, toggle, stop }), [person, toggle, stop]);
}

/** Escape and edits of mine; what is done on the canvas the page says itself. */
function useOwnDoing(following: boolean, stop: () => void): void {
  const store = useDraftStore();
  useEffect(() => {
    if (!following) return undefined;
    const pressed = (event: KeyboardEvent): void => {
      // Escape closes the top layer first.
      if (event.key !== "Escape" || document.querySelector("[role=menu], [role=dialog], [role=listbox]")) return;
      event.preventDefault();
      event.stopPropagation();
      stop();
    };
    window.addEventListener("keydown", pressed, true);
    const forget = store.store.subscribe((now, before) => {
      if (now.waiting > before.waiting) stop();
    });
    return () => {
      window.removeEventListener("keydown", pressed, true);
      forget();
    };
  }, [following, store, stop]);
}
