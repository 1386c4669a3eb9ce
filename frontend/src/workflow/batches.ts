/** Edits on their way to the server, several at once. */
import type { Edit } from "./edits";
import type { Splice } from "./splices";

export interface SentEdit {
  readonly name: string;
  readonly arguments: unknown;
  readonly patch: readonly Splice[];
}

/** A batch ends before this many characters, or after one edit: the server takes 2 MB at once. */
const CHARACTERS = 600_000;

/** The first of what waits: at most so many, and never more than one request may hold. */
export function batchOf(waiting: readonly { readonly edit: Edit; readonly patch: readonly Splice[] }[], most: number): SentEdit[] {
  const edits: SentEdit[] = [];
  let room = CHARACTERS;
  for (const { edit, patch } of waiting.slice(0, most)) {
    const sent: SentEdit = { name: edit.name, arguments: edit.arguments, patch };
    room -= JSON.stringify(sent).length;
    if (edits.length > 0 && room < 0) break;
    edits.push(sent);
  }
  return edits;
}
