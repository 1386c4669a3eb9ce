import { IconEyeSearch, IconFilterOff } from "@tabler/icons-react";
import type { RunsLooked } from "../../api/types";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { Time } from "../../ui/Time";
import styles from "./RunList.module.css";

export interface LookedSoFar extends RunsLooked {
  /** There are runs it has not come to. */
  readonly more: boolean;
}

/** All pages' searches as one: how many runs, back to when, and which limit the last one met. */
export function together(pages: readonly { readonly looked: RunsLooked | null; readonly nextCursor: string | null }[]): LookedSoFar | null {
  const all = pages.flatMap(({ looked }) => looked ?? []);
  const last = all.at(-1);
  if (!last) return null;
  const backTo = all.findLast((one) => one.backTo !== null)?.backTo ?? null;
  const sum = (of: (one: RunsLooked) => number): number => all.reduce((before, one) => before + of(one), 0);
  return { runs: sum((one) => one.runs), backTo, stopped: last.stopped, partly: sum((one) => one.partly), more: (pages.at(-1)?.nextCursor ?? null) !== null };
}

const LIMITS: Readonly<Record<NonNullable<RunsLooked["stopped"]>, string>> = {
  runs: "That is as many as one search looks at.",
  bytes: "That is as much as one search reads.",
  time: "That is as long as one search may take.",
  busy: "Others are searching just now; try again in a moment.",
};

interface NoneMatchProps {
  readonly more: { readonly onMore: () => void; readonly busy: boolean } | undefined;
  readonly looked: LookedSoFar | null;
  readonly onClear: () => void;
}

/** No run is as the filters ask, or none was met yet. */
export function NoneMatch({ more, looked, onClear }: NoneMatchProps) {
  return (
    <EmptyState
      icon={<IconFilterOff size={24} />}
      title={more ? "None yet among the newest runs" : "No runs match"}
      text={more ? "The older ones have not been looked through." : "No run is as these filters ask."}
      primary={
        more && !looked ? (
          <Button variant="primary" busy={more.busy} onClick={more.onMore}>
            Search further back
          </Button>
        ) : undefined
      }
      secondary={<Button onClick={onClear}>Clear filters</Button>}
    />
  );
}

interface LookedNoteProps {
  readonly looked: LookedSoFar;
  readonly busy: boolean;
  readonly onMore: () => void;
  readonly onAgain: () => void;
}

/** Where a search stopped that no index answers, and how to go on from there. */
export function LookedNote({ looked, busy, onMore, onAgain }: LookedNoteProps) {
  const { runs, backTo, stopped, partly, more } = looked;
  return (
    <div className={styles.looked} role="status">
      <IconEyeSearch size={18} aria-hidden />
      <p>
        {runs > 0 && (
          <>
            {more ? `${runs.toLocaleString("en")} ${runs === 1 ? "run was" : "runs were"} looked through` : `All ${runs.toLocaleString("en")} runs that the other filters leave were looked through`}
            {more && backTo !== null && (
              <>
                , back to <Time iso={backTo} absolute />
              </>
            )}
            .{" "}
          </>
        )}
        {stopped !== null && LIMITS[stopped]} {more && stopped !== "busy" && "Older ones can still match: search further back, or choose another time above."}
        {partly > 0 && ` ${partly.toLocaleString("en")} of them ${partly === 1 ? "holds" : "hold"} more than is looked through, so a match there may be missing.`}
      </p>
      {more ? (
        <Button size="small" busy={busy} onClick={onMore}>
          Search further back
        </Button>
      ) : (
        <Button size="small" busy={busy} onClick={onAgain}>
          Search again
        </Button>
      )}
    </div>
  );
}
