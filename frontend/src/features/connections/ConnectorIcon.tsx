import styles from "./connections.module.css";

interface ConnectorIconProps {
  /** SVG text of the connector. */
  readonly icon: string;
  readonly color: string | null;
  readonly size?: number | undefined;
}

/** A connector's picture on a tile of its colour. The SVG is used as a mask: nothing inside it can run. */
export function ConnectorIcon({ icon, color, size = 32 }: ConnectorIconProps) {
  const mask = icon.trimStart().startsWith("<svg") ? `url("data:image/svg+xml,${encodeURIComponent(icon)}")` : undefined;
  const inner = Math.round(size * 0.6);
  return (
    <span className={styles.tile} style={{ width: size, height: size, background: color ?? "var(--mr-muted)" }} aria-hidden>
      <span
        style={{ width: inner, height: inner, background: "#fff", maskImage: mask, maskSize: "contain", maskRepeat: "no-repeat", maskPosition: "center" }}
      />
    </span>
  );
}
