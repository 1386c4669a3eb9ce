import "@mantine/core/styles/Pill.layer.css";
import "@mantine/core/styles/PillsInput.layer.css";
import { TagsInput, type TagsInputProps } from "@mantine/core";
import { useState } from "react";
import { comboboxClasses } from "./inputClasses";
import styles from "./TagsField.module.css";

const classes = { ...comboboxClasses, input: `${comboboxClasses.input} ${styles.input ?? ""}`, inputField: styles.field ?? "", pill: styles.tag ?? "" };

export type TagsFieldProps = Omit<TagsInputProps, "classNames" | "styles" | "size" | "variant">;

/** Several short texts, typed or taken from a list; Enter or a comma ends one. */
export function TagsField({ onChange, ...props }: TagsFieldProps) {
  const [open, setOpen] = useState(false);
  // Once a text is taken the list goes, or it would lie over the button that ends the form; it comes with the next key or click.
  const take = (texts: string[]): void => {
    onChange?.(texts);
    setTimeout(() => setOpen(false));
  };
  return (
    <TagsInput
      acceptValueOnBlur maxDropdownHeight={240} comboboxProps={{ shadow: "md", transitionProps: { duration: 80, transition: "fade" } }}
      dropdownOpened={open} onDropdownOpen={() => setOpen(true)} onDropdownClose={() => setOpen(false)}
      {...props} onChange={take} classNames={classes}
    />
  );
}
