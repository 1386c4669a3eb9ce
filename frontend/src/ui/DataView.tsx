import type { ReactNode } from "react";
import { Banner } from "./Banner";
import { Button } from "./Button";
import styles from "./DataView.module.css";
import type { ErrorFacts } from "./ErrorPanel";
import { Failure } from "./Failure";
import { SkeletonRows } from "./Skeletons";

export interface DataViewProps {
  readonly loading: boolean;
  readonly error: ErrorFacts | null;
  /** Something was loaded before: it stays visible, dimmed, while an error is shown above it. */
  readonly hasData: boolean;
  readonly onRetry: () => void;
  /** Where to go instead when there is nothing to show. */
  readonly wayOut?: ReactNode;
  /** In the shape of the final content. */
  readonly skeleton?: ReactNode;
  readonly children: ReactNode;
}

/** The states every data view has: loading, forbidden, gone, offline, error (with what was there before), content. */
export function DataView({ loading, error, hasData, onRetry, wayOut, skeleton, children }: DataViewProps) {
  if (error && hasData) {
    return (
      <>
        <div className={styles.banner}>
          <Banner
            tone="warning"
            live
            action={
              <Button size="small" onClick={onRetry}>
                Try again
              </Button>
            }
          >
            {error.status === 0 ? "No connection: this is what was loaded before." : `${error.detail ?? error.title} This is what was loaded before.`}
          </Banner>
        </div>
        <div className={styles.stale}>{children}</div>
      </>
    );
  }
  if (error) return <Failure error={error} onRetry={onRetry} wayOut={wayOut} />;
  if (loading) return <>{skeleton ?? <div className={styles.frame}><SkeletonRows /></div>}</>;
  return <>{children}</>;
}
