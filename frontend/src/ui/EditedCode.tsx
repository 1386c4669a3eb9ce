import { CodeField } from "./CodeField";
import styles from "./EditedCode.module.css";

interface EditedCodeProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Said beside the label where the text is no longer what it was. */
  readonly mark: string | false;
  readonly help: string;
}

/** A text that came from somewhere and may be corrected: its name, whether it was, and what happens with it. */
export function EditedCode({ label, value, onChange, mark, help }: EditedCodeProps) {
  return (
    <div>
      <div className={styles.label}>{label}{mark && <span className={styles.edited}>{mark}</span>}</div>
      <CodeField value={value} label={label} onChange={onChange} />
      <p className={styles.help}>{help}</p>
    </div>
  );
}
