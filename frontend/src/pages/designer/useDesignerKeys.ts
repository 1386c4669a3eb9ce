import { useEffect, useEffectEvent, useRef } from "react";
import type { PageCommand } from "./keys";

interface Keys {
  readonly step: (name: string, direction: "up" | "down" | "in" | "out") => void;
  readonly page: (command: PageCommand) => void;
  readonly close: () => void;
  readonly selected: readonly string[];
  readonly readOnly: boolean;
}

const DIRECTIONS: Readonly<Record<string, "up" | "down" | "in" | "out">> = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };

/** With Ctrl, wherever the focus is. */
const ALWAYS: Readonly<Record<string, PageCommand>> = {
  Enter: "run", "Shift+Enter": "run-with-body", b: "outline", j: "problems", e: "debug", "Shift+E": "data", "\\": "split", k: "palette", p: "go-to", f: "go-to", g: "go-to", i: "panel",
};

/** Alone, on the canvas or in the outline. */
const LETTERS: Readonly<Record<string, PageCommand>> = { t: "test", "Shift+t": "run-up-to", p: "pin", l: "lens" };

/** Keys of the whole designer (A10). Text fields keep theirs. */
export function useDesignerKeys(keys: Keys): void {
  const layered = useRef(false);
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    const target = event.target instanceof HTMLElement ? event.target : null;
    const typing = target?.closest("input, textarea, select, [contenteditable=true]") !== null && target !== null;
    const mod = event.ctrlKey || event.metaKey;
    const done = (work: () => void): void => {
      event.preventDefault();
      work();
    };
    // Everywhere, also in dialogs: the browser would offer to save the page.
    if (mod && event.key === "s") return done(() => keys.page("saved"));
    const always = mod ? (event.shiftKey ? ALWAYS[`Shift+${event.key}`] : ALWAYS[event.key]) : event.key === "F1" ? "keys" : undefined;
    if (always && document.querySelector("[role=dialog][aria-modal=true]") === null) return done(() => keys.page(always));
    if (mod && event.altKey && event.code === "KeyZ") return done(() => keys.page("history"));
    if (typing || document.querySelector("[role=dialog][aria-modal=true]")) return undefined;
    if (mod && event.key.toLowerCase() === "z" && !keys.readOnly) return done(() => keys.page(event.shiftKey ? "redo" : "undo"));
    if (mod && event.key === "y" && !keys.readOnly) return done(() => keys.page("redo"));
    if (mod) return undefined;
    const direction = DIRECTIONS[event.key];
    const name = keys.selected[0];
    if (event.altKey && direction && name !== undefined && keys.selected.length === 1 && !keys.readOnly) return done(() => keys.step(name, direction));
    const letter = event.altKey ? undefined : LETTERS[`${event.shiftKey ? "Shift+" : ""}${event.key.toLowerCase()}`];
    if (letter && target?.closest("[data-canvas], #outline")) return done(() => keys.page(letter));
    if (event.key === "[") return done(() => keys.page("previous-problem"));
    if (event.key === "]") return done(() => keys.page("next-problem"));
    if (event.key === "?") return done(() => keys.page("keys"));
    if (event.key === "Escape" && keys.selected.length > 0 && !layered.current) return done(keys.close);
    return undefined;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented) pressed(event);
    };
    // Escape closes the top layer only: a menu is gone before the key gets here, so it is asked for first.
    const ahead = (): void => {
      layered.current = document.querySelector("[role=menu], [role=dialog]") !== null;
    };
    window.addEventListener("keydown", ahead, true);
    window.addEventListener("keydown", listen);
    return () => {
      window.removeEventListener("keydown", ahead, true);
      window.removeEventListener("keydown", listen);
    };
  }, []);
}
