import { IconFlask, IconPlayerPlay } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef, useState, type ReactNode } from "react";
import { startTrial } from "../../api/previews";
import { asProblem } from "../../api/problem";
import { actionDetailQuery, runKeys, runQuery } from "../../api/runs";
import { useDraft } from "../../document";
import { readDetail } from "../../features/runs/actionDetail";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Spinner } from "../../ui/Spinner";
import { titleOf } from "../../workflow/edits";
import type { Lens } from "./lens";
import { Detail } from "./OutputTab";
import type { PinnedResult } from "./pinning";
import { noteStarted } from "./startedRuns";
import styles from "./side.module.css";

interface TestTabProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly name: string;
  readonly lens: Lens;
  readonly mayRun: boolean;
  /** The button that is to have the focus. */
  readonly wanted: "test" | "run-up-to" | null;
  readonly onReady: () => void;
  readonly onPin: ((result: PinnedResult) => void) | null;
  readonly onRun: (run: string) => void;
  /** The pin of this action. */
  readonly children: ReactNode;
}

/** Tries the draft as far as this action, and shows what it gave. */
export function TestTab({ tenant, workflowId, name, lens, mayRun, wanted, onReady, onPin, onRun, children }: TestTabProps) {
  const queries = useQueryClient();
  const [run, setRun] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: (alone: boolean) => {
      const payload = lens.kind === "sample" ? { payload: { value: readSample(lens.sample) } } : {};
      return startTrial(tenant, workflowId, { upTo: name, alone, ...(lens.runId === null ? {} : { answers: lens.runId }), ...payload });
    },
    onSuccess: (answer, alone) => {
      noteStarted(workflowId, answer.runId, `${alone ? "Test of" : "Up to"} ${titleOf(name)}`);
      setRun(answer.runId);
      void queries.invalidateQueries({ queryKey: runKeys.lists(tenant) });
    },
  });
  // The draft has edits the server has not stored yet: a test would miss them.
  const saving = useDraft((state) => state.waiting > 0);
  // Pressed before the newest run is known, a test would say that there is none.
  const busy = start.isPending || saving || lens.loading;
  const testButton = useRef<HTMLButtonElement>(null);
  const runButton = useRef<HTMLButtonElement>(null);
  useFocusWanted(wanted === null ? null : wanted === "test" ? testButton : runButton, !busy && mayRun, onReady);
  return (
    <div className={styles.test}>
      <div className={styles.choices}>
        <Button ref={testButton} variant="primary" icon={<IconFlask size={16} />} disabled={!mayRun || busy} onClick={() => start.mutate(true)}>
          Test this action
        </Button>
        <Button ref={runButton} icon={<IconPlayerPlay size={16} />} disabled={!mayRun || busy} onClick={() => start.mutate(false)}>
          Run up to here
        </Button>
      </div>
      <p className={styles.note}>
        {`A test really calls what “${titleOf(name)}” calls; everything before it answers as ${lens.runId === null ? "pinned" : "in the run chosen above, or as pinned"}. “Run up to here” calls everything before it as well, except what is pinned.`}
      </p>
      {!mayRun && <Banner tone="info">You may not start runs here. An owner, admin, editor or operator may.</Banner>}
      {start.error && <Banner tone="error">{asProblem(start.error).detail || asProblem(start.error).title}</Banner>}
      {run !== null && <Outcome key={run} tenant={tenant} run={run} name={name} depth={lens.turns.length} onPin={onPin} onRun={onRun} />}
      {children}
    </div>
  );
}

/** Gives the button the focus, or its tab until it can be pressed: who went elsewhere meanwhile is not called back. */
function useFocusWanted(button: React.RefObject<HTMLButtonElement | null> | null, ready: boolean, onReady: () => void): void {
  const wait = useEffectEvent(() => document.getElementById("tab-test")?.focus());
  const focus = useEffectEvent(() => {
    if (document.activeElement?.id === "tab-test") button?.current?.focus();
    onReady();
  });
  const wanted = button !== null;
  useEffect(() => {
    if (wanted) wait();
  }, [wanted]);
  useEffect(() => {
    if (wanted && ready) focus();
  }, [wanted, ready]);
}

function readSample(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

interface OutcomeProps {
  readonly tenant: string;
  readonly run: string;
  readonly name: string;
  /** How many loops are around the action: its first turn is shown. */
  readonly depth: number;
  readonly onPin: TestTabProps["onPin"];
  readonly onRun: TestTabProps["onRun"];
}

function Outcome({ tenant, run, name, depth, onPin, onRun }: OutcomeProps) {
  const state = useQuery({ ...runQuery(tenant, run), refetchInterval: (query) => (query.state.data?.endedAt ? false : 700), retry: 3 });
  const ended = state.data?.endedAt ?? null;
  const own = state.data?.actions[name];
  const repetition = Array.from({ length: depth }, () => "0").join("-");
  const detail = useQuery({ ...actionDetailQuery(tenant, run, name, repetition, String(ended ?? own?.endedAt)), select: readDetail, enabled: ended !== null, retry: false });
  return (
    <section className={styles.outcomeBox} aria-label="What the test gave" aria-live="polite">
      {ended === null && (
        <div className={styles.going}>
          <Spinner /> Running…
        </div>
      )}
      {ended !== null && state.data?.error && detail.isError && <p className={styles.wrong}>{state.data.error.message}</p>}
      {ended !== null && detail.isError && !state.data?.error && <p className={styles.note}>The run ended without reaching this action.</p>}
      {detail.data && <Detail detail={detail.data} onPin={onPin} />}
      <Button size="small" variant="quiet" onClick={() => onRun(run)}>
        Open the whole run
      </Button>
    </section>
  );
}
