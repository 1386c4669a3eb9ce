import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { loadDraft, type DraftAnswer } from "../../api/drafts";
import { asProblem } from "../../api/problem";
import { sessionQuery } from "../../api/session";
import { DraftContext, DraftStore } from "../../document";
import { Button, LinkButton } from "../../ui/Button";
import { CodeField } from "../../ui/CodeField";
import { CopyButton } from "../../ui/CopyButton";
import { Failure } from "../../ui/Failure";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Designer } from "./Designer";
import { DesignerSkeleton } from "./DesignerSkeleton";
import { holders } from "./holders";
import { Keeping } from "./keeping";
import { httpTransport, newId, unsentPlace } from "./transport";
import styles from "./designer.module.css";

export type DesignerView = "canvas" | "code" | "split";

export interface DesignerSearch {
  readonly view?: DesignerView | undefined;
  readonly node?: string | undefined;
  readonly tab?: string | undefined;
  /** The run whose values the panel shows, `sample` or `none`; and the turns of the loops around the action. */
  readonly lens?: string | undefined;
  readonly iter?: string | undefined;
}

export interface DesignerPageProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly search: DesignerSearch;
  readonly onSearch: (change: DesignerSearch) => void;
  readonly onRun: (run: string) => void;
}

/** Loads the draft and keeps it while the page is open. */
export function DesignerPage(props: DesignerPageProps) {
  const { tenant, workflowId } = props;
  const query = useQuery({ queryKey: ["draft", tenant, workflowId], queryFn: () => loadDraft(tenant, workflowId), staleTime: Number.POSITIVE_INFINITY, gcTime: 0, refetchOnWindowFocus: false, retry: 1 });
  if (query.data) return <LoadedDesigner {...props} loaded={query.data} />;
  if (query.isError) {
    return (
      <div className={styles.message}>
        <h1 className="mr-visually-hidden">Designer</h1>
        <Failure
          error={asProblem(query.error)}
          onRetry={() => void query.refetch()}
          wayOut={
            <LinkButton size="small" to="/t/$tenant/workflows" params={{ tenant }}>
              All workflows
            </LinkButton>
          }
        />
      </div>
    );
  }
  return <DesignerSkeleton />;
}

const LATE = "Another tab was closed before its changes were saved; they are here now.";

interface Opened {
  readonly store: DraftStore | null;
  readonly keeping: Keeping;
  /** The text is no JSON: only code can help. */
  readonly problem: string;
}

function open(tenant: string, workflowId: string, person: string, loaded: DraftAnswer): Opened {
  const keeping = new Keeping(unsentPlace(tenant, workflowId), person, newId(), localStorage, holders());
  try {
    return { store: new DraftStore({ text: loaded.text, revision: loaded.revision }, httpTransport(tenant, workflowId, keeping)), keeping, problem: "" };
  } catch (error) {
    return { store: null, keeping, problem: error instanceof Error ? error.message : "The definition cannot be read." };
  }
}

function LoadedDesigner({ loaded, ...props }: DesignerPageProps & { readonly loaded: DraftAnswer }) {
  const person = useQuery(sessionQuery).data?.user?.id ?? "";
  const [deleted, setDeleted] = useState(false);
  const [{ store, keeping, problem }] = useState(() => open(props.tenant, props.workflowId, person, loaded));
  useEffect(() => {
    if (!store) return undefined;
    const stay = (event: BeforeUnloadEvent): void => {
      if (store.unkept) event.preventDefault();
    };
    window.addEventListener("beforeunload", stay);
    store.open();
    keeping.open((left, settled, late) => store.resume(left, settled, late ? LATE : null));
    return () => {
      window.removeEventListener("beforeunload", stay);
      store.close();
      keeping.close();
    };
  }, [store, keeping]);
  if (!store) return <Unreadable text={loaded.text} problem={problem} />;
  if (deleted) return <Deleted tenant={props.tenant} text={store.state.draft.document.text} />;
  return (
    <DraftContext value={store}>
      <Designer {...props} person={person} loaded={loaded} onDeleted={() => setDeleted(true)} />
    </DraftContext>
  );
}

/** Deleted while it was open here: what was on screen can still be taken along. */
function Deleted({ tenant, text }: { readonly tenant: string; readonly text: string }) {
  return (
    <div className={styles.message}>
      <ErrorPanel error={{ title: "This workflow was deleted", detail: "Somebody deleted it while it was open here, so nothing can be saved any more. Its definition, as it stood on your screen, can be copied and imported as a new workflow." }}>
        <CopyButton text value={text} label="Copy the definition" />
        <LinkButton size="small" to="/t/$tenant/workflows" params={{ tenant }}>
          All workflows
        </LinkButton>
      </ErrorPanel>
      <CodeField value={text} label="Definition" readOnly />
    </div>
  );
}

/** A draft that is no JSON (imported so): shown, not edited here. */
function Unreadable({ text, problem }: { readonly text: string; readonly problem: string }) {
  return (
    <div className={styles.message}>
      <ErrorPanel error={{ title: "This definition cannot be read", detail: `${problem} Export it, correct the text and import it again, or restore a version.` }}>
        <Button onClick={() => window.location.reload()}>Load again</Button>
      </ErrorPanel>
      <CodeField value={text} label="Definition" readOnly />
    </div>
  );
}
