import { useEffect, useSyncExternalStore, type ComponentType, type FunctionComponent } from "react";
import { Button } from "./Button";
import { fetchPart, whyMissing, type Missing } from "./parts";
import { toast } from "./toasts";

/** A module that is fetched when it is first needed, or before; components use it as soon as it has arrived. */
export interface LateModule<Value> {
  /** Fetches the module once; after a failure the next call tries again. */
  readonly load: () => void;
  /** The module's value, or null until it has arrived. Asks for it while `wanted`. */
  readonly use: (wanted: boolean) => Value | null;
  /** Why the last attempt failed; null while none has, or one is under way. */
  readonly useFailed: () => Missing | null;
}

const SAID: Readonly<Record<Missing, { readonly text: string; readonly remedy: string }>> = {
  unreachable: { text: "This part of the page could not be loaded. Check the connection and try again.", remedy: "Try again" },
  outdated: { text: "A new version of Millrace is here, and this part of the page belongs to the old one. Reload the page.", remedy: "Reload" },
};

/**
 * Unlike `lazy`, nothing is suspended: the component that waits keeps what is on screen, and with it focus, caret and text,
 * and a module that cannot be fetched leaves a component that still works.
 */
export function lateModule<Value>(fetch: () => Promise<Value>, onFailure: (why: Missing) => void = () => undefined): LateModule<Value> {
  let value: Value | null = null;
  let coming = false;
  let failed: Missing | null = null;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const load = (): void => {
    if (value !== null || coming) return;
    coming = true;
    failed = null;
    tell();
    fetchPart(fetch).then(
      (arrived) => {
        value = arrived;
        tell();
      },
      async () => {
        const why = await whyMissing();
        coming = false;
        failed = why;
        tell();
        onFailure(why);
      },
    );
  };
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    load,
    use: (wanted) => {
      useEffect(() => {
        if (wanted) load();
      }, [wanted]);
      return useSyncExternalStore(subscribe, () => value);
    },
    useFailed: () => useSyncExternalStore(subscribe, () => failed),
  };
}

const remedy = (why: Missing, onRetry: () => void): (() => void) => (why === "outdated" ? () => location.reload() : onRetry);

/** Said in the place of what could not be fetched. */
export function LoadFailed({ why, onRetry }: { readonly why: Missing; readonly onRetry: () => void }) {
  return (
    <div role="alert" style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 12, padding: "8px 12px", color: "var(--mr-muted)", font: "400 13px/18px var(--mr-font)" }}>
      <span>{SAID[why].text}</span>
      <Button size="small" onClick={remedy(why, onRetry)}>
        {SAID[why].remedy}
      </Button>
    </div>
  );
}

/**
 * A component whose code is fetched when it is first drawn, or before (`preload`). Once it is there it is drawn at once: with
 * `lazy` even loaded code is drawn a moment later, and what somebody types in that moment would be lost. `Waiting` stands in
 * its place until then; without it (menus, dialogs) a failure is said in a corner of the page. Both offer to try again.
 */
export function later<Given extends object>(load: () => Promise<ComponentType<Given>>, Waiting?: ComponentType<Given>): FunctionComponent<Given> & { preload: () => void } {
  const code = lateModule(
    async () => ({ Component: await load() }),
    (why) => Waiting ?? toast.error(SAID[why].text, { action: { label: SAID[why].remedy, onClick: remedy(why, () => code.load()) } }),
  );
  const Later = (props: Given) => {
    const loaded = code.use(true);
    const failed = code.useFailed();
    if (loaded !== null) return <loaded.Component {...props} />;
    if (!Waiting) return null;
    return failed ? <LoadFailed why={failed} onRetry={code.load} /> : <Waiting {...props} />;
  };
  return Object.assign(Later, { preload: code.load });
}
