import { IconMapQuestion } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { sessionQuery, tenantOf } from "../../api/session";
import { LinkButton } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { EmptyState } from "../../ui/EmptyState";
import { Time } from "../../ui/Time";
import styles from "./MissingRun.module.css";
import { arrivedAt, isRunId } from "./runId";

interface MissingRunProps {
  readonly tenant: string;
  readonly workflow: string;
  readonly id: string;
}

/** The run of this address is not there: which one, why that may be, and where to look instead. */
export default function MissingRun({ tenant, workflow, id }: MissingRunProps) {
  const { data: session } = useQuery(sessionQuery);
  const organisation = tenantOf(session, tenant)?.name ?? tenant;
  const others = (session?.tenants.length ?? 0) > 1;
  const whole = isRunId(id);
  const arrived = arrivedAt(id);
  const text = (
    <div className={styles.text}>
      <p className={styles.id}>
        <code>{id.length > 80 ? `${id.slice(0, 80)}…` : id}</code>
        <CopyButton value={id} label="Copy run id" />
      </p>
      {whole ? (
        <ul className={styles.reasons}>
          <li>
            <strong>It may have been removed.</strong>{" "}
            {arrived ? (
              <>
                By its id it began <Time iso={arrived.toISOString()} absolute />. Finished runs are kept as long as the settings of the organisation say.
              </>
            ) : (
              "Finished runs are kept as long as the settings of the organisation say."
            )}
          </li>
          <li>
            <strong>It may belong to another organisation.</strong> This is {organisation}.{" "}
            {others ? "Choose the other one at the top left and look for the id there." : "Ask whoever sent you the address which one they were in."}
          </li>
          <li>
            <strong>The id may be mistyped.</strong> Compare it with where it came from.
          </li>
        </ul>
      ) : (
        <p>
          This is not the id of a run: one has 36 characters, such as <code>019a4c1e-8f00-7abc-8def-0123456789ab</code>. The address may have been cut off when it was copied.
          If it is a tracking id or part of one, search for it.
        </p>
      )}
    </div>
  );
  return (
    <EmptyState
      icon={<IconMapQuestion size={24} />}
      title="This run is not here"
      text={text}
      primary={
        <LinkButton variant="primary" to="/t/$tenant/w/$wf/runs" params={{ tenant, wf: workflow }} search={{}}>
          All runs of this workflow
        </LinkButton>
      }
      secondary={
        <LinkButton to="/t/$tenant/runs" params={{ tenant }} search={{ search: id.slice(0, 200) }}>
          Search all workflows
        </LinkButton>
      }
    />
  );
}
