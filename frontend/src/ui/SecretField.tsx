import { IconLock } from "@tabler/icons-react";
import { useState } from "react";
import { Button } from "./Button";
import { PasswordField } from "./PasswordField";
import styles from "./SecretField.module.css";

export interface SecretFieldProps {
  readonly label: string;
  readonly description?: string | undefined;
  readonly error?: string | undefined;
  readonly required?: boolean | undefined;
  /** A value is stored: it is never shown, only replaced. */
  readonly stored?: boolean | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A value that goes to the server and never comes back. */
export function SecretField({ label, description, error, required, stored, value, onChange }: SecretFieldProps) {
  const [replacing, setReplacing] = useState(false);
  if (stored && !replacing) {
    return (
      <div>
        <div className={styles.label}>{label}</div>
        <div className={styles.stored}>
          <IconLock size={14} aria-hidden />
          <span>Stored. It cannot be shown.</span>
          <Button size="small" onClick={() => setReplacing(true)} aria-label={`Replace ${label}`}>
            Replace
          </Button>
        </div>
      </div>
    );
  }
  return (
    <PasswordField
      label={label}
      description={description}
      error={error}
      required={required ?? false}
      value={value}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
