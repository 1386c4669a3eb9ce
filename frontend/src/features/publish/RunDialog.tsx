import { useState } from "react";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { CodeField } from "../../ui/CodeField";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { SegmentedControl } from "../../ui/SegmentedControl";
import styles from "./publish.module.css";

export interface RunDialogProps {
  readonly open: boolean;
  readonly sample: string;
  readonly published: boolean;
  readonly onRun: (payload: unknown, version: "draft" | "published") => Promise<string | null>;
  readonly onClose: () => void;
}

/** Starts a run by hand with a body of one's own. */
export function RunDialog({ open, sample, published, onRun, onClose }: RunDialogProps) {
  const [text, setText] = useState(sample);
  const [version, setVersion] = useState<"draft" | "published">("draft");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (): Promise<void> => {
    let payload: unknown = null;
    try {
      payload = text.trim() === "" ? null : JSON.parse(text);
    } catch (error) {
      setProblem(`The body is not JSON: ${error instanceof Error ? error.message : ""}`);
      return;
    }
    setBusy(true);
    setProblem(await onRun(payload, version));
    setBusy(false);
  };
  return (
    <Dialog open={open} title="Run with a body" width={560} onClose={onClose}>
      <div className={styles.parts}>
        {problem !== null && <Banner tone="error">{problem}</Banner>}
        {published && <SegmentedControl value={version} data={[{ value: "draft", label: "The draft" }, { value: "published", label: "The published version" }]} onChange={(next) => setVersion(next === "published" ? "published" : "draft")} />}
        <div>
          <div className={styles.fieldLabel}>Body (JSON)</div>
          <CodeField value={text} label="Body" autoFocus onChange={setText} />
        </div>
      </div>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={busy} onClick={() => void run()}>
          Run
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
