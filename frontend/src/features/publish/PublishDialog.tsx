import { IconAlertTriangle, IconCircleX } from "@tabler/icons-react";
import { useState } from "react";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { TextArea } from "../../ui/TextArea";
import { Avatar } from "../../ui/people";
import type { ChangeGroup } from "../../workflow/authors";
import styles from "./publish.module.css";

export interface PublishDialogProps {
  readonly open: boolean;
  /** The number the new version gets. */
  readonly next: number;
  readonly changes: readonly ChangeGroup[] | null;
  readonly errors: readonly { readonly message: string; readonly go: () => void }[];
  readonly warnings: number;
  readonly waiting: number;
  readonly onPublish: (comment: string) => Promise<string | null>;
  readonly onClose: () => void;
}

/** What changes, what stands in the way, a comment: then a new version. */
export function PublishDialog({ open, next, changes, errors, warnings, waiting, onPublish, onClose }: PublishDialogProps) {
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const publish = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    const refused = await onPublish(comment);
    setBusy(false);
    if (refused === null) {
      setComment("");
      onClose();
    } else setProblem(refused);
  };
  return (
    <Dialog open={open} title={`Publish version ${String(next)}`} width={560} onClose={onClose}>
      <div className={styles.parts}>
        {problem !== null && <Banner tone="error">{problem}</Banner>}
        {errors.length > 0 && (
          <div className={styles.errors}>
            <div className={styles.errorHead}>
              <IconCircleX size={16} aria-hidden />
              {errors.length === 1 ? "One problem has to be solved first" : `${String(errors.length)} problems have to be solved first`}
            </div>
            <ul>
              {errors.slice(0, 6).map((one, index) => (
                <li key={index}>
                  <button
                    type="button"
                    onClick={() => {
                      onClose();
                      one.go();
                    }}
                  >
                    {one.message}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        )}
        {errors.length === 0 && warnings > 0 && (
          <div className={styles.warning}>
            <IconAlertTriangle size={16} aria-hidden /> {warnings === 1 ? "One warning" : `${String(warnings)} warnings`}; publishing is possible.
          </div>
        )}
        <section>
          <h3>Changes</h3>
          <Changes changes={changes} />
        </section>
        <TextArea label="Comment" placeholder="What this version is for" value={comment} autosize minRows={2} maxLength={500} onChange={(event) => setComment(event.currentTarget.value)} />
      </div>
      <DialogFooter start={waiting > 0 ? <span className={styles.waiting}>Saving {waiting === 1 ? "a change" : `${String(waiting)} changes`}…</span> : null}>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={busy} disabled={errors.length > 0 || waiting > 0} onClick={() => void publish()}>
          Publish
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function Changes({ changes }: { readonly changes: readonly ChangeGroup[] | null }) {
  if (changes === null) return <p className={styles.muted}>Looking at the changes…</p>;
  if (changes.every((group) => group.changes.length === 0)) return <p className={styles.muted}>Nothing changed since the version that is published now.</p>;
  return (
    <div className={styles.changes}>
      {changes.map((group) => (
        <div key={group.author}>
          {group.author !== "" && (
            <div className={styles.author}>
              {group.author.split(" and ").map((name) => <Avatar key={name} person={{ key: name, name }} />)}
              {group.author}
            </div>
          )}
          <ul>
            {group.changes.map((change, index) => (
              <li key={index}>{change}</li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}
