import { IconLoader2 } from "@tabler/icons-react";
import styles from "./Button.module.css";

/** For small waits inside a control; data views use skeletons. */
export function Spinner({ size = 16, label = "Loading" }: { readonly size?: number; readonly label?: string }) {
  return (
    <span role="status" aria-label={label} style={{ display: "inline-flex" }}>
      <IconLoader2 size={size} className={styles.spin} aria-hidden />
    </span>
  );
}
