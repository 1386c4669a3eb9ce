import { useState } from "react";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { Select } from "../../ui/Select";
import type { Answers, OpenReference } from "../../workflow/remapping";
import { serviceTitle } from "../../workflow/services";
import styles from "./side.module.css";

interface PasteDoorProps {
  readonly open: readonly OpenReference[];
  readonly onPaste: (answers: Answers) => void;
  readonly onClose: () => void;
}

/** Which connections take the place of those that are not here. */
export function PasteDoor({ open, onPaste, onClose }: PasteDoorProps) {
  const [chosen, setChosen] = useState<Answers>(new Map());
  return (
    <Dialog open title="Connections of what you paste" width={520} onClose={onClose}>
      <p className={styles.note}>These connections are not here, and several could take their place. What you leave open stays a problem of the draft.</p>
      {open.map((one) => (
        <Select key={one.id} label={`${serviceTitle(one.service)}, in place of “${one.from}”`} placeholder="Choose later" value={chosen.get(one.id) ?? null} data={[...one.choices]}
          onChange={(name) => setChosen(new Map([...chosen, [one.id, name ?? ""]]))} />
      ))}
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" onClick={() => onPaste(new Map(open.map((one) => [one.id, chosen.get(one.id) ?? ""])))}>
          Paste
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
