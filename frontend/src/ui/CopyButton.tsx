import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { Button } from "./Button";
import { IconButton } from "./IconButton";

export interface CopyButtonProps {
  readonly value: string | (() => string);
  readonly label?: string | undefined;
  /** With text: a normal button showing the label. */
  readonly text?: boolean | undefined;
}

/** Copies to the clipboard and says so for two seconds. */
export function CopyButton({ value, label = "Copy", text }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => {
    void copyText(typeof value === "function" ? value() : value).then(setCopied);
  };
  const icon = copied ? <IconCheck size={16} color="var(--mr-succeeded-fg)" /> : <IconCopy size={16} />;
  const said = copied ? "Copied" : label;
  if (text) {
    return (
      <Button size="small" icon={icon} onClick={copy} aria-live="polite">
        {said}
      </Button>
    );
  }
  return <IconButton size="small" label={said} icon={icon} onClick={copy} />;
}

/** True when the text reached the clipboard (it needs HTTPS or localhost; otherwise the older way is tried). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
