import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useMemo, useState } from "react";
import { loadDraft, publishDraft } from "../../api/drafts";
import { usePermission } from "../../api/permissions";
import { asProblem, type Problem } from "../../api/problem";
import { useWorkflowCommands, workflowKeys } from "../../api/workflows";
import { useDraft, useDraftStore } from "../../document";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { TextField } from "../../ui/TextField";
import { toast } from "../../ui/toasts";
import { titleOf } from "../../workflow/draft";
import { extraction, type Carried, type Extraction } from "../../workflow/extract";
import { pillWords } from "../../workflow/words";
import styles from "./extract.module.css";

interface ExtractDoorProps {
  readonly tenant: string;
  readonly names: readonly string[];
  readonly onGoTo: (name: string) => void;
  readonly onClose: () => void;
}

const TITLE = "Extract into a child workflow";

/** What the chosen actions become as a workflow of their own, or why they cannot. */
export function ExtractDoor(props: ExtractDoorProps) {
  const draft = useDraft((state) => state.draft);
  const plan = useMemo(() => extraction(draft, props.names), [draft, props.names]);
  return (
    <Dialog open title={TITLE} width={560} onClose={props.onClose}>
      {plan.problem === null ? (
        <ExtractForm {...props} plan={plan} />
      ) : (
        <>
          <Banner tone="warning">{plan.problem}</Banner>
          <DialogFooter>
            <Button onClick={props.onClose}>Close</Button>
          </DialogFooter>
        </>
      )}
    </Dialog>
  );
}

function ExtractForm({ tenant, names, plan, onGoTo, onClose }: ExtractDoorProps & { readonly plan: Extraction }) {
  const navigate = useNavigate();
  const extract = useExtract(tenant, names);
  const mayCreate = usePermission(tenant, "workflow.create");
  const mayPublish = usePermission(tenant, "workflow.publish");
  const [name, setName] = useState(plan.suggested.slice(0, 80));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    void extract(name.trim()).then((made) => {
      onClose();
      onGoTo(made.call);
      toast.success(`“${made.name}” is a workflow of its own now, published, and this workflow calls it.`, {
        action: { label: "Open it", onClick: () => void navigate({ to: "/t/$tenant/w/$wf/design", params: { tenant, wf: made.id } }) },
      });
    }, (error: unknown) => {
      setProblem(asProblem(error));
      setBusy(false);
    });
  };
  const many = plan.names.length > 1;
  return (
    <form className={styles.form} onSubmit={submit}>
      {!(mayCreate && mayPublish) && <Banner tone="info">{`You may not ${mayCreate ? "publish" : "create"} workflows here, and the child has to be published to be called. An owner or admin of this organisation can give you the right.`}</Banner>}
      {problem && problem.field("name") === undefined && (
        <Banner tone="error" live>
          {`${problem.message} This workflow is as it was.`}
        </Banner>
      )}
      <p className={styles.about}>
        {`${listed(plan.names)} ${many ? "become" : "becomes"} a workflow that starts with a request and answers. One action calls it in ${many ? "their" : "its"} place.`}
      </p>
      <TextField label="Name of the child workflow" data-autofocus required withAsterisk={false} maxLength={80} value={name} onChange={(event) => setName(event.currentTarget.value)} error={problem?.field("name")} />
      <Values title="Passed in" none="Nothing: it uses no value from outside." carried={plan.passed} />
      <Values title="Comes back" none="That it succeeded: nothing here reads its values." carried={plan.returned} />
      {plan.secured && <p className={styles.about}>Some of it may be secret, so runs of both workflows do not show what is passed.</p>}
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy} disabled={name.trim() === "" || !mayCreate || !mayPublish}>
          Create
        </Button>
      </DialogFooter>
    </form>
  );
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((one) => `“${titleOf(one)}”`);
  const last = names.length > shown.length ? `${String(names.length - shown.length)} more` : (shown.pop() ?? "");
  return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}

function Values({ title, none, carried }: { readonly title: string; readonly none: string; readonly carried: readonly Carried[] }) {
  return (
    <section className={styles.values} aria-label={title}>
      <h3>{title}</h3>
      {carried.length === 0 ? <p className={styles.about}>{none}</p> : (
        <ul>
          {carried.map((one) => {
            const { label, source } = pillWords(one.expression);
            return (
              <li key={one.name}>
                <code>{one.name}</code>
                <span title={one.expression}>{label === source ? label : `${source}: ${label}`}</span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

/** Makes the child and publishes it, then changes this workflow. What does not come that far leaves nothing behind. */
function useExtract(tenant: string, names: readonly string[]): (name: string) => Promise<{ readonly id: string; readonly name: string; readonly call: string }> {
  const store = useDraftStore();
  const queries = useQueryClient();
  const { create, remove } = useWorkflowCommands(tenant);
  return async (name) => {
    const plan = planned(extraction(store.state.draft, names));
    const child = await create.mutateAsync({ name, text: plan.text });
    try {
      const { revision } = await loadDraft(tenant, child.id);
      await publishDraft(tenant, child.id, { comment: "", revision });
      void queries.invalidateQueries({ queryKey: workflowKeys.lists(tenant) });
      // Others may have edited here meanwhile: then the child is not what it has to be.
      const now = planned(extraction(store.state.draft, names));
      if (now.text !== plan.text) throw new Error("Somebody changed these actions meanwhile. Look at them and try again.");
      const { edit, call } = now.edit(child);
      store.edit(edit);
      return { id: child.id, name: child.name, call };
    } catch (error) {
      const gone = await remove.mutateAsync(child.id).then(() => true, () => false);
      if (gone) throw error;
      throw new Error(`${asProblem(error).message} The workflow “${child.name}” was created and could not be deleted again.`, { cause: error });
    }
  };
}

function planned(plan: ReturnType<typeof extraction>): Extraction {
  if (plan.problem !== null) throw new Error(plan.problem);
  return plan;
}
