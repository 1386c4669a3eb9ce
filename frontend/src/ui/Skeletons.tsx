import styles from "./Skeletons.module.css";

/** A grey bar in the place of text that is still loading; appears after 150 ms, so fast answers do not flicker. */
export function Skeleton({ width = "100%", height = 12 }: { readonly width?: number | string; readonly height?: number | string }) {
  return <span className={styles.bar} style={{ width, height }} aria-hidden />;
}

const widths = ["28%", "22%", "34%", "26%", "31%", "24%", "29%", "21%"];

export function SkeletonRows({ rows = 8, label = "Loading" }: { readonly rows?: number; readonly label?: string }) {
  return (
    <div role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={styles.row}>
          <Skeleton width={widths[index % widths.length] ?? "25%"} />
          <Skeleton width={56} />
          <Skeleton width="18%" />
          <Skeleton width={90} height={18} />
        </div>
      ))}
    </div>
  );
}

export function SkeletonLines({ lines = 4, label = "Loading" }: { readonly lines?: number; readonly label?: string }) {
  return (
    <div role="status" aria-label={label} className={styles.lines}>
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} width={`${92 - ((index * 17) % 45)}%`} />
      ))}
    </div>
  );
}
