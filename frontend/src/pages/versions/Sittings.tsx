import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useId, useState } from "react";
import { Time } from "../../ui/Time";
import { afterIt, beforeIt, stepWords, type PastEdits, type Sitting } from "../../workflow/past";
import { pastId, revisionOf } from "./moments";
import styles from "./VersionsPage.module.css";

interface SittingsProps {
  /** Whose changes these are: "the draft", "version 3". */
  readonly of: string;
  readonly sittings: readonly Sitting[];
  readonly base: string;
  readonly chosen: string;
  /** More of them lie on the next page of the history. */
  readonly more: { readonly onMore: () => void; readonly busy: boolean } | undefined;
  readonly onChoose: (before: string, after: string) => void;
}

/** The changes that led to a version, by sitting; closed until somebody looks for one. */
export function Sittings({ of, sittings, base, chosen, more, onChoose }: SittingsProps) {
  const revision = revisionOf(chosen);
  const inside = revision !== null && sittings.some((each) => beforeIt(each) < revision && revision <= afterIt(each));
  const [asked, setAsked] = useState<boolean | null>(null);
  const open = asked ?? inside;
  const id = useId();
  const count = sittings.reduce((sum, each) => sum + each.steps.length, 0);
  const words = count === 1 && !more ? "1 change" : `${count}${more ? "+" : ""} changes`;
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <div className={styles.sittings}>
      <button type="button" className={styles.fold} aria-label={`${words} that led to ${of}`} aria-expanded={open} aria-controls={id} onClick={() => setAsked(!open)}>
        <Chevron size={14} aria-hidden />
        {words}
      </button>
      <div id={id} hidden={!open}>
        {open && sittings.map((each) => <OneSitting key={afterIt(each)} sitting={each} base={base} chosen={chosen} onChoose={onChoose} />)}
        {open && more && (
          <button type="button" className={styles.fold} disabled={more.busy} onClick={more.onMore}>
            Earlier changes
          </button>
        )}
      </div>
    </div>
  );
}

interface OneProps {
  readonly sitting: Sitting;
  readonly base: string;
  readonly chosen: string;
  readonly onChoose: (before: string, after: string) => void;
}

function OneSitting({ sitting, base, chosen, onChoose }: OneProps) {
  const [first, last] = [pastId(beforeIt(sitting)), pastId(afterIt(sitting))];
  const newest = sitting.steps[0];
  if (!newest) return null;
  if (sitting.steps.length === 1) return <Step step={newest} author current={chosen === last && base === first} onChoose={() => onChoose(first, last)} />;
  const revision = revisionOf(chosen);
  const within = revision !== null && beforeIt(sitting) < revision && revision <= afterIt(sitting);
  return (
    <>
      <button type="button" className={styles.step} aria-current={chosen === last && base === first} onClick={() => onChoose(first, last)}>
        <span className={styles.line}>
          <strong>{sitting.steps.length} changes</strong>
          <span className={`${styles.muted} ${styles.time}`}>
            <Time iso={newest.at} />
          </span>
        </span>
        <span className={styles.muted}>{sitting.author ?? "Unknown author"}</span>
      </button>
      {within && (
        <div className={styles.within}>
          {sitting.steps.map((each) => (
            <Step
              key={each.revision}
              step={each}
              current={chosen === pastId(each.revision) && base === pastId(each.revision - 1)}
              onChoose={() => onChoose(pastId(each.revision - 1), pastId(each.revision))}
            />
          ))}
        </div>
      )}
    </>
  );
}

function Step({ step, author = false, current, onChoose }: { readonly step: PastEdits; readonly author?: boolean; readonly current: boolean; readonly onChoose: () => void }) {
  return (
    <button type="button" className={styles.step} aria-current={current} onClick={onChoose}>
      <span className={styles.line}>
        <span className={styles.said}>{stepWords(step)}</span>
        <span className={`${styles.muted} ${styles.time}`}>
          <Time iso={step.at} />
        </span>
      </span>
      {author && <span className={styles.muted}>{step.author ?? "Unknown author"}</span>}
    </button>
  );
}
