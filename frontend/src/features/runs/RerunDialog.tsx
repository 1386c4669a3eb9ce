import { IconAlertTriangle, IconCopyCheck, IconPlayerTrackNext } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import { rerunOutlookQuery, useRunCommands } from "../../api/runs";
import type { RunDetail } from "../../api/types";
import { versionsQuery } from "../../api/workflows";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { EditedCode } from "../../ui/EditedCode";
import { Select } from "../../ui/Select";
import { SkeletonLines } from "../../ui/Skeletons";
import { parse } from "../../workflow/document";
import { actionTitle, parseTurns } from "./nesting";
import styles from "./RerunDialog.module.css";

export interface RerunDialogProps {
  readonly tenant: string;
  readonly run: RunDetail;
  readonly action: string;
  /** The turns of the loops around it, "3-0"; empty outside of loops. */
  readonly repetition: string;
  /** The inputs as they were, to be corrected; null where they cannot be given by hand, with the reason. */
  readonly inputs: string | null;
  readonly why: string;
  readonly onStarted: (run: string) => void;
  readonly onClose: () => void;
}

const SAME = "same";

/** Runs again from one action, with its inputs as they were or corrected, on this version or another. */
export default function RerunDialog({ tenant, run, action, repetition, inputs, why, onStarted, onClose }: RerunDialogProps) {
  const [text, setText] = useState(inputs ?? "");
  const [broken, setBroken] = useState<string | null>(null);
  const [version, setVersion] = useState(SAME);
  const { rerun } = useRunCommands(tenant);
  const wanted = { id: run.id, action, repetition: repetition === "" ? undefined : repetition, version: version === SAME ? undefined : Number(version) };
  const outlook = useQuery(rerunOutlookQuery(tenant, wanted));
  const refused = outlook.error ? asProblem(outlook.error).message : null;
  const problem = broken ?? (rerun.error ? asProblem(rerun.error).message : refused);
  const edited = inputs !== null && text !== inputs;
  const start = (): void => {
    try {
      if (edited) parse(text);
    } catch (error) {
      setBroken(`The inputs are not JSON: ${error instanceof Error ? error.message : ""}`);
      return;
    }
    setBroken(null);
    rerun.mutate({ ...wanted, inputs: edited ? text : null }, { onSuccess: ({ runId }) => onStarted(runId) });
  };
  const turn = parseTurns(repetition);
  return (
    <Dialog open title={`Run again from ${actionTitle(action)}${turn.length === 0 ? "" : `, ${turnWords(turn)}`}`} width={660} onClose={onClose}>
      <div className={styles.form}>
        {problem !== null && (
          <Banner tone="error" live>
            {problem}
          </Banner>
        )}
        <Versions tenant={tenant} run={run} value={version} onChange={setVersion} />
        {outlook.isPending ? <SkeletonLines lines={2} /> : outlook.data && refused === null && <Outlook {...outlook.data} inTurn={turn.length > 0} />}
        {inputs === null ? (
          <p className="mr-note">{why}</p>
        ) : (
          <EditedCode
            label="Inputs" value={text} onChange={setText} mark={edited && "corrected"}
            help={edited ? "Sent to the letter: nothing in it is an expression." : version === SAME ? "As they were in that run." : `As they were in that run. Left as they are, version ${version} works them out anew.`}
          />
        )}
      </div>
      <DialogFooter start={edited && <Button variant="quiet" onClick={() => setText(inputs)}>As they were</Button>}>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={rerun.isPending} disabled={refused !== null} onClick={start}>
          {edited ? "Run with corrected inputs" : "Run again"}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

/** "turn 4", "turn 4 / 1": people count from one. */
const turnWords = (turns: readonly number[]): string => `turn ${turns.map((turn) => String(turn + 1)).join(" / ")}`;

interface VersionsProps {
  readonly tenant: string;
  readonly run: RunDetail;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The version to go on with: the one that ran, or a published one. */
function Versions({ tenant, run, value, onChange }: VersionsProps) {
  const versions = useInfiniteQuery(versionsQuery(tenant, run.workflow.id));
  const others = (versions.data?.pages ?? []).flatMap((page) => page.items).filter((one) => one.number !== run.version);
  if (others.length === 0) return null;
  const newest = others[0]?.number ?? 0;
  const data = [
    { value: SAME, label: run.version === null ? "The draft as it ran" : `Version ${String(run.version)}, which ran` },
    ...others.map((one) => ({ value: String(one.number), label: `Version ${String(one.number)}${one.number === newest && newest > (run.version ?? 0) ? ", the newest" : ""}${one.comment === "" ? "" : ` · ${one.comment}`}` })),
  ];
  return <Select label="Go on with" value={value} data={data} onChange={(next) => onChange(next ?? SAME)} />;
}

const MOST = 6;

function Outlook({ again, taken, notes, inTurn }: { readonly again: readonly string[]; readonly taken: number; readonly notes: readonly string[]; readonly inTurn: boolean }) {
  const names = again.slice(0, MOST).map(actionTitle).join(", ") + (again.length > MOST ? ` and ${String(again.length - MOST)} more` : "");
  return (
    <ul className={styles.outlook} aria-label="What will happen">
      {again.length > 0 && (
        <li>
          <IconPlayerTrackNext size={16} aria-hidden />
          <span>
            Happens again{inTurn && " in this turn"}: <strong>{names}</strong>, and whatever had not come to its end.
          </span>
        </li>
      )}
      <li>
        <IconCopyCheck size={16} aria-hidden />
        <span>{taken === 0 ? "No result of the old run is taken over." : `${taken === 1 ? "The results of 1 action are" : `The results of ${String(taken)} actions are`} taken over; nothing of ${taken === 1 ? "it" : "them"} is done twice${inTurn ? ", and the other turns stay as they are" : ""}.`}</span>
      </li>
      {notes.map((note) => (
        <li key={note} data-note>
          <IconAlertTriangle size={16} aria-hidden />
          <span>{note}</span>
        </li>
      ))}
    </ul>
  );
}
