import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { operationsQuery } from "../../api/operations";
import type { RunActionState, RunDetail } from "../../api/types";
import { Canvas } from "../../features/canvas/Canvas";
import { isLoop, loopsAround } from "../../features/runs/nesting";
import { triggerState } from "../../features/runs/runState";
import { Catalogue } from "../../workflow/catalogue";
import type { Document } from "../../workflow/document";
import { everyAction, type Graph } from "../../workflow/graph";

export interface RunCanvasProps {
  readonly tenant: string;
  readonly definition: { readonly document: Document; readonly graph: Graph };
  readonly run: RunDetail;
  readonly statuses: Readonly<Record<string, RunActionState>>;
  readonly selected: string | null;
  readonly onSelect: (name: string | null) => void;
  readonly turns: readonly number[];
  readonly onTurns: (turns: readonly number[]) => void;
}

/** The designer's canvas, read-only, with what the run did on its cards. */
export function RunCanvas({ tenant, definition, run, statuses, selected, onSelect, turns, onTurns }: RunCanvasProps) {
  const { data: operations } = useQuery(operationsQuery(tenant));
  const catalogue = useMemo(() => (operations ? new Catalogue(operations) : null), [operations]);
  const { graph } = definition;
  const loops = useMemo(
    () =>
      everyAction(graph)
        .filter(isLoop)
        .map((action) => ({ name: action.name, level: loopsAround(graph, action.name).length })),
    [graph],
  );
  const cards = useMemo(() => {
    return { ...statuses, [`trigger:${run.trigger.name}`]: triggerState(run) };
  }, [statuses, run]);
  const chosen = useMemo(
    () => Object.fromEntries(loops.flatMap(({ name, level }) => (turns[level] === undefined ? [] : [[name, turns[level]]]))),
    [loops, turns],
  );
  // What was chosen elsewhere is brought into view; what was clicked here is in view already.
  const [clicked, setClicked] = useState<string | null>(null);
  const reveal = useMemo(() => (selected === null || selected === clicked ? null : { name: selected }), [selected, clicked]);
  const select = (name: string | null) => {
    setClicked(name);
    onSelect(name);
  };
  return (
    <Canvas
      draft={definition}
      catalogue={catalogue}
      readOnly
      statuses={cards}
      selected={selected === null ? [] : [selected]}
      onSelect={(names) => select(names.at(-1) ?? null)}
      onOpen={select}
      turns={chosen}
      onTurn={(loop, turn) => {
        const level = loops.find((each) => each.name === loop)?.level ?? 0;
        onTurns([...turns.slice(0, level), turn]);
      }}
      reveal={reveal}
    />
  );
}
