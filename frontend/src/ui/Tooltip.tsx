import "@mantine/core/styles/Tooltip.layer.css";
import { Tooltip as MantineTooltip } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import styles from "./Tooltip.module.css";

interface TooltipProps {
  readonly text: ReactNode;
  readonly keys?: string | undefined;
  readonly position?: "top" | "bottom" | "left" | "right" | undefined;
  readonly multiline?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  /** One element that accepts a ref. */
  readonly children: ReactElement;
}

export function Tooltip({ text, keys, position = "bottom", multiline, disabled, children }: TooltipProps) {
  return (
    <MantineTooltip
      label={
        <>
          {text}
          {keys && <span className={styles.keys}>{keys}</span>}
        </>
      }
      position={position}
      disabled={disabled ?? false}
      multiline={multiline ?? false}
      {...(multiline ? { maw: 320 } : {})}
      events={{ hover: true, focus: true, touch: false }}
      classNames={{ tooltip: styles.tooltip ?? "" }}
    >
      {children}
    </MantineTooltip>
  );
}
