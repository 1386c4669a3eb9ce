import { IconKey, IconPlug } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { asProblem } from "../../api/problem";
import { templateOutlineQuery, useTemplateCommands, type TemplateAbout } from "../../api/templates";
import type { TemplateItem, TemplateOutline } from "../../api/types";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Checkbox } from "../../ui/Checkbox";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { SkeletonLines } from "../../ui/Skeletons";
import { TextField } from "../../ui/TextField";
import { TemplateAboutFields } from "./TemplateAboutFields";
import styles from "./templates.module.css";

interface SaveTemplateDialogProps {
  readonly tenant: string;
  readonly workflow: { readonly id: string; readonly name: string };
  readonly onSaved: (template: TemplateItem) => void;
  readonly onClose: () => void;
}

/** The draft becomes a template of the organisation: what it is called, what it asks for, what stays out. */
export function SaveTemplateDialog(props: SaveTemplateDialogProps) {
  const query = useQuery(templateOutlineQuery(props.tenant, props.workflow.id));
  return (
    <Dialog open title="Save as template" onClose={props.onClose} width={560}>
      {query.data ? (
        <SaveForm {...props} outline={query.data} />
      ) : query.error ? (
        <ErrorPanel error={asProblem(query.error)} onRetry={() => void query.refetch()} />
      ) : (
        <SkeletonLines lines={8} />
      )}
    </Dialog>
  );
}

function SaveForm({ tenant, workflow, outline, onSaved, onClose }: SaveTemplateDialogProps & { readonly outline: TemplateOutline }) {
  const [about, setAbout] = useState<TemplateAbout>({ title: workflow.name, summary: "", category: "" });
  const [titles, setTitles] = useState<ReadonlyMap<string, string>>(() => new Map(outline.parameters.filter((one) => one.mustAsk).map((one) => [one.name, one.title])));
  const { save } = useTemplateCommands(tenant);
  const problem = save.error ? asProblem(save.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parameters = [...titles].map(([name, title]) => ({ name, title, description: "" }));
    save.mutate({ ...about, workflow: workflow.id, parameters }, { onSuccess: onSaved });
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      {problem && (
        <Banner tone="error" live>
          {problem.message}
        </Banner>
      )}
      <TemplateAboutFields value={about} problem={problem} onChange={setAbout} />
      {outline.secrets.length > 0 && <Secrets secrets={outline.secrets} />}
      <Asked outline={outline} titles={titles} onChange={setTitles} />
      <Needs needs={outline.needs} />
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={save.isPending} disabled={about.title.trim() === ""}>
          Save the template
        </Button>
      </DialogFooter>
    </form>
  );
}

function Secrets({ secrets }: { readonly secrets: TemplateOutline["secrets"] }) {
  return (
    <Banner tone="warning">
      <strong>{secrets.length === 1 ? "A secret stands in clear text here." : `${String(secrets.length)} secrets stand in clear text here.`}</strong> The template leaves them out and asks for each
      instead; this workflow stays as it is.
      <ul className={styles.secrets}>
        {secrets.map((one) => (
          <li key={one.parameter}>{one.message.split(" stands in clear text")[0]?.split(" has its value")[0]}</li>
        ))}
      </ul>
    </Banner>
  );
}

interface AskedProps {
  readonly outline: TemplateOutline;
  readonly titles: ReadonlyMap<string, string>;
  readonly onChange: (titles: ReadonlyMap<string, string>) => void;
}

function Asked({ outline, titles, onChange }: AskedProps) {
  const set = (name: string, title: string | null): void => {
    const next = new Map(titles);
    if (title === null) next.delete(name);
    else next.set(name, title);
    onChange(next);
  };
  return (
    <section aria-label="What it asks for">
      <h3>What it asks for</h3>
      {outline.parameters.length === 0 && <p className={styles.muted}>Nothing. Parameters of the workflow would be asked for here.</p>}
      {outline.parameters.map((one) => (
        <div key={one.name} className={styles.asked}>
          <Checkbox
            label={<code>{one.name}</code>} checked={titles.has(one.name)} disabled={one.mustAsk}
            description={one.mustAsk ? "It has no value, so it is always asked for." : `Otherwise it stays ${shown(one.default)}.`}
            onChange={(event) => set(one.name, event.currentTarget.checked ? one.title : null)}
          />
          {one.secret && (
            <span className={styles.secret}>
              <IconKey size={14} aria-hidden /> Secret
            </span>
          )}
          {titles.has(one.name) && (
            <TextField aria-label={`Question for ${one.name}`} maxLength={120} value={titles.get(one.name) ?? ""} onChange={(event) => set(one.name, event.currentTarget.value)} />
          )}
        </div>
      ))}
    </section>
  );
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? `“${value}”` : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

function Needs({ needs }: { readonly needs: TemplateOutline["needs"] }) {
  if (needs.length === 0) return null;
  return (
    <section aria-label="Connections it needs">
      <h3>Connections it needs</h3>
      <p className={styles.muted}>Whoever uses it chooses their own. Nothing of yours goes along.</p>
      <ul className={styles.needs}>
        {needs.map((need) => (
          <li key={`${need.connector}/${need.connection}`}>
            <IconPlug size={16} aria-hidden /> <code>{need.connection}</code>
            <span className={styles.muted}>
              {need.connector} · {need.title}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
