import { IconChevronLeft, IconChevronRight, IconList, IconPlayerSkipBack, IconPlayerSkipForward } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { asProblem } from "../../api/problem";
import { repetitionsQuery } from "../../api/runs";
import type { ActionStatus, RepetitionCounts, RunRepetition } from "../../api/types";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { HeatStrip } from "../../ui/HeatStrip";
import { IconButton } from "../../ui/IconButton";
import { StatusPill } from "../../ui/StatusPill";
import { TextField } from "../../ui/TextField";
import { isInLayer, isTyping } from "../../ui/typing";
import { actionTitle, parseTurns } from "./nesting";
import styles from "./Repetitions.module.css";
import { durationOf } from "./runState";

export interface RepetitionsProps {
  readonly tenant: string;
  readonly run: string;
  readonly loop: string;
  /** Whose states the turns show: the loop itself, or an action of its body. */
  readonly subject: string;
  /** The chosen turns of the loops around this one, e.g. "3"; empty at the top. */
  readonly parent: string;
  readonly counts: RepetitionCounts | undefined;
  readonly selected: number | null;
  readonly onSelect: (turn: number) => void;
  /** Nothing below can be shown before a turn is chosen: the first that failed, once it is known. */
  readonly errorFirst: boolean;
  /** The loop whose turns `Shift+,` and `Shift+.` walk. */
  readonly innermost: boolean;
}

const filters: readonly (readonly [ActionStatus, keyof RepetitionCounts])[] = [
  ["Failed", "failed"],
  ["Running", "running"],
  ["Succeeded", "succeeded"],
  ["Skipped", "skipped"],
  ["Cancelled", "cancelled"],
];

/** Chooses one turn of a loop: by number, by strip, or from the list, which reaches every one of them. */
export function Repetitions({ tenant, run, loop, subject, parent, counts, selected, onSelect, errorFirst, innermost }: RepetitionsProps) {
  const [status, setStatus] = useState<ActionStatus | undefined>(undefined);
  const [open, setOpen] = useState(false);
  const since = counts ? `${counts.total}:${counts.failed}:${counts.running}` : "";
  const all = useInfiniteQuery(repetitionsQuery(tenant, run, subject, { parent }, since));
  const failed = useInfiniteQuery({
    ...repetitionsQuery(tenant, run, subject, { parent, status: "Failed" }, since),
    enabled: (counts?.failed ?? 1) > 0,
  });
  const failures = itemsOf(failed).map(turnOf);
  useErrorFirst(errorFirst && selected === null ? failures[0] : undefined, onSelect);
  const walk = (step: 1 | -1): void => {
    const next = step > 0 ? failures.find((turn) => turn > (selected ?? -1)) : failures.findLast((turn) => turn < (selected ?? 0));
    if (next !== undefined) onSelect(next);
    else if (step > 0 && failed.hasNextPage) {
      // Beyond what was loaded: the answer comes in order, so its first turn is the next one.
      void failed.fetchNextPage().then(({ data }) => {
        const found = itemsOf({ data }).map(turnOf).find((turn) => turn > (selected ?? -1));
        if (found !== undefined) onSelect(found);
      });
    }
  };
  useFailureWalk(innermost, walk);
  const known = new Map<number, string>();
  for (const query of [all, failed]) for (const item of itemsOf(query)) known.set(turnOf(item), item.status);
  const total = counts?.total ?? known.size;
  const rest = restOf(counts, failures.length);
  if (total === 0) return all.isPending ? null : <p className={styles.none}>{actionTitle(loop)} made no turns.</p>;
  const goTo = (text: string) => {
    const turn = Number(text) - 1;
    if (Number.isInteger(turn) && turn >= 0 && turn < total && turn !== selected) onSelect(turn);
  };
  return (
    <section className={styles.picker} aria-label={`Turns of ${actionTitle(loop)}`}>
      <div className={styles.head}>
        <span className={styles.title}>{actionTitle(loop)}</span>
        <IconButton
          size="small"
          label="Previous turn"
          keys=","
          icon={<IconChevronLeft size={16} />}
          disabled={(selected ?? 0) <= 0}
          onClick={() => onSelect((selected ?? 1) - 1)}
        />
        <TextField
          className={styles.number}
          aria-label={`Turn of ${actionTitle(loop)}`}
          inputMode="numeric"
          key={selected}
          defaultValue={selected === null ? "" : selected + 1}
          onBlur={(event) => goTo(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && goTo(event.currentTarget.value)}
        />
        <span className={styles.of}>of {total.toLocaleString("en")}
          {counts === undefined && all.hasNextPage && "+"}</span>
        <IconButton
          size="small"
          label="Next turn"
          keys="."
          icon={<IconChevronRight size={16} />}
          disabled={selected !== null && selected >= total - 1}
          onClick={() => onSelect(selected === null ? 0 : selected + 1)}
        />
      </div>
      <HeatStrip
        label={`Turns of ${actionTitle(loop)}`}
        total={total}
        statusOf={(index) => known.get(index) ?? rest}
        selected={selected}
        onSelect={onSelect}
      />
      <div className={styles.tools}>
        <div className={styles.filters}>
          {filters.map(([word, key]) =>
            (counts?.[key] ?? 0) > 0 ? (
              <button
                key={word}
                type="button"
                className={styles.filter}
                aria-pressed={open && status === word}
                onClick={() => {
                  const same = open && status === word;
                  setStatus(same ? undefined : word);
                  setOpen(!same);
                }}
              >
                {counts?.[key].toLocaleString("en")} {word.toLowerCase()}
              </button>
            ) : null,
          )}
        </div>
        {failures.length > 0 && (
          <>
            <IconButton
              size="small"
              label="Previous failed turn"
              keys="Shift+,"
              icon={<IconPlayerSkipBack size={15} />}
              disabled={(failures[0] ?? 0) >= (selected ?? 0)}
              onClick={() => walk(-1)}
            />
            <IconButton
              size="small"
              label="Next failed turn"
              keys="Shift+."
              icon={<IconPlayerSkipForward size={15} />}
              disabled={!failed.hasNextPage && (failures.at(-1) ?? 0) <= (selected ?? -1)}
              onClick={() => walk(1)}
            />
          </>
        )}
        <IconButton
          size="small"
          label={open ? "Hide the list of turns" : "List all turns"}
          icon={<IconList size={16} />}
          aria-expanded={open}
          onClick={() => {
            setStatus(undefined);
            setOpen(!open);
          }}
        />
      </div>
      {open && <TurnList tenant={tenant} run={run} subject={subject} parent={parent} since={since} status={status} selected={selected} onSelect={onSelect} />}
    </section>
  );
}

/** Of a turn that was not asked about: what it must have been, where every other ending is known. */
function restOf(counts: RepetitionCounts | undefined, failures: number): ActionStatus | undefined {
  if (!counts || counts.running + counts.skipped + counts.cancelled > 0) return undefined;
  return counts.failed <= failures && counts.succeeded + counts.failed === counts.total ? "Succeeded" : undefined;
}

function useErrorFirst(turn: number | undefined, onSelect: (turn: number) => void): void {
  const select = useEffectEvent(onSelect);
  useEffect(() => {
    if (turn !== undefined) select(turn);
  }, [turn]);
}

/** By place, not by character: what Shift makes of a comma differs from keyboard to keyboard. */
function useFailureWalk(active: boolean, walk: (step: 1 | -1) => void): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (!event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isInLayer(event.target)) return;
    if (event.code === "Period") walk(1);
    else if (event.code === "Comma") walk(-1);
  });
  useEffect(() => {
    if (!active) return undefined;
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [active]);
}

