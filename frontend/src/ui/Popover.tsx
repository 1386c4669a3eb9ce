import { Popover as MantinePopover, type PopoverProps as MantinePopoverProps } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import styles from "./Popover.module.css";

export interface PopoverProps {
  readonly target: ReactElement;
  readonly children: ReactNode;
  readonly opened?: boolean | undefined;
  readonly onChange?: ((opened: boolean) => void) | undefined;
  readonly position?: MantinePopoverProps["position"];
  readonly width?: number | undefined;
  readonly trapFocus?: boolean | undefined;
}

/** A small layer beside its target; Esc and a click outside close it. */
export function Popover({ target, children, opened, onChange, position = "bottom-start", width, trapFocus }: PopoverProps) {
  return (
    <MantinePopover
      position={position}
      offset={4}
      trapFocus={trapFocus ?? false}
      returnFocus
      {...(width === undefined ? {} : { width })}
      {...(opened === undefined ? {} : { opened })}
      {...(onChange === undefined ? {} : { onChange })}
      classNames={{ dropdown: styles.dropdown ?? "" }}
    >
      <MantinePopover.Target>{target}</MantinePopover.Target>
      <MantinePopover.Dropdown>{children}</MantinePopover.Dropdown>
    </MantinePopover>
  );
}
