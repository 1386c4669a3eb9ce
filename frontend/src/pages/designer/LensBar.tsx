import { IconChevronDown, IconChevronLeft, IconChevronRight, IconClipboardText, IconDatabaseOff, IconHistory, IconPin, IconSparkles } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useId, useRef, useState } from "react";
import { Button } from "../../ui/Button";
import { CodeField } from "../../ui/CodeField";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { IconButton } from "../../ui/IconButton";
import { Menu, MenuDivider, MenuItem, MenuLabel } from "../../ui/Menu";
import { StatusPill } from "../../ui/StatusPill";
import { Time } from "../../ui/Time";
import { titleOf } from "../../workflow/edits";
import type { Lens, LensSearch } from "./lens";
import styles from "./side.module.css";

interface LensBarProps {
  readonly lens: Lens;
  /** Open the choice at once. */
  readonly wanted: boolean;
  readonly onOpened: () => void;
  readonly onLens: (change: LensSearch) => void;
  readonly onSample: (sample: string) => void;
}

/** Which run, turn or sample the values below the fields come from. */
export function LensBar({ lens, wanted, onOpened, onLens, onSample }: LensBarProps) {
  const id = useId();
  const [pasting, setPasting] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const open = useEffectEvent(() => {
    // Not focused first: the focus goes back to where it was, the canvas, once a run is chosen.
    button.current?.click();
    onOpened();
  });
  useEffect(() => {
    if (wanted) open();
  }, [wanted]);
  const turn = (index: number, next: number): void => onLens({ iter: lens.turns.map((one, place) => (place === index ? next : one.turn)).join("-") });
  return (
    <div className={styles.lens}>
      <span id={`${id}-label`} className={styles.lensLabel}>
        Values from
      </span>
      <Menu
        position="bottom-start"
        width={360}
        target={
          <button ref={button} type="button" className={styles.lensButton} aria-describedby={`${id}-label`}>
            <Words lens={lens} />
            <IconChevronDown size={14} aria-hidden />
          </button>
        }
      >
        <MenuItem icon={<IconSparkles size={16} />} onClick={() => onLens({ lens: undefined })}>
          The newest run that succeeded
        </MenuItem>
        <MenuItem icon={<IconClipboardText size={16} />} onClick={() => setPasting(true)}>
          {lens.sample === "" ? "Paste a sample…" : "A sample…"}
        </MenuItem>
        {lens.pinned && (
          <MenuItem icon={<IconPin size={16} />} onClick={() => onLens({ lens: "pins", iter: undefined })}>
            What is pinned
          </MenuItem>
        )}
        <MenuItem icon={<IconDatabaseOff size={16} />} onClick={() => onLens({ lens: "none" })}>
          Show no values
        </MenuItem>
        {lens.runs.length > 0 && (
          <>
            <MenuDivider />
            <MenuLabel>Runs</MenuLabel>
            {lens.runs.slice(0, 12).map((run) => (
              <MenuItem key={run.id} icon={<IconHistory size={16} />} trailing={<StatusPill status={run.status} />} onClick={() => onLens({ lens: run.id, iter: undefined })}>
                <Time iso={run.startedAt} /> <span className={styles.lensVersion}>{run.upTo !== null ? `up to ${titleOf(run.upTo)}` : run.version === null ? "draft" : `v${String(run.version)}`}</span>
              </MenuItem>
            ))}
          </>
        )}
      </Menu>
      {lens.kind === "run" &&
        lens.turns.map((one, index) => (
          <span key={one.loop} className={styles.turn} role="group" aria-label={`Turn of ${titleOf(one.loop)}`}>
            <IconButton size="small" label="Previous turn" icon={<IconChevronLeft size={14} />} disabled={one.turn === 0} onClick={() => turn(index, one.turn - 1)} />
            <span>{`turn ${String(one.turn + 1)}${one.of === null ? "" : ` of ${String(one.of)}`}`}</span>
            <IconButton size="small" label="Next turn" icon={<IconChevronRight size={14} />} disabled={one.of !== null && one.turn + 1 >= one.of} onClick={() => turn(index, one.turn + 1)} />
          </span>
        ))}
      {pasting && (
        <SampleDialog
          sample={lens.sample}
          onClose={() => setPasting(false)}
          onUse={(sample) => {
            onSample(sample);
            onLens({ lens: "sample", iter: undefined });
            setPasting(false);
          }}
        />
      )}
    </div>
  );
}

function Words({ lens }: { readonly lens: Lens }) {
  if (lens.kind === "sample") return <span>a sample</span>;
  if (lens.kind === "pins") return <span>what is pinned</span>;
  if (lens.kind === "none") return <span>{lens.runs.length === 0 ? "nowhere yet" : "nowhere"}</span>;
  if (!lens.run) return <span>a run</span>;
  return (
    <>
      <StatusPill status={lens.run.status} compact />
      <span>
        {lens.chosen ? "run of " : "newest run, "}
        <Time iso={lens.run.startedAt} />
      </span>
    </>
  );
}

interface SampleDialogProps {
  readonly sample: string;
  readonly onUse: (sample: string) => void;
  readonly onClose: () => void;
}

function SampleDialog({ sample, onUse, onClose }: SampleDialogProps) {
  const [text, setText] = useState(sample === "" ? "{\n  \n}" : sample);
  const wrong = problemOf(text);
  return (
    <Dialog open title="A sample of what arrives" width={560} onClose={onClose}>
      <p className={styles.note}>Paste the body that reaches the trigger. Values in the panel are computed from it; it stays in this browser tab.</p>
      <CodeField value={text} label="Sample body" autoFocus onChange={setText} />
      {wrong !== "" && <p className={styles.wrong}>{wrong}</p>}
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" disabled={wrong !== ""} onClick={() => onUse(text)}>
          Use this sample
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function problemOf(text: string): string {
  try {
    JSON.parse(text);
    return "";
  } catch {
    return "This is not JSON yet.";
  }
}
