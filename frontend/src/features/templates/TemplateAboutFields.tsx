import type { TemplateAbout } from "../../api/templates";
import type { Problem } from "../../api/problem";
import { TextArea } from "../../ui/TextArea";
import { TextField } from "../../ui/TextField";
import styles from "./templates.module.css";

interface TemplateAboutFieldsProps {
  readonly value: TemplateAbout;
  readonly problem: Problem | null;
  readonly onChange: (value: TemplateAbout) => void;
}

/** What the gallery shows of a template. */
export function TemplateAboutFields({ value, problem, onChange }: TemplateAboutFieldsProps) {
  return (
    <div className={styles.form}>
      <TextField
        label="Name" required withAsterisk={false} data-autofocus maxLength={80} value={value.title} error={problem?.field("title")}
        onChange={(event) => onChange({ ...value, title: event.currentTarget.value })}
      />
      <TextArea
        label="What it does" minRows={2} maxLength={300} value={value.summary} error={problem?.field("summary")}
        onChange={(event) => onChange({ ...value, summary: event.currentTarget.value })}
      />
      <TextField
        label="Category" placeholder="Our own" maxLength={40} value={value.category} error={problem?.field("category")}
        onChange={(event) => onChange({ ...value, category: event.currentTarget.value })}
      />
    </div>
  );
}
