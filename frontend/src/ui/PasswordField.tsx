import "@mantine/core/styles/PasswordInput.layer.css";
import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { inputClasses } from "./inputClasses";
import password from "./PasswordField.module.css";

export type PasswordFieldProps = Omit<PasswordInputProps, "classNames" | "styles" | "size" | "variant">;

/** A password with a show toggle; paste and password managers work. */
export function PasswordField(props: PasswordFieldProps) {
  return (
    <PasswordInput
      {...props}
      aria-invalid={props.error ? true : undefined}
      visibilityToggleButtonProps={{ "aria-label": "Show password", tabIndex: 0 }}
      classNames={{ ...inputClasses, innerInput: password.inner ?? "", visibilityToggle: password.toggle ?? "" }}
    />
  );
}
