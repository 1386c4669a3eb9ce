import "@mantine/core/styles/Modal.layer.css";
import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { useFocusGivenBack } from "./useFocusGivenBack";
import styles from "./Dialog.module.css";

export interface DialogProps {
  readonly open: boolean;
  readonly title: ReactNode;
  readonly onClose: () => void;
  /** Width in px; the dialog never exceeds the window. */
  readonly width?: number | undefined;
  /** False where leaving by Esc or a click outside would lose something (session expiry). */
  readonly dismissable?: boolean | undefined;
  /** Above every other dialog. */
  readonly topmost?: boolean | undefined;
  readonly children: ReactNode;
}

/** Modal dialog: traps focus, gives it back to the opener, Esc closes. */
export function Dialog({ open, title, onClose, width = 480, dismissable = true, topmost = false, children }: DialogProps) {
  useFocusGivenBack(open);
  return (
    <Modal
      opened={open}
      onClose={onClose}
      title={title}
      size={width}
      centered
      zIndex={topmost ? 500 : 200}
      padding={0}
      withCloseButton={dismissable}
      closeOnEscape={dismissable}
      closeOnClickOutside={dismissable}
      closeButtonProps={{ "aria-label": "Close" }}
      overlayProps={{ backgroundOpacity: 1 }}
      classNames={{
        content: styles.content ?? "",
        header: styles.header ?? "",
        title: styles.title ?? "",
        close: styles.close ?? "",
        body: styles.body ?? "",
        overlay: styles.overlay ?? "",
      }}
    >
      {children}
    </Modal>
  );
}

/** The row of buttons at a dialog's end; `start` is pushed to the left. */
export function DialogFooter({ start, children }: { readonly start?: ReactNode; readonly children: ReactNode }) {
  return (
    <div className={styles.footer}>
      {start && <div className={styles.footerStart}>{start}</div>}
      {children}
    </div>
  );
}
