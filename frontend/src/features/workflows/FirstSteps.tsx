import { IconFileImport, IconLayoutGrid, IconSquarePlus } from "@tabler/icons-react";
import styles from "./WorkflowTable.module.css";

interface FirstStepsProps {
  readonly onBlank: () => void;
  readonly onTemplate: () => void;
  readonly onImport: () => void;
}

/** What the list shows while there is no workflow: three ways to the first one. */
export function FirstSteps({ onBlank, onTemplate, onImport }: FirstStepsProps) {
  const ways = [
    {
      title: "Start from a template",
      text: "A working flow with its connections and parameters; change what differs.",
      icon: <IconLayoutGrid size={22} />,
      go: onTemplate,
    },
    { title: "Start blank", text: "Choose a trigger and build it step by step on the canvas.", icon: <IconSquarePlus size={22} />, go: onBlank },
    {
      title: "Import",
      text: "Bring a Logic Apps definition, an ARM template or a Power Automate package.",
      icon: <IconFileImport size={22} />,
      go: onImport,
    },
  ];
  return (
    <div>
      <div className={styles.welcome}>
        <h2>Your first workflow</h2>
        <p>A workflow starts on an event, such as a web request or a schedule, and carries out its actions. Draw it, publish it, watch it run.</p>
      </div>
      <div className={styles.cards}>
        {ways.map((way) => (
          <button key={way.title} type="button" className={styles.card} onClick={way.go}>
            <span className={styles.cardIcon} aria-hidden>
              {way.icon}
            </span>
            <span className={styles.cardTitle}>{way.title}</span>
            <span className={styles.cardText}>{way.text}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
