/** What can be compared: the draft, a published version by its number, the draft as it was after a revision ("r12"). */
import { useQuery } from "@tanstack/react-query";
import { draftQuery, pastDraftQuery } from "../../api/drafts";
import { versionQuery } from "../../api/workflows";
import type { PastEdits } from "../../workflow/past";

export const DRAFT = "draft";

export const pastId = (revision: number): string => `r${String(revision)}`;

/** The revision of a past draft; null for anything else. */
export const revisionOf = (id: string): number | null => (/^r[1-9][0-9]{0,15}$/.test(id) ? Number(id.slice(1)) : null);

const clock = (iso: string): string => new Date(iso).toLocaleString(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** "Draft of 3 Jan, 09:12:40" where it is known when that was. */
export function momentTitle(id: string, steps: readonly PastEdits[]): string {
  if (id === DRAFT) return "Draft";
  const revision = revisionOf(id);
  if (revision === null) return `Version ${id}`;
  const step = steps.find((each) => each.revision === revision);
  if (step) return `Draft of ${clock(step.at)}`;
  return revision === 1 ? "Draft as it was made" : `Draft, revision ${String(revision)}`;
}

/** The same within a sentence. */
export function momentName(id: string, steps: readonly PastEdits[]): string {
  const title = momentTitle(id, steps);
  return title.startsWith("Draft") ? `the d${title.slice(1)}` : `v${title.slice(1)}`;
}

export function useMomentText(tenant: string, wf: string, id: string): { readonly text: string | undefined; readonly error: Error | null } {
  const revision = revisionOf(id);
  const draft = useQuery({ ...draftQuery(tenant, wf), enabled: id === DRAFT });
  const past = useQuery({ ...pastDraftQuery(tenant, wf, revision ?? 0), enabled: revision !== null, retry: false });
  const version = useQuery({ ...versionQuery(tenant, wf, Number(id) || 0), enabled: id !== DRAFT && revision === null });
  const query = id === DRAFT ? draft : revision === null ? version : past;
  return { text: query.data?.text, error: query.error };
}
