import { IconDownload, IconFile, IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { AnchorButton } from "./Button";
import { CopyButton } from "./CopyButton";
import { type JsonNode, member, printJson, textOf } from "./jsonTree";
import { later } from "./later";
import { SkeletonLines } from "./Skeletons";
import styles from "./ValueView.module.css";
import { momentText, useZone, writtenMoment } from "./zone";

/** Comes with the first value that is looked at: pages paint without it. */
const JsonView = later(() => import("./JsonView").then((module) => module.JsonView), () => <SkeletonLines lines={5} />);

/** `12 B`, `3.4 KB`, `1.2 MB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A value kept elsewhere because it is big: `{"$ref": {"size", "type", "href"}}`. */
export function reference(node: JsonNode): { readonly size: number; readonly type: string; readonly href: string } | null {
  const ref = node.kind === "object" && node.members.length === 1 ? member(node, "$ref") : undefined;
  const href = textOf(member(ref, "href"));
  if (!ref || href === undefined) return null;
  return { size: Number(textOf(member(ref, "size")) ?? 0), type: textOf(member(ref, "type")) ?? "value", href };
}

/** Whether a part of it is kept apart and was not sent along. */
export function holdsReference(node: JsonNode): boolean {
  if (reference(node)) return true;
  if (node.kind === "object") return node.members.some((one) => holdsReference(one.value));
  return node.kind === "array" && node.items.some(holdsReference);
}

export interface ValueViewProps {
  readonly value: JsonNode | undefined;
  readonly label: string;
  readonly secured?: boolean | undefined;
  /** Said when there is no value. */
  readonly empty?: string | undefined;
  readonly maxHeight?: number | string | undefined;
}

/** A value in the form that suits its type. Above 1 MB it is offered as a download instead of drawn. */
export function ValueView({ value, label, secured, empty = "No value", maxHeight }: ValueViewProps) {
  const zone = useZone();
  if (secured) {
    return (
      <div className={styles.note}>
        <IconLock size={16} aria-hidden /> Secured: this value is hidden, also from administrators.
      </div>
    );
  }
  if (!value) return <div className={styles.note}>{empty}</div>;
  const ref = reference(value);
  if (ref) {
    return (
      <div className={styles.note}>
        <IconFile size={16} aria-hidden /> {ref.type}, {formatSize(ref.size)}
        <AnchorButton size="small" href={ref.href} download icon={<IconDownload size={14} />}>
          Download
        </AnchorButton>
      </div>
    );
  }
  if (value.kind === "object" || value.kind === "array") {
    return <JsonView value={value} label={label} maxHeight={maxHeight} />;
  }
  const text = value.kind === "string" ? value.text : printJson(value);
  const moment = value.kind === "string" ? writtenMoment(text) : null;
  return (
    <div className={styles.scalar}>
      <pre className={styles.text} tabIndex={0} aria-label={label}>
        {text === "" ? "(empty text)" : text.slice(0, 65_536)}
        {moment && ` (${momentText(moment, zone)})`}
        {text.length > 65_536 && `… ${text.length.toLocaleString("en")} characters in all`}
      </pre>
      <CopyButton value={text} label="Copy value" />
    </div>
  );
}

/** Names and values side by side. */
export function KeyValues({ items }: { readonly items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.pairs}>
      {items.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
