import { IconBold, IconH2, IconItalic, IconLink, IconList, IconListNumbers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { IconButton } from "../../../ui/IconButton";
import { SegmentedControl } from "../../../ui/SegmentedControl";
import { usePanel } from "../PanelContext";
import type { EditorProps } from "./EditorProps";
import { sanitised } from "./sanitised";
import { TextValue } from "./simple";
import styles from "../panel.module.css";

const PIECES = [
  { label: "Bold", icon: <IconBold size={15} />, html: "<strong>text</strong>" },
  { label: "Italic", icon: <IconItalic size={15} />, html: "<em>text</em>" },
  { label: "Heading", icon: <IconH2 size={15} />, html: "<h2>Heading</h2>" },
  { label: "Link", icon: <IconLink size={15} />, html: '<a href="https://">text</a>' },
  { label: "Bullet list", icon: <IconList size={15} />, html: "<ul>\n  <li>item</li>\n</ul>" },
  { label: "Numbered list", icon: <IconListNumbers size={15} />, html: "<ol>\n  <li>item</li>\n</ol>" },
] as const;

/** HTML as source with tokens, and as it will look with the values of the chosen run. */
export function HtmlValue(props: EditorProps) {
  const { node, field, readOnly, onText } = props;
  const [mode, setMode] = useState("source");
  const text = node?.kind === "string" ? String(node.value) : "";
  return (
    <div className={styles.rows}>
      <div className={styles.htmlBar}>
        <SegmentedControl aria-label={`${field.title}: view`} value={mode} data={[{ value: "source", label: "Source" }, { value: "preview", label: "Preview" }]} onChange={setMode} />
        {mode === "source" && !readOnly && (
          <div className={styles.htmlTools} role="toolbar" aria-label={`${field.title}: insert`}>
            {PIECES.map((piece) => (
              <IconButton key={piece.label} size="small" label={piece.label} icon={piece.icon} onClick={() => onText(JSON.stringify(text === "" ? piece.html : `${text}\n${piece.html}`))} />
            ))}
          </div>
        )}
      </div>
      {mode === "source" ? <TextValue {...props} /> : <Preview text={text} label={field.title} />}
    </div>
  );
}

/**
 * Drawn in a frame that may do nothing: no scripts, no forms, no way to this page (sandbox without a word), nothing fetched
 * from anywhere (its own content policy), whatever the text says; what would try is taken out before.
 */
function Preview({ text, label }: { readonly text: string; readonly label: string }) {
  const { evaluate } = usePanel();
  const late = useDeferredValue(text);
  const values = useQuery({
    queryKey: ["html-preview", evaluate?.key, late],
    queryFn: ({ signal }) => (evaluate ? evaluate.value(late, signal) : null),
    enabled: evaluate !== null && late.includes("@"), retry: false,
  });
  if (text === "") return <p className={styles.help}>Nothing to show yet.</p>;
  const answer = late.includes("@") ? values.data : null;
  const shown = answer?.error === undefined && typeof answer?.value === "string" ? answer.value : text;
  return (
    <>
      <iframe className={styles.htmlFrame} sandbox="" referrerPolicy="no-referrer" title={`${label}: preview`} srcDoc={framed(sanitised(shown))} />
      <div className={styles.help}>{answer?.error ? `Expressions are shown as they are written: ${answer.error.message}` : late.includes("@") && !evaluate ? "Choose a run or a sample above to see its values." : "Pictures and styles from elsewhere are not fetched here."}</div>
    </>
  );
}

const framed = (html: string): string =>
  `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"><style>body{margin:12px;font:14px/1.45 system-ui,sans-serif;color:#1b1f24;background:#fff;overflow-wrap:anywhere}img{max-width:100%}</style>${html}`;
