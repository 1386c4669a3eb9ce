import { IconArrowBackUp, IconEqual } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { FlowPreview } from "../../features/canvas/FlowPreview";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { later } from "../../ui/later";
import { SkeletonLines } from "../../ui/Skeletons";
import { actionWords, labelOf, partWords, told } from "../../workflow/changeWords";
import { compare, isSame, nameOf, type ActionChange, type Comparison, type PropertyChange } from "../../workflow/changes";
import type { Node } from "../../workflow/document";
import { openDraft } from "../../workflow/draft";
import { merged } from "../../workflow/merged";
import { jsonOf } from "../../workflow/tree";
import styles from "./VersionsPage.module.css";

const TextDifference = later(() => import("../../ui/TextDifference").then((module) => module.default), () => <SkeletonLines lines={10} />);

export type Mode = "words" | "canvas" | "text";

interface DifferenceProps {
  readonly tenant: string;
  readonly mode: Mode;
  readonly before: string;
  readonly after: string;
  readonly labels: readonly [string, string];
  /** Brings the older state of one action (or one value of it) into the draft; absent where the reader may not edit. */
  readonly onRestore?: ((change: ActionChange, property: PropertyChange | null) => void) | undefined;
}

/** What differs between two versions: in words, on the canvas, or as text. */
export function Difference(props: DifferenceProps) {
  const { before, after, mode, labels } = props;
  const comparison = useMemo(() => compare(openDraft(before), openDraft(after)), [before, after]);
  if (mode === "text") {
    return (
      <div className={styles.merge}>
        <TextDifference before={before} after={after} labels={labels} />
      </div>
    );
  }
  if (mode === "canvas") return <Drawing tenant={props.tenant} comparison={comparison} />;
  if (isSame(comparison)) return <EmptyState icon={<IconEqual size={24} />} title="No differences" text={sentence(`${labels[0]} and ${labels[1]} do the same.`)} />;
  return <Words comparison={comparison} labels={labels} onRestore={props.onRestore} />;
}

function Drawing({ tenant, comparison }: { readonly tenant: string; readonly comparison: Comparison }) {
  const both = useMemo(() => merged(comparison), [comparison]);
  const [at, setAt] = useState(-1);
  const changes = told(comparison);
  const reveal = useMemo(() => {
    const change = changes[at];
    return change ? { name: nameOf(change) } : null;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new object only for another change
  }, [at]);
  const current = changes[at];
  const go = (step: number) => setAt((now) => (changes.length === 0 ? -1 : (now + step + changes.length) % changes.length));
  return (
    <div className={styles.drawing}>
      <FlowPreview tenant={tenant} definition={both.draft} marks={both.marks} reveal={reveal} />
      {changes.length > 0 && (
        <div className={styles.steps}>
          <span role="status">{current ? actionWords(current) : `${String(changes.length)} ${changes.length === 1 ? "change" : "changes"}`}</span>
          <Button size="small" onClick={() => go(at < 0 ? 0 : -1)}>
            Previous
          </Button>
          <Button size="small" onClick={() => go(1)}>
            Next change
          </Button>
        </div>
      )}
    </div>
  );
}

function Words({ comparison, labels, onRestore }: Pick<DifferenceProps, "labels" | "onRestore"> & { readonly comparison: Comparison }) {
  return (
    <ul className={styles.words} aria-label={`Changes from ${labels[0]} to ${labels[1]}`}>
      {told(comparison).map((change) => (
        <li key={`${change.kind} ${nameOf(change)}`} data-kind={change.kind}>
          <div className={styles.sentence}>
            <span>{actionWords(change)}</span>
            {onRestore && (
              <Button size="small" variant="quiet" icon={<IconArrowBackUp size={16} />} aria-label={`Take back: ${actionWords(change)}`} onClick={() => onRestore(change, null)}>
                {change.kind === "added" ? "Remove" : "Restore"}
              </Button>
            )}
          </div>
          {change.properties.length > 0 && <Properties change={change} onRestore={onRestore} />}
        </li>
      ))}
      {comparison.parts.map((part) => (
        <li key={`${part.part} ${part.name}`} data-kind="changed">
          <div className={styles.sentence}>
            <span>{partWords(part)}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Properties({ change, onRestore }: { readonly change: ActionChange; readonly onRestore: DifferenceProps["onRestore"] }) {
  const action = (change.after ?? change.before)?.action;
  if (!action) return null;
  return (
    <details className={styles.properties}>
      <summary>{change.properties.length === 1 ? "Show the value" : `Show ${String(change.properties.length)} values`}</summary>
      <dl>
        {change.properties.map((property) => (
          <div key={property.path}>
            <dt>
              {labelOf(action, property.path)}
              {onRestore && change.properties.length > 1 && (
                <Button size="small" variant="quiet" aria-label={`Restore ${labelOf(action, property.path)} only`} onClick={() => onRestore(change, property)}>
                  Restore only this
                </Button>
              )}
            </dt>
            <dd>
              <del>{shown(property.before)}</del>
              <ins>{shown(property.after)}</ins>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function shown(node: Node | undefined): string {
  if (!node) return "not set";
  return node.kind === "string" ? String(node.value) : JSON.stringify(jsonOf(node), null, 2);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
