import { TextInput, type TextInputProps } from "@mantine/core";
import { inputClasses, monoInputClasses } from "./inputClasses";

export interface TextFieldProps extends Omit<TextInputProps, "classNames" | "styles" | "size" | "variant"> {
  readonly mono?: boolean | undefined;
}

/** One line of text with label, help (`description`) and error. */
export function TextField({ mono, ...props }: TextFieldProps) {
  return <TextInput {...props} classNames={mono ? monoInputClasses : inputClasses} />;
}
