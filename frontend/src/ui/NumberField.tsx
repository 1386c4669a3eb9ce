import "@mantine/core/styles/NumberInput.layer.css";
import { NumberInput, type NumberInputProps } from "@mantine/core";
import { inputClasses } from "./inputClasses";

export type NumberFieldProps = Omit<NumberInputProps, "classNames" | "styles" | "size" | "variant">;

export function NumberField(props: NumberFieldProps) {
  return <NumberInput {...props} classNames={inputClasses} />;
}
