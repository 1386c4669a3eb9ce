import { IconFile, IconUpload, IconX } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { Button } from "../../../ui/Button";
import { IconButton } from "../../../ui/IconButton";
import { stringOf } from "../../../workflow/tree";
import type { EditorProps } from "./EditorProps";
import { AnyValue } from "./simple";
import styles from "../panel.module.css";

/** A file stands in the definition itself, a third larger than it is: what is bigger belongs into Storage. */
export const FILE_LIMIT = 256_000;

/** A content: text with values, or a file that is kept in the definition (`$content`, as WDL writes bytes). */
export function ContentValue(props: EditorProps) {
  const { field, node, readOnly, onText } = props;
  const chooser = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const member = (name: string): string | undefined => stringOf(node?.members.find((one) => one.name === name)?.value);
  const bytes = member("$content");
  const take = async (file: File): Promise<void> => {
    if (file.size > FILE_LIMIT) {
      setSaid(`“${file.name}” has ${sizeWords(file.size)}; ${sizeWords(FILE_LIMIT)} is the most a definition keeps. Put it into Storage and read it with “Read a file”.`);
      return;
    }
    setSaid("");
    const content = base64(new Uint8Array(await file.arrayBuffer()));
    onText(`{"$content-type": ${JSON.stringify(file.type === "" ? "application/octet-stream" : file.type)}, "$content": ${JSON.stringify(content)}}`);
  };
  return (
    <div
      className={styles.rows}
      onDragOver={(event) => !readOnly && event.preventDefault()}
      onDrop={(event) => {
        const file = event.dataTransfer.files[0];
        if (!file || readOnly) return;
        event.preventDefault();
        void take(file);
      }}
    >
      {bytes !== undefined && !bytes.includes("@") ? (
        <div className={styles.file}>
          <IconFile size={18} aria-hidden />
          <span>
            {member("$content-type") ?? "File"}
            <span className={styles.help}>{sizeWords(Math.floor((bytes.replace(/=+$/, "").length * 3) / 4))}, kept in the definition</span>
          </span>
          {!readOnly && <IconButton size="small" label="Remove the file" icon={<IconX size={15} />} onClick={() => onText(field.required ? '""' : null)} />}
        </div>
      ) : (
        <AnyValue {...props} />
      )}
      {!readOnly && (
        <div>
          <input
            ref={chooser}
            type="file"
            hidden
            aria-label={`${field.title}: file`}
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file) void take(file);
              event.currentTarget.value = "";
            }}
          />
          <Button size="small" variant="quiet" icon={<IconUpload size={14} />} onClick={() => chooser.current?.click()}>
            {bytes === undefined ? "Take a file" : "Take another file"}
          </Button>
        </div>
      )}
      {said !== "" && <div className={styles.wrong} role="alert" data-held>{said}</div>}
    </div>
  );
}

const sizeWords = (bytes: number): string => (bytes < 1000 ? `${String(bytes)} B` : bytes < 1_000_000 ? `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);

/** In pieces: a call takes only so many arguments. */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let from = 0; from < bytes.length; from += 0x8000) binary += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
  return btoa(binary);
}
