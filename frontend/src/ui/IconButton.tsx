import type { ComponentPropsWithRef, ReactNode } from "react";
import styles from "./IconButton.module.css";
import { Tooltip } from "./Tooltip";

export interface IconButtonProps extends Omit<ComponentPropsWithRef<"button">, "aria-label"> {
  /** The accessible name, also shown as tooltip. */
  readonly label: string;
  readonly icon: ReactNode;
  readonly size?: "small" | "medium" | undefined;
  readonly bordered?: boolean | undefined;
  /** Keys shown beside the label in the tooltip, e.g. "Ctrl+Z". */
  readonly keys?: string | undefined;
  readonly tooltip?: boolean | undefined;
}

export function IconButton({ label, icon, size = "medium", bordered, keys, tooltip = true, className, ...rest }: IconButtonProps) {
  const button = (
    <button
      type="button"
      {...rest}
      aria-label={label}
      className={`${styles.button} ${className ?? ""}`}
      data-size={size}
      data-bordered={bordered || undefined}
    >
      {icon}
    </button>
  );
  if (!tooltip) return button;
  return (
    <Tooltip text={label} keys={keys}>
      {button}
    </Tooltip>
  );
}
