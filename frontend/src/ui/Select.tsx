import { IconSelector } from "@tabler/icons-react";
import { Select as MantineSelect, type SelectProps as MantineSelectProps } from "@mantine/core";
import { useState } from "react";
import { comboboxClasses } from "./inputClasses";

export type SelectProps = Omit<MantineSelectProps, "classNames" | "styles" | "size" | "variant">;

/** One of a list; `searchable` filters it by typing. */
export function Select(props: SelectProps) {
  // The list is made, hidden, when the field has the focus, as the first arrow key wants it; not with every form that is drawn.
  const [met, setMet] = useState(false);
  return (
    <MantineSelect
      checkIconPosition="right"
      withAlignedLabels
      allowDeselect={false}
      maxDropdownHeight={320}
      rightSection={<IconSelector size={16} aria-hidden />}
      rightSectionPointerEvents="none"
      comboboxProps={{ shadow: "md", transitionProps: { duration: 80, transition: "fade" }, keepMounted: met }}
      {...props}
      onFocus={(event) => {
        setMet(true);
        props.onFocus?.(event);
      }}
      classNames={comboboxClasses}
    />
  );
}
