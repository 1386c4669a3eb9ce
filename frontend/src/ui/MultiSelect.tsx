import "@mantine/core/styles/Pill.layer.css";
import "@mantine/core/styles/PillsInput.layer.css";
import { IconSelector } from "@tabler/icons-react";
import { MultiSelect as MantineMultiSelect, type MultiSelectProps as MantineMultiSelectProps } from "@mantine/core";
import { useState } from "react";
import { comboboxClasses } from "./inputClasses";
import styles from "./MultiSelect.module.css";

export type MultiSelectProps = Omit<MantineMultiSelectProps, "classNames" | "styles" | "size" | "variant">;

/** Any number of a list, shown as pills; Backspace takes the last one away. */
export function MultiSelect({ placeholder, ...props }: MultiSelectProps) {
  // As in Select: the list is made when the field has the focus for the first time.
  const [met, setMet] = useState(false);
  return (
    <MantineMultiSelect
      checkIconPosition="right"
      withAlignedLabels
      maxDropdownHeight={320}
      rightSection={<IconSelector size={16} aria-hidden />}
      rightSectionPointerEvents="none"
      comboboxProps={{ shadow: "md", transitionProps: { duration: 80, transition: "fade" }, keepMounted: met }}
      {...props}
      {...(placeholder !== undefined && (props.value ?? []).length === 0 ? { placeholder } : {})}
      onFocus={(event) => {
        setMet(true);
        props.onFocus?.(event);
      }}
      classNames={{ ...comboboxClasses, input: `${comboboxClasses.input} ${styles.input ?? ""}`, pill: styles.pill ?? "", inputField: styles.field ?? "" }}
    />
  );
}
