import { loadDraft, sendEdits } from "../../api/drafts";
import { asProblem } from "../../api/problem";
import type { DraftEdits } from "../../api/drafts";
import type { Loaded, Sent, Stale, Transport } from "../../document";
import type { Keeping } from "./keeping";

/** Where a workflow's unsent edits wait; pages add an id of their own. */
export const unsentPlace = (tenant: string, workflow: string): string => `millrace:edits:${tenant}:${workflow}`;

/** The draft over HTTP. Silence and server trouble are "offline": the same batch goes again with the same id. */
export function httpTransport(tenant: string, workflow: string, keeping: Keeping): Transport {
  return {
    load: async (): Promise<Loaded> => {
      const { text, revision } = await loadDraft(tenant, workflow);
      return { text, revision };
    },
    send: async (batch): Promise<Sent> => {
      try {
        const { revision, sha256 } = await sendEdits(tenant, workflow, batch as unknown as DraftEdits);
        return { kind: "done", revision, sha256 };
      } catch (error) {
        const problem = asProblem(error);
        if (problem.status === 409 && Array.isArray(problem.document.missing)) return { kind: "stale", stale: problem.document as unknown as Stale };
        // Refused is what our server says of the edits; what a proxy says in its place, or an old token, says nothing about them.
        if (problem.code === "NoProblemDocument" || problem.code === "CsrfRefused") return { kind: "offline" };
        if (problem.status === 0 || problem.status >= 500 || problem.status === 429 || problem.status === 401) return { kind: "offline" };
        return { kind: "refused", message: problem.message };
      }
    },
    sha256: async (text) => {
      // Only secure pages have it; without it the next 409 would find a difference.
      const subtle = window.isSecureContext ? window.crypto.subtle : undefined;
      if (!subtle) return null;
      const digest = await subtle.digest("SHA-256", new TextEncoder().encode(text));
      return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    },
    newId,
    later: (milliseconds, work) => {
      // A long wait is for the network: it ends at once when the browser says that it is back.
      const go = (): void => {
        clearTimeout(timer);
        window.removeEventListener("online", go);
        work();
      };
      const timer = setTimeout(go, milliseconds);
      if (milliseconds >= 500) window.addEventListener("online", go);
    },
    remember: (unsent) => keeping.keep(unsent),
  };
}

export function newId(): string {
  if (window.isSecureContext) return window.crypto.randomUUID();
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;
}
