import { Select } from "../../ui/Select";
import type { Document } from "../../workflow/document";
import { DurationValue, durationWords, NumberValue } from "./editors/simple";
import { isExpression } from "./editors/values";
import { usePanel } from "./PanelContext";
import { clamped, LONGEST, MOST_RETRIES, NEVER, pauses, secondsOf, SHORTEST, spoken, spokenPause, totalPause, triesWithin, USUAL, type Pause, type RetryPolicy } from "./retries";
import { DIFFERENT, fieldOf, Labelled, Section, useSetting } from "./sections";
import styles from "./panel.module.css";

const SHOWN = 6;
const PATH = "/inputs/retryPolicy";

const KINDS = [
  { value: "default", label: "Default: up to 4 times, 5 to 45 s apart" },
  { value: "none", label: "Never" },
  { value: "fixed", label: "Fixed interval" },
  { value: "exponential", label: "Growing interval" },
];

/** What is written, as the engine will read it; a sentence where that is known only in the run. */
function policyOf(type: string, read: (member: string) => string): RetryPolicy | string {
  if (type === "none") return NEVER;
  if (type !== "fixed" && type !== "exponential") return type === "default" ? USUAL : `“${type}” is no retry policy. Choose one of the list.`;
  const members = ["count", "interval", ...(type === "exponential" ? ["minimumInterval", "maximumInterval"] : [])];
  if (members.some((member) => isExpression(read(member)))) return "The times follow from an expression: they are known in the run.";
  const seconds = (member: string, otherwise: number): number => {
    const given = secondsOf(read(member));
    return given === null ? otherwise : clamped(given);
  };
  const count = read("count");
  const minimum = seconds("minimumInterval", SHORTEST);
  return {
    kind: type, count: /^\d+$/.test(count) ? Math.min(Number(count), MOST_RETRIES) : USUAL.count, interval: seconds("interval", USUAL.interval), minimum, maximum: Math.max(minimum, seconds("maximumInterval", LONGEST)),
  };
}

/** Where the engine takes another number than the one written. */
function bounded(text: string): string {
  const seconds = secondsOf(text);
  if (seconds === null || seconds === clamped(seconds)) return "";
  return seconds < SHORTEST ? `The shortest wait is ${spoken(SHORTEST)}: it counts as that.` : "The longest wait is one day: it counts as that.";
}

/** How often and when a failed call is made again. */
export function RetrySection({ document }: { readonly document: Document }) {
  const { readOnly } = usePanel();
  const { node, text, set, differs } = useSetting(document);
  const unlike = differs(PATH);
  const whole = node(PATH);
  const written = whole?.kind === "string" ? String(whole.value) : "";
  const type = text(`${PATH}/type`).toLowerCase() || "default";
  const read = (member: string): string => text(`${PATH}/${member}`);
  const policy = written === "" ? policyOf(type, read) : "The policy follows from an expression: it is known in the run.";
  const custom = written === "" && (type === "fixed" || type === "exponential");
  const count = read("count");
  const props = (title: string, member: string, hint: string) => ({ field: fieldOf(title, `${PATH}/${member}`, hint), document, node: node(`${PATH}/${member}`), labelId: "", readOnly, onText: (value: string | null) => set(`${PATH}/${member}`, value, title) });
  const choose = (next: string | null): void => {
    if (next === null || (next === type && !unlike)) return;
    if (next === "default") set(PATH, null, "Retry");
    else if (next === "none") set(PATH, '{"type": "none"}', "Retry");
    else set(PATH, `{"type": ${JSON.stringify(next)}, "count": ${/^\d+$/.test(count) ? count : count === "" ? "4" : JSON.stringify(count)}, "interval": ${JSON.stringify(read("interval") || "PT10S")}}`, "Retry");
  };
  return (
    <Section title="Retry" summary={unlike ? DIFFERENT : summaryOf(written === "" ? type : "expression", count, read("interval"))}>
      <Select label="Policy" value={written === "" && !unlike ? type : null} placeholder={unlike ? DIFFERENT : written} disabled={readOnly} data={KINDS.some((kind) => kind.value === type) ? KINDS : [...KINDS, { value: type, label: `${type} (unknown)` }]} onChange={choose} />
      {custom && (
        <>
          <Labelled title="Retries after the first try">
            <NumberValue {...props("Count", "count", "4")} />
            {/^\d+$/.test(count) && (Number(count) > MOST_RETRIES || Number(count) < 1) && <div className={styles.caution}>{Number(count) < 1 ? "With 0 there is no second try: “Never” says the same." : `More than ${String(MOST_RETRIES)} are not made.`}</div>}
          </Labelled>
          <Labelled title={type === "fixed" ? "Wait between tries" : "Wait to begin with"}>
            <DurationValue {...props("Interval", "interval", "PT10S")} />
            <Bounded text={read("interval")} />
          </Labelled>
          {type === "exponential" && (
            <div className={styles.two}>
              <Labelled title="At least">
                <DurationValue {...props("Shortest wait", "minimumInterval", "PT5S")} />
                <Bounded text={read("minimumInterval")} />
              </Labelled>
              <Labelled title="At most">
                <DurationValue {...props("Longest wait", "maximumInterval", "P1D")} />
                <Bounded text={read("maximumInterval")} />
              </Labelled>
            </div>
          )}
        </>
      )}
      {unlike ? null : typeof policy === "string" ? <p className={styles.help}>{policy}</p> : <Schedule policy={policy} limit={text("/limit/timeout")} />}
    </Section>
  );
}

