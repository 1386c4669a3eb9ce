import { type ReactNode, useState } from "react";
import { Button } from "./Button";
import { Dialog, DialogFooter } from "./Dialog";
import { TextField } from "./TextField";

export interface ConfirmDialogProps {
  readonly open: boolean;
  readonly title: string;
  /** What will happen, in a sentence. */
  readonly children: ReactNode;
  readonly confirmLabel: string;
  readonly danger?: boolean | undefined;
  /** The person must type this text before the button works. */
  readonly typeToConfirm?: string | undefined;
  readonly busy?: boolean | undefined;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <Dialog open={props.open} title={props.title} onClose={props.onClose} width={440}>
      <ConfirmBody {...props} />
    </Dialog>
  );
}

function ConfirmBody({ children, confirmLabel, danger, typeToConfirm, busy, onConfirm, onClose }: ConfirmDialogProps) {
  const [typed, setTyped] = useState("");
  const ready = typeToConfirm === undefined || typed.trim() === typeToConfirm;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) onConfirm();
      }}
    >
      <div>{children}</div>
      {typeToConfirm !== undefined && (
        <TextField
          mt={16}
          label={
            <>
              Type <strong>{typeToConfirm}</strong> to confirm
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
      )}
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant={danger ? "danger" : "primary"} disabled={!ready} busy={busy}>
          {confirmLabel}
        </Button>
      </DialogFooter>
    </form>
  );
}
