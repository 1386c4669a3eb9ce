import { useState } from "react";
import { Banner } from "./Banner";
import { Button } from "./Button";
import { DialogFooter } from "./Dialog";
import { EditedCode } from "./EditedCode";
import { type JsonNode, member, printJson } from "./jsonTree";
import styles from "./BodyForm.module.css";
import { holdsReference } from "./ValueView";

interface BodyFormProps {
  readonly given: GivenBody;
  readonly help: string;
  readonly word: string;
  /** Throws what is wrong with the text. */
  readonly parse: (text: string) => unknown;
  readonly problem: string | null;
  readonly busy: boolean;
  readonly onStart: (body: string) => void;
  readonly onClose: () => void;
}

export interface GivenBody {
  readonly text: string;
  readonly note: string;
}

/** The body of what reached a trigger, to be sent through again in other words. */
export function BodyForm({ given, help, word, parse, problem, busy, onStart, onClose }: BodyFormProps) {
  const [text, setText] = useState(given.text);
  const [broken, setBroken] = useState<string | null>(null);
  const wrong = broken ?? problem;
  const write = (next: string): void => {
    setText(next);
    setBroken(null);
  };
  const start = (): void => {
    try {
      parse(text);
    } catch (error) {
      setBroken(`The body is not JSON: ${error instanceof Error ? error.message : ""}`);
      return;
    }
    onStart(text);
  };
  return (
    <>
      <div className={styles.form}>
        {wrong !== null && (
          <Banner tone="error" live>
            {wrong}
          </Banner>
        )}
        <EditedCode label="Body" value={text} onChange={write} mark={text !== given.text && "changed"} help={`${given.note} ${help}`} />
      </div>
      <DialogFooter start={text !== given.text && <Button variant="quiet" onClick={() => write(given.text)}>As it was</Button>}>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={busy} disabled={text.trim() === ""} onClick={start}>
          {word}
        </Button>
      </DialogFooter>
    </>
  );
}

/** The body that the trigger had, where it can be shown and edited; else none, with the reason. */
export function bodyOf(record: JsonNode): GivenBody {
  const outputs = member(record, "outputs");
  const body = outputs && member(outputs, "body");
  if (!body || body.kind === "null") return { text: "", note: "The trigger brought no body, or it is secured: give one of your own." };
  if (holdsReference(body)) return { text: "", note: "What arrived is too big to be shown here: give a body of your own." };
  return { text: printJson(body), note: "What the trigger had." };
}
