/** Secrets that stand in clear text, found by the problem that says so, and how the text reads once a parameter holds them. */
import { at } from "./document";
import type { Draft } from "./draft";
import type { Entry } from "./graph";
import { jsonOf, splitPointer, stringOf } from "./tree";

export interface ClearSecret {
  readonly secret: string;
  /** A name for the parameter, from the action and the member. */
  readonly name: string;
  /** Where in the action. */
  readonly path: string;
  /** The member's text with an expression, without its @, in the secret's place. */
  readonly reads: (expression: string) => string;
}

/** A secure parameter whose default says the secret. */
export interface ClearDefault {
  readonly parameter: string;
  readonly secret: unknown;
  /** Where the default stands in the definition. */
  readonly path: string;
}

/** The secret default at a place of the definition; null where there is none any more. */
export function clearDefault({ document, graph }: Draft, place: string): ClearDefault | null {
  const [parameters, parameter, member, ...further] = splitPointer(place.slice(graph.base.length));
  const value = at(document, place);
  if (!place.startsWith(graph.base) || parameters !== "parameters" || parameter === undefined || member !== "defaultValue" || further.length > 0 || !value) return null;
  return { parameter, secret: jsonOf(value), path: place.slice(graph.base.length) };
}

/** What the validator calls a key in an address (`runtime/language/validate/advice.py`). */
const IN_ADDRESS = /[?&](?:sig|code|api[-_]?key|access_token|subscription-key)=(?!@|\[)([^&@]{8,})/i;

/** The secret of an action at a place of the definition; null where the text has become another one meanwhile. */
export function clearSecret({ document }: Draft, { action, pointer }: Entry, place: string): ClearSecret | null {
  const text = stringOf(at(document, place));
  if (text === undefined || text === "" || !place.startsWith(`${pointer}/`)) return null;
  const path = place.slice(pointer.length);
  const member = path.slice(path.lastIndexOf("/") + 1);
  const name = `${action.name}_${member}`.replace(/[^\p{L}\p{N}_]/gu, "_");
  if (/^ur[il]$/i.test(member)) {
    const found = IN_ADDRESS.exec(text);
    const secret = found?.[1];
    if (!found || secret === undefined) return null;
    const start = found.index + found[0].length - secret.length;
    return { secret, name: `${action.name}_key`.replace(/[^\p{L}\p{N}_]/gu, "_"), path, reads: (expression) => `${text.slice(0, start)}@{${expression}}${text.slice(start + secret.length)}` };
  }
  if ((text.startsWith("@") && !text.startsWith("@@")) || text.includes("@{")) return null;
  return { secret: text.replace(/^@@/, "@"), name, path, reads: (expression) => `@${expression}` };
}
