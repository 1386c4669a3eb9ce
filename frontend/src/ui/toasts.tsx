import { notifications } from "@mantine/notifications";
import { IconAlertCircle, IconCheck, IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Button } from "./Button";
import styles from "./toasts.module.css";

const icons = {
  success: <IconCheck size={16} />,
  info: <IconInfoCircle size={16} />,
  error: <IconAlertCircle size={16} />,
};

export interface ToastOptions {
  readonly title?: string | undefined;
  /** One remedy ("Restore action"). */
  readonly action?: { readonly label: string; readonly onClick: () => void } | undefined;
}

/** Says something without taking the focus. Errors stay until closed, the others for six seconds. */
function show(tone: keyof typeof icons, message: ReactNode, options: ToastOptions = {}): string {
  const id = notifications.show({
    ...(options.title === undefined ? {} : { title: options.title }),
    message: (
      <>
        {message}
        {options.action && (
          <div className={styles.action}>
            <Button
              size="small"
              onClick={() => {
                options.action?.onClick();
                notifications.hide(id);
              }}
            >
              {options.action.label}
            </Button>
          </div>
        )}
      </>
    ),
    icon: icons[tone],
    autoClose: tone === "error" ? false : 6000,
    role: tone === "error" ? "alert" : "status",
    closeButtonProps: { "aria-label": "Dismiss" },
    classNames: {
      root: `${styles.toast} ${styles[tone]}`,
      icon: styles.icon ?? "",
      title: styles.title ?? "",
      description: styles.text ?? "",
    },
  });
  return id;
}

export const toast = {
  success: (message: ReactNode, options?: ToastOptions) => show("success", message, options),
  info: (message: ReactNode, options?: ToastOptions) => show("info", message, options),
  error: (message: ReactNode, options?: ToastOptions) => show("error", message, options),
  hide: (id: string) => notifications.hide(id),
};
