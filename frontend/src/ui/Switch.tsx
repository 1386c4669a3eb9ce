import "@mantine/core/styles/Switch.layer.css";
import { Switch as MantineSwitch, type SwitchProps as MantineSwitchProps } from "@mantine/core";
import styles from "./Switch.module.css";

export type SwitchProps = Omit<MantineSwitchProps, "classNames" | "styles" | "size" | "variant">;

/** On or off, at once (a choice that waits for a button is a check box). */
export function Switch(props: SwitchProps) {
  return (
    <MantineSwitch
      size="sm"
      withThumbIndicator={false}
      {...props}
      classNames={{
        label: styles.label ?? "",
        track: styles.track ?? "",
        thumb: styles.thumb ?? "",
        input: styles.input ?? "",
      }}
    />
  );
}
