import "@mantine/core/styles/Menu.layer.css";
import { Menu as MantineMenu, type MenuProps as MantineMenuProps } from "@mantine/core";
import { type ReactElement, type ReactNode, useEffect, useEffectEvent, useState } from "react";
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

const NO_TRANSITION = { duration: 0 };

export function Menu({ target, children, position = "bottom-end", width, opened, onChange }: MenuProps) {
  const [own, setOwn] = useState(false);
  const shown = opened ?? own;
  const change = (next: boolean): void => {
    setOwn(next);
    onChange?.(next);
  };
  useEarlyEscape(shown, () => change(false));
  return (
    <MantineMenu
      position={position}
      offset={4}
      // There and gone at once, moved in by the style sheet: a menu that was closed in its first moments took the focus while it
      // faded out, and with it into nothing.
      transitionProps={NO_TRANSITION}
      {...(width === undefined ? {} : { width })}
      opened={shown}
      onChange={change}
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

/** A menu takes the focus a moment after it can be seen: an Escape before that is meant for it all the same, and for nothing below it. */
function useEarlyEscape(shown: boolean, close: () => void): void {
  const closed = useEffectEvent(close);
  useEffect(() => {
    if (!shown) return undefined;
    const pressed = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || (event.target instanceof Element && event.target.closest("[role=menu]") !== null)) return;
      event.preventDefault();
      event.stopPropagation();
      closed();
    };
    window.addEventListener("keydown", pressed, true);
    return () => window.removeEventListener("keydown", pressed, true);
  }, [shown]);
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
