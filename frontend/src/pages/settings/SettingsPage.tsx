import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { asProblem } from "../../api/problem";
import { retentionQuery, type Settings, settingsQuery } from "../../api/settings";
import { LimitsForm } from "../../features/settings/LimitsForm";
import { RetentionForm } from "../../features/settings/RetentionForm";
import styles from "../../features/settings/settings.module.css";
import { inWords } from "../../features/settings/sizes";
import { WorkflowSettings } from "../../features/settings/WorkflowSettings";
import { DataView } from "../../ui/DataView";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeletons";
import { KeyValues } from "../../ui/ValueView";

const route = getRouteApi("/t/$tenant/settings");

/** What holds for the whole organisation. For its owners and administrators; the server refuses the others. */
export function SettingsPage() {
  const { tenant } = route.useParams();
  const settings = useQuery(settingsQuery(tenant));
  const retention = useQuery(retentionQuery(tenant));
  const error = settings.error ?? retention.error;
  const again = () => void Promise.all([settings.refetch(), retention.refetch()]);
  return (
    <Page title="Settings" lead={<>What holds for the whole organisation. Every change is in the <Link to="/t/$tenant/audit" params={{ tenant }} style={{ textDecoration: "underline" }}>audit trail</Link>.</>} narrow>
      <DataView loading={settings.isPending || retention.isPending} error={error ? asProblem(error) : null} hasData={settings.data !== undefined && retention.data !== undefined} onRetry={again} skeleton={<SettingsSkeleton />}>
        {retention.data && (
          <section className={styles.card}>
            <h2>Retention</h2>
            <p>Runs that have not ended always stay. Arrivals that started nothing stay as many days; big values go an hour after the last run that uses them.</p>
            <RetentionForm key={JSON.stringify(retention.data.own)} tenant={tenant} retention={retention.data} above="the installation" />
          </section>
        )}
        <section className={styles.card} aria-label="Settings of one workflow">
          <h2>Settings of one workflow</h2>
          <p>Where fewer of a workflow’s runs may be active at once, or its runs are needed for longer than the others.</p>
          <WorkflowSettings tenant={tenant} />
        </section>
        {settings.data && (
          <>
            <section className={styles.card}>
              <h2>Limits</h2>
              <LimitsForm key={`${String(settings.data.bodyLimit.own)} ${String(settings.data.runsAtOnce)}`} tenant={tenant} settings={settings.data} />
            </section>
            <section className={styles.card}>
              <h2>Storage</h2>
              <Storage storage={settings.data.storage} />
            </section>
          </>
        )}
      </DataView>
    </Page>
  );
}

/** The headings of the page and, under each, the shape of its fields. */
function SettingsSkeleton() {
  return (
    <div role="status" aria-label="Loading the settings">
      {[["Retention", 3], ["Settings of one workflow", 2], ["Limits", 2], ["Storage", 0]].map(([heading, fields]) => (
        <section key={heading} className={styles.card}>
          <h2>{heading}</h2>
          <div className={styles.waiting}>
            <Skeleton width="78%" />
            {Array.from({ length: Number(fields) }, (_, index) => (
              <div key={index} className={styles.limit}>
                <Skeleton height={36} />
                <Skeleton height={36} />
              </div>
            ))}
            {fields === 0 && <><Skeleton width="44%" /><Skeleton width="52%" /></>}
          </div>
        </section>
      ))}
    </div>
  );
}

function Storage({ storage }: { readonly storage: Settings["storage"] }) {
  const files = inWords(storage.fileBytes);
  return (
    <KeyValues
      items={[
        ["Big values", `${storage.payloads.toLocaleString("en")}, ${inWords(storage.payloadBytes)} before compression`],
        ["New ones go to", storage.payloadStore],
        ["Files", storage.fileQuota === null ? `${files}, without a limit` : `${files} of ${inWords(storage.fileQuota)}`],
      ]}
    />
  );
}
