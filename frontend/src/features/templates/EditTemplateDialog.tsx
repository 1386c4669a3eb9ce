import { type FormEvent, useState } from "react";
import { asProblem } from "../../api/problem";
import { useTemplateCommands, type TemplateAbout } from "../../api/templates";
import type { TemplateItem } from "../../api/types";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { TemplateAboutFields } from "./TemplateAboutFields";
import styles from "./templates.module.css";

interface EditTemplateDialogProps {
  readonly tenant: string;
  readonly template: TemplateItem;
  readonly onClose: () => void;
}

export function EditTemplateDialog({ tenant, template, onClose }: EditTemplateDialogProps) {
  const [about, setAbout] = useState<TemplateAbout>({ title: template.title, summary: template.summary, category: template.category });
  const { change } = useTemplateCommands(tenant);
  const problem = change.error ? asProblem(change.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ id: template.id, about }, { onSuccess: onClose });
  };
  return (
    <Dialog open title="Rename template" onClose={onClose} width={480}>
      <form className={styles.form} onSubmit={submit}>
        {problem && (
          <Banner tone="error" live>
            {problem.message}
          </Banner>
        )}
        <TemplateAboutFields value={about} problem={problem} onChange={setAbout} />
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={change.isPending} disabled={about.title.trim() === ""}>
            Save
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
