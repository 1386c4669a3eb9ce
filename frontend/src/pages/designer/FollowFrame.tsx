import { Button } from "../../ui/Button";
import { toneOf, type Person } from "../../ui/people";
import { titleOf } from "../../workflow/edits";
import styles from "./follow.module.css";

/** A frame around the canvas in the colour of the person it follows, with the way out. */
export function FollowFrame({ person, onStop }: { readonly person: Person; readonly onStop: () => void }) {
  return (
    <div className={styles.frame} data-person={toneOf(person.name)}>
      <div className={styles.band} role="group" aria-label={`Following ${person.name}`}>
        <span className={styles.words}>
          <span>{`Following ${person.name}`}</span>
          <span className={styles.place}>{person.at === undefined ? "who has chosen nothing" : `at ${titleOf(person.at)}`}</span>
        </span>
        <Button size="small" onClick={onStop} aria-keyshortcuts="Escape">
          Stop
        </Button>
      </div>
    </div>
  );
}
