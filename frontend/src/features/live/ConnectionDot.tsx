import { useEffect, useState } from "react";
import { useSocketState } from "../../api/live";
import { Tooltip } from "../../ui/Tooltip";
import styles from "./ConnectionDot.module.css";

/** Whether this tab hears the server. The words appear only when the connection has been gone for five seconds. */
export function ConnectionDot({ tenant }: { readonly tenant: string }) {
  const state = useSocketState(tenant);
  const down = useDownFor(state === "open", 5000);
  const shown = state === "open" ? "open" : down ? "closed" : "connecting";
  const words = { open: "Live", connecting: "Connecting", closed: "Reconnecting" }[shown];
  const text =
    shown === "open"
      ? "Connected: what happens on the server shows at once."
      : "The live connection is down. Pages refresh every few seconds until it is back.";
  return (
    <Tooltip text={text} multiline>
      <span className={styles.dot} data-state={shown} role="status" aria-label={`Live connection: ${words}`} tabIndex={0}>
        {words}
      </span>
    </Tooltip>
  );
}

function useDownFor(open: boolean, ms: number): boolean {
  const [down, setDown] = useState(false);
  useEffect(() => {
    if (open) return undefined;
    const timer = setTimeout(() => setDown(true), ms);
    return () => {
      clearTimeout(timer);
      setDown(false);
    };
  }, [open, ms]);
  return down;
}
