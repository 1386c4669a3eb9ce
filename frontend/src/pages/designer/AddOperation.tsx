import { IconClipboard, IconGitBranch } from "@tabler/icons-react";
import { useMemo } from "react";
import { OperationBrowser } from "../../features/operations/OperationBrowser";
import type { Pasted } from "../../features/operations/search";
import { IconButton } from "../../ui/IconButton";
import type { Catalogue, OperationEntry } from "../../workflow/catalogue";
import type { Place } from "../../workflow/layout";
import type { Adding, Connections } from "./adding";

interface AddOperationProps {
  readonly adding: Adding;
  /** The workflow has no trigger yet. */
  readonly first: boolean;
  readonly catalogue: Catalogue | null;
  readonly used: ReadonlySet<string>;
  readonly connections: Connections;
  readonly bounds: () => DOMRect | null;
  readonly onChoose: (operation: OperationEntry, place: Place | null) => Promise<void>;
  readonly onPasted: (pasted: Pasted, place: Place | null) => void;
  readonly onPaste: (place: Place) => void;
  readonly onChange: (adding: Adding) => void;
  readonly onClose: () => void;
}

/** The operation browser at the place where something is added. */
export function AddOperation({ adding, first, catalogue, used, connections, bounds, onChoose, onPasted, onPaste, onChange, onClose }: AddOperationProps) {
  const connected = useMemo(() => new Set(connections.map((one) => one.connector)), [connections]);
  const { place } = adding;
  const between = place !== null && place.after.length > 0 && place.before.length > 0;
  return (
    <OperationBrowser
      operations={catalogue?.operations ?? null}
      kind={adding.kind === "trigger" || (adding.kind === "next" && first) ? "trigger" : "action"}
      used={used}
      connected={connected}
      anchor={adding.anchor}
      bounds={bounds()}
      extras={
        adding.kind === "action" && place !== null ? (
          <>
            {between && <IconButton size="small" label={adding.parallel ? "Add it in line" : "Add it as a parallel branch"} aria-pressed={adding.parallel ?? false} icon={<IconGitBranch size={17} />} onClick={() => onChange({ ...adding, parallel: !adding.parallel })} />}
            <IconButton size="small" label="Paste here" icon={<IconClipboard size={17} />} onClick={() => { onClose(); onPaste(placeOf(adding) ?? place); }} />
          </>
        ) : undefined
      }
      onChoose={(operation) => {
        onClose();
        void onChoose(operation, placeOf(adding));
      }}
      onPasted={(pasted) => {
        onClose();
        onPasted(pasted, placeOf(adding));
      }}
      onClose={onClose}
    />
  );
}

function placeOf(adding: Adding): Place | null {
  return adding.place && adding.parallel ? { ...adding.place, before: [] } : adding.place;
}
