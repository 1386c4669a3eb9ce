import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { jsonOf, member } from "../../workflow/tree";
import { usePanel } from "./PanelContext";
import styles from "./panel.module.css";

const TITLES: Readonly<Record<string, string>> = { Recurrence: "Next runs", SlidingWindow: "Next windows" };

/** When the schedule comes round, as the engine reckons it: by its own clock, and by mine where that differs. */
export function NextFirings() {
  const { entry, forecast } = usePanel();
  const node = member(entry.action.value, "recurrence");
  const recurrence = useSettled(node?.kind === "object" ? JSON.stringify(jsonOf(node)) : "");
  const { data, error } = useQuery({
    queryKey: ["forecast", entry.action.name, recurrence],
    queryFn: () => forecast(JSON.parse(recurrence) as Readonly<Record<string, unknown>>),
    enabled: recurrence !== "", retry: false, staleTime: 60_000, placeholderData: keepPreviousData,
  });
  if (error || !data || recurrence === "") return null;
  const title = TITLES[entry.action.type] ?? "Next times it looks";
  if (data.error !== "") return <Shown title={title}>{data.error}</Shown>;
  if (data.times.length === 0) return <Shown title={title}>It does not come round any more.</Shown>;
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Shown title={`${title}, by the clock of ${data.zone === "UTC" ? "UTC" : data.zone.replace(/_/g, " ")}`}>
      <ol aria-label={title}>
        {data.times.map((time, index) => (
          <li key={time}>
            {index === 0 && data.counted ? "When it is published" : formatted(time, data.zone)}
            {!data.counted && data.zone !== mine && <span>{formatted(time, mine, true)} here</span>}
          </li>
        ))}
      </ol>
      {data.counted && <div className={styles.help}>The others count from there; these are for now. A start time fixes them.</div>}
    </Shown>
  );
}

function Shown({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <section className={styles.preview} aria-label="Schedule ahead">
      <div className={styles.previewTitle}>{title}</div>
      {children}
    </section>
  );
}

function formatted(time: string, zone: string, short = false): string {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  const moment = new Date(time);
  const seconds = moment.getUTCSeconds() === 0 ? {} : ({ second: "2-digit" } as const);
  return new Intl.DateTimeFormat("en-GB", { ...options, ...seconds, weekday: "short", day: "numeric", month: "short", ...(short ? {} : { year: "numeric" }) }).format(moment);
}

/** The text as it is once nobody types any more. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