function Bounded({ text }: { readonly text: string }) {
  const words = bounded(text);
  return words === "" ? null : <div className={styles.caution}>{words}</div>;
}

function summaryOf(type: string, count: string, interval: string): string {
  if (type === "default") return "";
  if (type === "none") return "never";
  return type === "fixed" || type === "exponential" ? `${type === "fixed" ? "fixed" : "growing"} ${count || "4"}× ${durationWords(interval)}` : type;
}

/** Each try with the pause before it, when every one fails at once. */
function Schedule({ policy, limit }: { readonly policy: RetryPolicy; readonly limit: string }) {
  const all = pauses(policy);
  if (all.length === 0) return <p className={styles.help}>A call that fails is not made again: the action fails at once.</p>;
  const total = totalPause(all);
  const most = Math.max(...all.map((pause) => pause.most));
  const seconds = secondsOf(limit);
  const tries = seconds === null ? null : triesWithin(all, seconds);
  return (
    <div className={styles.preview}>
      <div className={styles.previewTitle}>When each try fails at once</div>
      <ol className={styles.tries} aria-label="Pauses between tries">
        {all.slice(0, SHOWN).map((pause, index) => (
          <li key={index}>
            <span>Try {index + 2}</span>
            <span className={styles.pause} aria-hidden>
              <i style={{ width: `${String((pause.least / most) * 100)}%` }} />
              <i data-drawn style={{ width: `${String(((pause.most - pause.least) / most) * 100)}%` }} />
            </span>
            <span>after {spokenPause(pause)}</span>
          </li>
        ))}
      </ol>
      <div className={styles.help}>
        {all.length > SHOWN && `… and ${String(all.length - SHOWN)} more. `}
        {`All pauses together: ${spokenPause(total)}, without the time the calls take.`}
        {policy.kind === "exponential" && " Each pause is drawn at random between its bounds, so that many runs do not return at once."}
      </div>
      <div className={styles.help}>Made again: no answer, 408, 429 and 5xx. What the service asks for with Retry-After counts when it is longer.</div>
      {tries && tries.sure <= all.length && <div className={styles.caution}>{cutWords(tries, all, seconds ?? 0)}</div>}
    </div>
  );
}

function cutWords({ sure, best }: { readonly sure: number; readonly best: number }, all: readonly Pause[], limit: number): string {
  const begun = sure === best ? String(sure) : `${String(sure)} to ${String(best)}`;
  return `The timeout of ${spoken(limit)} ends the action before all tries are made: ${begun} of ${String(all.length + 1)}.`;
}