interface TurnListProps extends Omit<RepetitionsProps, "counts" | "loop" | "errorFirst" | "innermost"> {
  readonly since: string;
  readonly status: ActionStatus | undefined;
}

function TurnList({ tenant, run, subject, parent, since, status, selected, onSelect }: TurnListProps) {
  const query = useInfiniteQuery(repetitionsQuery(tenant, run, subject, status ? { parent, status } : { parent }, since));
  if (query.error) return <Banner tone="error">{asProblem(query.error).message}</Banner>;
  const items = itemsOf(query);
  return (
    <ul className={styles.list} aria-label="Turns">
      {items.map((item) => {
        const turn = turnOf(item);
        const duration = durationOf(item);
        return (
          <li key={item.repetition}>
            <button type="button" className={styles.row} aria-current={turn === selected} onClick={() => onSelect(turn)}>
              <span>Turn {(turn + 1).toLocaleString("en")}</span>
              <StatusPill status={item.status} duration={duration} />
              <span className={styles.reason}>{item.error?.message ?? ""}</span>
            </button>
          </li>
        );
      })}
      {query.isSuccess && items.length === 0 && <li className={styles.none}>None with this status.</li>}
      {query.hasNextPage && (
        <li className={styles.more}>
          <Button size="small" variant="quiet" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Load more
          </Button>
        </li>
      )}
    </ul>
  );
}

function itemsOf(query: { data?: { pages: readonly { items: readonly RunRepetition[] }[] } | undefined }): readonly RunRepetition[] {
  return query.data?.pages.flatMap((page) => page.items) ?? [];
}

function turnOf(item: RunRepetition): number {
  return parseTurns(item.repetition).at(-1) ?? 0;
}
