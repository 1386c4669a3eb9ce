import { IconCheck, IconCircleDashed, IconPlugConnectedX, IconPuzzleOff, IconQuestionMark, IconUnlink } from "@tabler/icons-react";
import { Spinner } from "../../ui/Spinner";
import type { UseState } from "../../workflow/connections";
import styles from "./connections.module.css";

const STATES = {
  ok: { word: "Works", icon: IconCheck },
  failing: { word: "Failing", icon: IconPlugConnectedX },
  untested: { word: "Not tested", icon: IconQuestionMark },
  missing: { word: "Not found", icon: IconUnlink },
  none: { word: "Not chosen", icon: IconCircleDashed },
  foreign: { word: "Not installed", icon: IconPuzzleOff },
};

/** How a connection is, as icon, word and colour. */
export function ConnectionState({ state, busy = false }: { readonly state: UseState; readonly busy?: boolean }) {
  const { word, icon: Icon } = STATES[state];
  if (busy) return <Spinner label="Testing" />;
  return (
    <span className={styles.state} data-state={state}>
      <Icon size={14} aria-hidden />
      {word}
    </span>
  );
}
