import { Skeleton } from "../../ui/Skeletons";
import styles from "./designer.module.css";

/** The shape of the designer while the draft is on its way. */
export function DesignerSkeleton() {
  return (
    <div className={styles.page} role="status" aria-label="Loading the workflow">
      <div className={styles.topWaiting}>
        <Skeleton width={180} height={16} />
      </div>
      <div className={styles.waiting}>
        {[0, 1, 2, 3].map((card) => (
          <div key={card} className={styles.waitingCard} />
        ))}
      </div>
    </div>
  );
}
