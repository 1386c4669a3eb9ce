import { IconFileCheck, IconFileX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem, type Problem } from "../../api/problem";
import type { ImportedWorkflow } from "../../api/types";
import { useWorkflowCommands } from "../../api/workflows";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { DropZone } from "../../ui/DropZone";
import { Spinner } from "../../ui/Spinner";
import { TextArea } from "../../ui/TextArea";
import styles from "./WorkflowTable.module.css";

interface ImportDialogProps {
  readonly tenant: string;
  readonly onClose: () => void;
}

type Entry =
  | { readonly kind: "busy"; readonly file: string }
  | { readonly kind: "failed"; readonly file: string; readonly problem: Problem }
  | { readonly kind: "done"; readonly file: string; readonly workflow: ImportedWorkflow };

/** Files in, one report per workflow out: what came over, and what needs a look. */
export function ImportDialog({ tenant, onClose }: ImportDialogProps) {
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [pasted, setPasted] = useState("");
  const { importFile, importUrl } = useWorkflowCommands(tenant);
  const bring = async (name: string, work: () => Promise<{ readonly workflows: readonly ImportedWorkflow[] }>): Promise<boolean> => {
    const busy: Entry = { kind: "busy", file: name };
    setEntries((before) => [...before, busy]);
    let results: Entry[];
    try {
      const answer = await work();
      results = answer.workflows.map((workflow) => ({ kind: "done", file: name, workflow }));
    } catch (error) {
      results = [{ kind: "failed", file: name, problem: asProblem(error) }];
    }
    setEntries((before) => before.flatMap((entry) => (entry === busy ? results : [entry])));
    return results.every((entry) => entry.kind === "done");
  };
  const take = async (files: readonly File[]) => {
    for (const file of files) await bring(file.name, async () => importFile.mutateAsync(await readFile(file)));
  };
  const takeText = async () => {
    const text = pasted.trim();
    if (text === "") return;
    const done = await (/^https?:\/\/\S+$/i.test(text) ? bring(text, () => importUrl.mutateAsync(text)) : bring(/^\W*curl/i.test(text) ? "The curl command" : "The pasted text", async () => importFile.mutateAsync(await fileOfText(text))));
    if (done) setPasted("");
  };
  return (
    <Dialog open title="Import workflows" onClose={onClose} width={600}>
      <DropZone
        title="Drop files here, or choose them"
        text="Logic Apps definitions, ARM templates, Standard projects and Power Automate packages (.json, .zip)"
        accept=".json,.zip"
        multiple
        onFiles={(files) => void take(files)}
      />
      <form
        className={styles.pasted}
        onSubmit={(event) => {
          event.preventDefault();
          void takeText();
        }}
      >
        <TextArea
          label="Or paste a definition, a curl command or an address" mono minRows={2} maxRows={8} spellCheck={false} value={pasted} onChange={(event) => setPasted(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void takeText();
          }}
        />
        <Button type="submit" disabled={pasted.trim() === ""}>
          Import it
        </Button>
      </form>
      {entries.length > 0 && (
        <div className={styles.report} aria-live="polite" style={{ marginTop: 16 }}>
          {entries.map((entry, index) => (
            <ReportItem key={index} tenant={tenant} entry={entry} />
          ))}
        </div>
      )}
      <DialogFooter>
        <Button onClick={onClose}>{entries.some((entry) => entry.kind === "done") ? "Done" : "Cancel"}</Button>
      </DialogFooter>
    </Dialog>
  );
}

function ReportItem({ tenant, entry }: { readonly tenant: string; readonly entry: Entry }) {
  if (entry.kind === "busy") {
    return (
      <div className={`${styles.reportItem} ${styles.reportHead}`}>
        <Spinner label={`Importing ${entry.file}`} /> <strong>{entry.file}</strong>
      </div>
    );
  }
  if (entry.kind === "failed") {
    return (
      <div className={styles.reportItem}>
        <div className={styles.reportHead}>
          <IconFileX size={18} color="var(--mr-danger)" aria-hidden />
          <strong>{entry.file}</strong>
        </div>
        <p style={{ marginTop: 4 }}>{entry.problem.message}</p>
      </div>
    );
  }
  const { workflow } = entry;
  const lines = [...workflow.report, ...workflow.problems.map((problem) => problem.message)];
  return (
    <div className={styles.reportItem}>
      <div className={styles.reportHead}>
        <IconFileCheck size={18} color="var(--mr-succeeded-fg)" aria-hidden />
        <strong>{workflow.name}</strong>
        <Link to="/t/$tenant/w/$wf/design" params={{ tenant, wf: workflow.id }}>
          Open
        </Link>
      </div>
      {lines.length === 0 ? (
        <p className={styles.sub} style={{ marginTop: 4 }}>
          Everything came over.
        </p>
      ) : (
        <ul>
          {lines.map((line, index) => (
            <li key={index}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** What was pasted, as a file of the kind that the import reads. */
async function fileOfText(text: string): Promise<{ filename: string; content: string; encoding: "text" }> {
  const { curlDefinition, isCurl, readCurl } = await import("../../workflow/curl");
  if (!isCurl(text)) return { filename: "pasted.json", content: text, encoding: "text" };
  const action = readCurl(text);
  return { filename: `${action.name}.json`, content: curlDefinition(action), encoding: "text" };
}

async function readFile(file: File): Promise<{ filename: string; content: string; encoding: "text" | "base64" }> {
  if (!file.name.toLowerCase().endsWith(".zip")) return { filename: file.name, content: await file.text(), encoding: "text" };
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 32_768) binary += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return { filename: file.name, content: btoa(binary), encoding: "base64" };
}
