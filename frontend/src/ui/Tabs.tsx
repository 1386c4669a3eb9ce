import "@mantine/core/styles/Tabs.layer.css";
import { Tabs as MantineTabs } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import styles from "./Tabs.module.css";

export interface TabItem<Id extends string> {
  readonly id: Id;
  readonly label: string;
  /** A small number after the label (problems, tries). */
  readonly count?: number | undefined;
  readonly disabled?: boolean | undefined;
}

export interface TabsProps<Id extends string> {
  readonly items: readonly TabItem<Id>[];
  readonly value: Id;
  readonly onChange: (id: Id) => void;
  readonly label: string;
  /** The active tab's content; only that one is mounted. */
  readonly children: ReactNode;
  readonly panelClassName?: string | undefined;
  readonly className?: string | undefined;
}

export function Tabs<Id extends string>({ items, value, onChange, label, children, panelClassName, className }: TabsProps<Id>) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // In braces: newer browsers answer scrollIntoView with a promise, and what an effect answers is called when it ends.
    list.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [value]);
  return (
    <MantineTabs
      value={value}
      onChange={(id) => {
        const item = items.find((entry) => entry.id === id);
        if (item) onChange(item.id);
      }}
      keepMounted={false}
      className={className ?? ""}
      classNames={{ list: styles.list ?? "", tab: styles.tab ?? "" }}
    >
      <MantineTabs.List ref={list} aria-label={label}>
        {items.map((item) => (
          <MantineTabs.Tab key={item.id} value={item.id} disabled={item.disabled ?? false}>
            {item.label}
            {item.count !== undefined && item.count > 0 && <span className={styles.count}>{item.count}</span>}
          </MantineTabs.Tab>
        ))}
      </MantineTabs.List>
      <MantineTabs.Panel value={value} className={panelClassName ?? ""} tabIndex={0}>
        {children}
      </MantineTabs.Panel>
    </MantineTabs>
  );
}
