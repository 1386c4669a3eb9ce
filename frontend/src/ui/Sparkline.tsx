import { Tooltip } from "./Tooltip";
import styles from "./Sparkline.module.css";

export interface SparklineBar {
  readonly ok: number;
  readonly failed: number;
  readonly running: number;
}

const width = 120;
const height = 24;

/** "61 % succeeded, 12 failed of 31 in 24 hours": the words behind the bars. */
export function sparklineWords(bars: readonly SparklineBar[]): string {
  const sum = (key: keyof SparklineBar) => bars.reduce((total, bar) => total + bar[key], 0);
  const [ok, failed, running] = [sum("ok"), sum("failed"), sum("running")];
  const total = ok + failed + running;
  if (total === 0) return `No runs in ${bars.length} hours`;
  const share = ok + failed > 0 ? `${Math.round((100 * ok) / (ok + failed))} % succeeded, ` : "";
  return `${share}${failed} failed of ${total} in ${bars.length} hours${running > 0 ? `, ${running} running` : ""}`;
}

/** Stacked bars, one per hour, the newest at the right; empty hours keep a base line. */
export function Sparkline({ bars }: { readonly bars: readonly SparklineBar[] }) {
  const most = Math.max(1, ...bars.map((bar) => bar.ok + bar.failed + bar.running));
  const step = width / Math.max(1, bars.length);
  const words = sparklineWords(bars);
  return (
    <Tooltip text={words}>
      <svg className={styles.chart} width={width} height={height} role="img" aria-label={words} viewBox={`0 0 ${width} ${height}`}>
        {bars.map((bar, index) => {
          const x = index * step;
          let y = height;
          const part = (count: number, tone: string) => {
            if (count === 0) return null;
            const tall = Math.max(2, (count / most) * (height - 2));
            y -= tall;
            return <rect key={tone} x={x} y={y} width={step - 1} height={tall} fill={`var(--mr-chart-${tone})`} />;
          };
          return (
            // Hours have no identity of their own: the position is the key.
            <g key={index}>
              {bar.ok + bar.failed + bar.running === 0 && <rect x={x} y={height - 1} width={step - 1} height={1} className={styles.base} />}
              {part(bar.ok, "ok")}
              {part(bar.running, "running")}
              {part(bar.failed, "failed")}
            </g>
          );
        })}
      </svg>
    </Tooltip>
  );
}
