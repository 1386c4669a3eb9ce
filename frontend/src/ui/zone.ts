import { useSyncExternalStore } from "react";

/** Whose clock times are shown by: this person's own or everybody's. */
export type Zone = "local" | "utc";

const KEY = "millrace:times";
const listeners = new Set<() => void>();

function read(): Zone {
  try {
    return localStorage.getItem(KEY) === "utc" ? "utc" : "local";
  } catch {
    return "local";
  }
}

function subscribe(listener: () => void) {
  const other = (event: StorageEvent) => event.key === KEY && listener();
  listeners.add(listener);
  window.addEventListener("storage", other);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", other);
  };
}

/** The chosen zone: kept in the browser, the same in every tab. */
export function useZone(): Zone {
  return useSyncExternalStore(subscribe, read);
}

export function setZone(zone: Zone): void {
  try {
    localStorage.setItem(KEY, zone);
  } catch {
    // A browser that keeps nothing shows local times.
  }
  for (const each of listeners) each();
}

export function momentText(at: Date, zone: Zone): string {
  const text = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium", ...(zone === "utc" ? { timeZone: "UTC" } : {}) });
  return zone === "utc" ? `${text} UTC` : text;
}

/** The time of day to the millisecond: what follows what. */
export function clockText(at: Date, zone: Zone): string {
  return at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false, ...(zone === "utc" ? { timeZone: "UTC" } : {}) });
}

/** The moment a text names, where it says its offset: only then is there anything to convert. */
export function writtenMoment(text: string): Date | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/.test(text)) return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** A moment as a `datetime-local` field has it, by the clock of the zone, and back. */
export function fieldText(iso: string, zone: Zone): string {
  const at = new Date(iso);
  return new Date(at.getTime() - (zone === "utc" ? 0 : at.getTimezoneOffset() * 60_000)).toISOString().slice(0, 16);
}

export function fieldMoment(typed: string, zone: Zone): string {
  return zone === "utc" && typed !== "" ? `${typed}Z` : typed;
}
