import type { RunActionTry } from "../../api/types";
import { formatDuration } from "../../ui/durations";
import { StatusPill } from "../../ui/StatusPill";
import { Time } from "../../ui/Time";
import styles from "./ActionPanel.module.css";
import { durationOf } from "./runState";

/** Every try with what it answered, and the wait before the next. */
export function Tries({ tries }: { readonly tries: readonly RunActionTry[] }) {
  if (tries.length === 0) return <p>This action makes no calls, so it has no tries.</p>;
  return (
    <ol className={styles.tries}>
      {tries.map((one, index) => {
        const before = tries[index - 1];
        const wait = before?.endedAt && one.startedAt ? Date.parse(one.startedAt) - Date.parse(before.endedAt) : 0;
        return (
          <li key={one.number}>
            {wait >= 100 && <div className={styles.gap}>waited {formatDuration(wait)}</div>}
            <div className={styles.try}>
              <div className={styles.tryHead}>
                <strong>Try {one.number}</strong>
                <StatusPill status={one.status} duration={durationOf(one)} />
                <span>{one.startedAt && <Time iso={one.startedAt} absolute />}</span>
              </div>
              {one.interrupted && <p>The server stopped while this call was under way, so it was made again.</p>}
              {one.error && (
                <p>
                  {one.error.code}: {one.error.message}
                </p>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
