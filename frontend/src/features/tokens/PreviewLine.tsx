import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertCircle, IconLock } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { checkTemplate } from "./check";
import { templateOf } from "./templates";
import type { PreviewSource, PreviewValue } from "./TokenContext";
import styles from "./tokens.module.css";

interface PreviewLineProps {
  readonly text: string;
  /** The field takes any value: an object or list in it is one. */
  readonly structured: boolean;
  readonly source: PreviewSource;
}

const PAUSE = 80;
/** The server may hear of an edit after it is asked for a value; then the first answer is too early. */
const SECOND_LOOK = 1500;

/** The value a field has over the chosen data, below it. Typing is never waited for: an older answer stays until the next. */
export function PreviewLine({ text, structured, source }: PreviewLineProps) {
  const [settled] = useDebouncedValue(text, PAUSE);
  const template = templateOf(settled, structured);
  const { data } = useQuery({
    queryKey: ["preview", source.key, template],
    queryFn: ({ signal }) => source.evaluate(template, signal),
    enabled: template !== null && checkTemplate(settled).length === 0,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
    refetchInterval: (query) => (query.state.data?.error && query.state.dataUpdateCount < 2 ? SECOND_LOOK : false),
  });
  if (!data || templateOf(text, structured) === null || checkTemplate(text).length > 0) return null;
  return <Shown answer={data} />;
}

function Shown({ answer }: { readonly answer: PreviewValue }) {
  const { error } = answer;
  if (error?.code === "Secured") {
    return (
      <div className={styles.preview} data-tone="hidden">
        <IconLock size={13} aria-hidden />
        <span className={styles.previewText}>Hidden. {error.message}</span>
      </div>
    );
  }
  if (error) {
    return (
      <div className={styles.preview} data-tone={error.code === "NoData" ? "hidden" : "error"}>
        <IconAlertCircle size={13} aria-hidden />
        <span className={styles.previewText}>{error.message}</span>
      </div>
    );
  }
  const empty = answer.type === "String" && answer.text === "";
  return (
    <div className={styles.preview}>
      <span aria-hidden>=</span>
      <span className={styles.previewText}>{answer.type === "Null" ? "nothing (null)" : empty ? "an empty text" : answer.text}</span>
      <span className={styles.previewType}>{answer.type?.toLowerCase()}</span>
    </div>
  );
}
