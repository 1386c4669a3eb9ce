import { IconUpload } from "@tabler/icons-react";
import { type DragEvent, useId, useState } from "react";
import styles from "./DropZone.module.css";

export interface DropZoneProps {
  readonly title: string;
  readonly text: string;
  /** File name endings, e.g. ".json,.zip". */
  readonly accept: string;
  readonly multiple?: boolean | undefined;
  readonly onFiles: (files: readonly File[]) => void;
}

/** Files by drop, or by the file chooser: a label around a real file input, so the keyboard works. */
export function DropZone({ title, text, accept, multiple, onFiles }: DropZoneProps) {
  const [over, setOver] = useState(false);
  const id = useId();
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer.files.length > 0) onFiles([...event.dataTransfer.files]);
  };
  return (
    <label
      className={styles.zone}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        type="file"
        className="mr-visually-hidden"
        accept={accept}
        multiple={multiple}
        aria-describedby={id}
        onChange={(event) => {
          if (event.currentTarget.files?.length) onFiles([...event.currentTarget.files]);
          event.currentTarget.value = "";
        }}
      />
      <IconUpload size={24} aria-hidden />
      <span className={styles.title}>{title}</span>
      <span className={styles.text} id={id}>
        {text}
      </span>
    </label>
  );
}
