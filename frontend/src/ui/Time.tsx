import { useSyncExternalStore } from "react";
import { formatRelative } from "./durations";
import { Tooltip } from "./Tooltip";
import { momentText, useZone } from "./zone";

const listeners = new Set<() => void>();
let minute = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  if (listeners.size === 0) minute = Date.now();
  listeners.add(listener);
  timer ??= setInterval(() => {
    minute = Date.now();
    for (const each of listeners) each();
  }, 15_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** A moment: relative words in the text, local and UTC time on hover and focus. One clock turns all of them; `absolute` is by the chosen zone. */
export function Time({ iso, absolute = false }: { readonly iso: string; readonly absolute?: boolean | undefined }) {
  const now = useSyncExternalStore(subscribe, () => minute);
  const zone = useZone();
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return <span>{iso}</span>;
  const text = absolute ? momentText(at, zone) : formatRelative(at, new Date(now), zone);
  return (
    <Tooltip
      text={
        <>
          {momentText(at, "local")}
          <br />
          {at.toISOString()}
        </>
      }
    >
      <time dateTime={iso}>{text}</time>
    </Tooltip>
  );
}
