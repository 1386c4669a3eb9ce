import { IconHistory, IconPointer } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { asProblem } from "../../api/problem";
import { actionDetailQuery, triggerDetailQuery } from "../../api/runs";
import { readDetail, valueOf } from "../../features/runs/actionDetail";
import { DataView } from "../../ui/DataView";
import { Drawer } from "../../ui/Drawer";
import { EmptyState } from "../../ui/EmptyState";
import { tablesIn } from "../../ui/jsonTable";
import { JsonTableView } from "../../ui/JsonTableView";
import { readJson, type JsonNode } from "../../ui/jsonTree";
import { SegmentedControl } from "../../ui/SegmentedControl";
import { Select } from "../../ui/Select";
import { SkeletonLines } from "../../ui/Skeletons";
import { ValueView } from "../../ui/ValueView";
import { titleOf } from "../../workflow/draft";
import type { Entry, Graph } from "../../workflow/graph";
import type { DesignerSearch } from "./DesignerPage";
import { LensBar } from "./LensBar";
import { useLens } from "./lens";
import styles from "./side.module.css";

interface DataDoorProps {
  readonly tenant: string;
  readonly workflowId: string;
  readonly head: ReactNode;
  readonly graph: Graph;
  /** The one chosen action or trigger. */
  readonly entry: Entry | undefined;
  readonly search: DesignerSearch;
  readonly mayLook: boolean;
  readonly onSearch: (change: DesignerSearch) => void;
  readonly onClose: () => void;
}

/** What the chosen action took and gave in the run whose values are shown: as a tree, lists of objects as tables. */
export function DataDoor({ head, entry, mayLook, onClose, ...props }: DataDoorProps) {
  return (
    <Drawer label="Data" head={head} said={entry && `Values of ${titleOf(entry.action.name)}`} keys="Ctrl+Shift+E" onClose={onClose}>
      <div className={styles.data}>
        {!mayLook ? (
          <EmptyState icon={<IconHistory size={24} />} title="The values of runs are not yours to see" text="An owner, admin or editor of this organisation can see what runs held." />
        ) : entry === undefined ? (
          <EmptyState icon={<IconPointer size={24} />} title="No action is chosen" text="Choose one action: what it took and gave stands here." />
        ) : (
          <Data key={entry.action.name} {...props} entry={entry} />
        )}
      </div>
    </Drawer>
  );
}

interface Values {
  readonly inputs: JsonNode | undefined;
  readonly outputs: JsonNode | undefined;
  readonly secured: readonly string[];
}

function readTrigger(text: string): Values {
  const root = readJson(text);
  return { inputs: valueOf(root, "inputs"), outputs: valueOf(root, "outputs"), secured: readDetail(text).secured };
}

function Data({ tenant, workflowId, graph, entry, search, onSearch }: Omit<DataDoorProps, "head" | "mayLook" | "onClose" | "entry"> & { readonly entry: Entry }) {
  const { name, trigger } = entry.action;
  const [lens, setSample] = useLens(tenant, workflowId, graph, name, search, true);
  const [side, setSide] = useState<"inputs" | "outputs">("outputs");
  const run = lens.runId ?? "";
  const action = useQuery({ ...actionDetailQuery(tenant, run, name, lens.repetition, "panel"), select: (text): Values => readDetail(text), retry: false, enabled: lens.runId !== null && !trigger });
  const begun = useQuery({ ...triggerDetailQuery(tenant, run), select: readTrigger, enabled: lens.runId !== null && trigger });
  const query = trigger ? begun : action;
  const missing = query.error && asProblem(query.error).status === 404;
  return (
    <>
      <div className={styles.dataHead}>
        <LensBar lens={lens} wanted={false} onOpened={() => undefined} onLens={onSearch} onSample={setSample} />
        <SegmentedControl aria-label="Side" value={side} onChange={(next) => setSide(next === "inputs" ? "inputs" : "outputs")} data={[{ value: "inputs", label: "Inputs" }, { value: "outputs", label: "Outputs" }]} />
      </div>
      {lens.runId === null ? (
        <EmptyState icon={<IconHistory size={24} />} title="No run to look at" text={lens.runs.length === 0 ? "This workflow has not run yet. Test this action, or run the workflow." : "Choose a run above."} />
      ) : missing ? (
        <EmptyState icon={<IconHistory size={24} />} title="Not in this run" text="The action was not part of the chosen run, or has another name since." />
      ) : (
        <DataView loading={query.isPending} error={query.error ? asProblem(query.error) : null} hasData={query.data !== undefined} onRetry={() => void query.refetch()} skeleton={<SkeletonLines lines={4} />}>
          {query.data && <Side key={side} side={side} values={query.data} />}
        </DataView>
      )}
    </>
  );
}

const TREE = "\u0000tree";

function Side({ side, values }: { readonly side: "inputs" | "outputs"; readonly values: Values }) {
  const value = values[side];
  const secured = values.secured.includes(side);
  const tables = useMemo(() => (value && !secured ? tablesIn(value) : []), [value, secured]);
  const [shown, setShown] = useState(TREE);
  const table = tables.find((one) => one.path === shown);
  const label = side === "inputs" ? "Inputs" : "Outputs";
  return (
    <div className={styles.dataBody}>
      {tables.length > 0 && (
        <Select
          className={styles.dataView}
          aria-label="Shown as"
          value={table ? shown : TREE}
          data={[{ value: TREE, label: "Tree" }, ...tables.map((one) => ({ value: one.path, label: `Table${one.path === "" ? "" : ` of ${one.path}`}` }))]}
          onChange={(next) => setShown(next ?? TREE)}
        />
      )}
      {table ? <JsonTableView table={table} label={`${label} as a table`} /> : <ValueView value={value} label={label} secured={secured} empty={side === "inputs" ? "There are no inputs." : "There are no outputs."} maxHeight="40vh" />}
    </div>
  );
}
