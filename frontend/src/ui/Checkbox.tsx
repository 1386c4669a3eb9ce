import "@mantine/core/styles/Checkbox.layer.css";
import { Checkbox as MantineCheckbox, type CheckboxProps as MantineCheckboxProps } from "@mantine/core";
import styles from "./Checkbox.module.css";

export type CheckboxProps = Omit<MantineCheckboxProps, "classNames" | "styles" | "size" | "variant">;

export function Checkbox(props: CheckboxProps) {
  return (
    <MantineCheckbox
      size="xs"
      radius={4}
      {...props}
      classNames={{
        label: styles.label ?? "",
        description: styles.description ?? "",
        input: styles.input ?? "",
        icon: styles.icon ?? "",
      }}
    />
  );
}
