import { Textarea, type TextareaProps } from "@mantine/core";
import { inputClasses, monoInputClasses } from "./inputClasses";

export interface TextAreaProps extends Omit<TextareaProps, "classNames" | "styles" | "size" | "variant"> {
  readonly mono?: boolean | undefined;
}

/** Several lines of text; grows with its content between `minRows` and `maxRows`. */
export function TextArea({ mono, autosize = true, minRows = 3, maxRows = 14, ...props }: TextAreaProps) {
  return (
    <Textarea {...props} autosize={autosize} minRows={minRows} maxRows={maxRows} classNames={mono ? monoInputClasses : inputClasses} />
  );
}
