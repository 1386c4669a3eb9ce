import styles from "./Input.module.css";

/** Class names for Mantine inputs, so that every field looks the same. */
export const inputClasses = {
  label: styles.label ?? "",
  description: styles.description ?? "",
  error: styles.error ?? "",
  required: styles.required ?? "",
  input: styles.input ?? "",
  section: styles.section ?? "",
};

export const monoInputClasses = { ...inputClasses, input: `${styles.input} ${styles.mono}` };

export const comboboxClasses = { ...inputClasses, dropdown: styles.dropdown ?? "", option: styles.option ?? "" };
