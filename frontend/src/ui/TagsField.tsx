import "@mantine/core/styles/Pill.layer.css";
import "@mantine/core/styles/PillsInput.layer.css";
import { TagsInput, type TagsInputProps } from "@mantine/core";
import { comboboxClasses } from "./inputClasses";
import styles from "./TagsField.module.css";

const classes = { ...comboboxClasses, input: `${comboboxClasses.input} ${styles.input ?? ""}`, inputField: styles.field ?? "", pill: styles.tag ?? "" };

export type TagsFieldProps = Omit<TagsInputProps, "classNames" | "styles" | "size" | "variant">;

/** Several short texts, typed or taken from a list; Enter or a comma ends one. */
export function TagsField(props: TagsFieldProps) {
  return <TagsInput acceptValueOnBlur maxDropdownHeight={240} comboboxProps={{ shadow: "md", transitionProps: { duration: 80, transition: "fade" } }} {...props} classNames={classes} />;
}
