import { IconArrowLeft, IconDots, IconEdit, IconPlug, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { connectorsQuery } from "../../api/connections";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { templateQuery, useTemplateCommands } from "../../api/templates";
import type { ConnectorItem, TemplateDetail } from "../../api/types";
import { FlowPreview } from "../../features/canvas/FlowPreview";
import { ConnectorIcon } from "../../features/connections/ConnectorIcon";
import { EditTemplateDialog } from "../../features/templates/EditTemplateDialog";
import { TriggerLabel } from "../../features/workflows/triggers";
import { Button, LinkButton } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataView } from "../../ui/DataView";
import { IconButton } from "../../ui/IconButton";
import { Menu, MenuItem } from "../../ui/Menu";
import { Page } from "../../ui/Page";
import { Skeleton, SkeletonLines } from "../../ui/Skeletons";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/toasts";
import { authorOf } from "./gallery";
import styles from "./TemplatesPage.module.css";
import { UseTemplate } from "./UseTemplate";

const route = getRouteApi("/t/$tenant/templates/$template");

/** One template: what it does, drawn as it will be, and what it needs. */
export function TemplatePage() {
  const { tenant, template: id } = route.useParams();
  const query = useQuery(templateQuery(tenant, id));
  const { data: connectors = [] } = useQuery(connectorsQuery(tenant));
  const mayCreate = usePermission(tenant, "workflow.create");
  const mayWrite = usePermission(tenant, "template.write");
  const [dialog, setDialog] = useState<"use" | "edit" | "delete" | null>(null);
  const close = (): void => setDialog(null);
  const template = query.data;
  return (
    <Page
      title={template?.title ?? "Template"}
      lead={template?.summary}
      actions={
        <>
          <LinkButton to="/t/$tenant/templates" params={{ tenant }} icon={<IconArrowLeft size={16} />}>
            All templates
          </LinkButton>
          {template?.own && mayWrite && (
            <Menu target={<IconButton label="More for this template" icon={<IconDots size={18} />} tooltip={false} />}>
              <MenuItem icon={<IconEdit size={16} />} onClick={() => setDialog("edit")}>
                Rename…
              </MenuItem>
              <MenuItem icon={<IconTrash size={16} />} danger onClick={() => setDialog("delete")}>
                Delete…
              </MenuItem>
            </Menu>
          )}
          <Button variant="primary" disabled={!mayCreate || !template} onClick={() => setDialog("use")}>
            Use this template
          </Button>
        </>
      }
    >
      <DataView
        loading={query.isPending}
        error={query.error ? asProblem(query.error) : null}
        hasData={template !== undefined}
        onRetry={() => void query.refetch()}
        wayOut={
          <LinkButton size="small" to="/t/$tenant/templates" params={{ tenant }} search={{}}>
            All templates
          </LinkButton>
        }
        skeleton={
          <div className={styles.detail} role="status" aria-label="Loading the template">
            <div className={`${styles.preview ?? ""} ${styles.previewWaiting ?? ""}`}>
              {[0, 1, 2, 3].map((card) => (
                <Skeleton key={card} width={240} height={56} />
              ))}
            </div>
            <SkeletonLines lines={8} />
          </div>
        }
      >
        {template && (
          <div className={styles.detail}>
            <div className={styles.preview}>
              <FlowPreview tenant={tenant} definition={template.text} />
            </div>
            <About template={template} connectors={connectors} />
          </div>
        )}
      </DataView>
      {dialog === "use" && template && <UseTemplate tenant={tenant} template={template} connectors={connectors} onClose={close} />}
      {dialog === "edit" && template && <EditTemplateDialog tenant={tenant} template={template} onClose={close} />}
      {dialog === "delete" && template && <DeleteTemplate tenant={tenant} template={template} onClose={close} />}
    </Page>
  );
}

function DeleteTemplate({ tenant, template, onClose }: { readonly tenant: string; readonly template: TemplateDetail; readonly onClose: () => void }) {
  const { remove } = useTemplateCommands(tenant);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      open danger title={`Delete “${template.title}”?`} confirmLabel="Delete the template" busy={remove.isPending} onClose={onClose}
      onConfirm={() => remove.mutate(template.id, {
        onSuccess: () => {
          toast.success(`${template.title} was deleted.`);
          void navigate({ to: "/t/$tenant/templates", params: { tenant } });
        },
        onError: (error) => toast.error(asProblem(error).message),
      })}
    >
      It leaves the gallery for everybody in this organisation. Workflows made from it stay as they are.
    </ConfirmDialog>
  );
}

function About({ template, connectors }: { readonly template: TemplateDetail; readonly connectors: readonly ConnectorItem[] }) {
  return (
    <div className={styles.about}>
      <section>
        <h2>Starts with</h2>
        <TriggerLabel type={template.triggerType} />
        <p className={styles.muted}>
          {template.actions === 1 ? "1 action" : `${String(template.actions)} actions`} · {template.category}
        </p>
        <p className={styles.muted}>
          {template.own ? "Saved by" : "By"} {authorOf(template)} {template.changedAt !== null && <Time iso={template.changedAt} />}
        </p>
      </section>
      <section>
        <h2>Needs</h2>
        {template.needs.length === 0 && <p className={styles.muted}>No connections.</p>}
        <ul>
          {template.needs.map((need) => {
            const connector = connectors.find((each) => each.id === need.connector);
            return (
              <li key={need.connection} className={styles.need}>
                <ConnectorIcon icon={connector?.icon ?? ""} color={connector?.color ?? null} size={28} />
                <span>
                  {connector?.title ?? need.connector}
                  <span className={styles.muted}>{need.title}</span>
                </span>
                {need.available.length > 0 ? (
                  <span className={styles.ready}>You have one</span>
                ) : (
                  <span className={styles.muted}>
                    <IconPlug size={14} aria-hidden /> To create
                  </span>
                )}
              </li>
            );
          })}
        </ul>
      </section>
      <section>
        <h2>You fill in</h2>
        {template.parameters.length === 0 && <p className={styles.muted}>Nothing.</p>}
        <dl>
          {template.parameters.map((parameter) => (
            <div key={parameter.name}>
              <dt>{parameter.title}</dt>
              <dd className={styles.muted}>{parameter.description}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}
