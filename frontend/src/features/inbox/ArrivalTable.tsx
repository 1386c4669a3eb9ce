import type { ArrivalItem } from "../../api/inbox";
import { type Column, DataTable } from "../../ui/DataTable";
import { StatusPill } from "../../ui/StatusPill";
import { Time } from "../../ui/Time";
import styles from "./Inbox.module.css";
import { kindWord, outcomeLook } from "./outcomes";

interface ArrivalTableProps {
  readonly arrivals: readonly ArrivalItem[];
  readonly onOpen: (arrival: ArrivalItem) => void;
  readonly more?: { readonly onMore: () => void; readonly busy: boolean } | undefined;
}

export function ArrivalTable({ arrivals, onOpen, more }: ArrivalTableProps) {
  return (
    <DataTable label="Arrivals" columns={columns} rows={arrivals} rowKey={(arrival) => arrival.id} onOpen={onOpen} more={more} />
  );
}

const columns: Column<ArrivalItem>[] = [
  { id: "receivedAt", header: "Arrived", width: "140px", cell: (arrival) => <Time iso={arrival.receivedAt} /> },
  { id: "workflow", header: "Workflow", width: "minmax(160px, 1.4fr)", rowHeader: true, cell: (arrival) => <span title={arrival.workflow.name}>{arrival.workflow.name}</span> },
  {
    id: "from",
    header: "From",
    width: "minmax(130px, 1fr)",
    cell: (arrival) => <span className={styles.muted}>{kindWord(arrival.kind)}</span>,
  },
  {
    id: "outcome",
    header: "What became of it",
    width: "minmax(220px, 1.4fr)",
    cell: (arrival) => {
      const look = outcomeLook(arrival.outcome);
      return (
        <span className={styles.outcome}>
          <StatusPill status={look.status} compact /> {arrival.runs > 1 ? `Split into ${arrival.runs} runs` : look.word}
        </span>
      );
    },
  },
  {
    id: "why",
    header: "Why",
    width: "minmax(200px, 2fr)",
    cell: (arrival) => (
      <span className={`${styles.detail} ${styles.muted}`} title={arrival.detail ?? undefined}>
        {arrival.detail ?? "–"}
      </span>
    ),
  },
];
