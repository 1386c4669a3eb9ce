import "@mantine/core/styles/Menu.layer.css";
import { Menu as MantineMenu, type MenuProps as MantineMenuProps } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import styles from "./Menu.module.css";

export interface MenuProps {
  /** The button that opens it. */
  readonly target: ReactElement;
  readonly children: ReactNode;
  readonly position?: MantineMenuProps["position"];
  readonly width?: number | undefined;
  readonly opened?: boolean | undefined;
  readonly onChange?: ((opened: boolean) => void) | undefined;
}

export function Menu({ target, children, position = "bottom-end", width, opened, onChange }: MenuProps) {
  return (
    <MantineMenu
      position={position}
      offset={4}
      {...(width === undefined ? {} : { width })}
      {...(opened === undefined ? {} : { opened })}
      {...(onChange === undefined ? {} : { onChange })}
      classNames={{
        dropdown: styles.dropdown ?? "",
        item: styles.item ?? "",
        itemSection: styles.section ?? "",
        label: styles.label ?? "",
        divider: styles.divider ?? "",
      }}
    >
      <MantineMenu.Target>{target}</MantineMenu.Target>
      <MantineMenu.Dropdown>{children}</MantineMenu.Dropdown>
    </MantineMenu>
  );
}

export interface MenuItemProps {
  readonly icon?: ReactNode;
  readonly keys?: string | undefined;
  readonly danger?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  /** Shown at the right end, e.g. a check mark. */
  readonly trailing?: ReactNode;
  readonly onClick?: (() => void) | undefined;
  readonly children: ReactNode;
}

export function MenuItem({ icon, keys, danger, disabled, trailing, onClick, children }: MenuItemProps) {
  return (
    <MantineMenu.Item
      leftSection={icon}
      rightSection={keys ? <span className={styles.keys}>{keys}</span> : trailing}
      data-danger={danger || undefined}
      disabled={disabled ?? false}
      onClick={onClick}
    >
      {children}
    </MantineMenu.Item>
  );
}

export function MenuLabel({ children }: { readonly children: ReactNode }) {
  return <MantineMenu.Label>{children}</MantineMenu.Label>;
}

export function MenuDivider() {
  return <MantineMenu.Divider />;
}
