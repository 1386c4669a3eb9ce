import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { operationsQuery } from "../../api/operations";
import { Catalogue } from "../../workflow/catalogue";
import { openDraft } from "../../workflow/draft";
import type { Mark } from "../../workflow/merged";
import type { Draft } from "../../workflow/draft";
import { Canvas } from "./Canvas";

interface FlowPreviewProps {
  readonly tenant: string;
  /** A definition's text, or the definition read already. */
  readonly definition: string | Draft;
  readonly marks?: ReadonlyMap<string, Mark> | undefined;
  readonly onSelect?: ((name: string | null) => void) | undefined;
  /** Brought into view; a new object each time. */
  readonly reveal?: { readonly name: string } | null | undefined;
}

/** The designer's canvas to look at: fills its parent. */
export function FlowPreview({ tenant, definition, marks, onSelect, reveal }: FlowPreviewProps) {
  const { data: operations } = useQuery(operationsQuery(tenant));
  const catalogue = useMemo(() => (operations ? new Catalogue(operations) : null), [operations]);
  const draft = useMemo(() => (typeof definition === "string" ? openDraft(definition) : definition), [definition]);
  const [selected, setSelected] = useState<readonly string[]>([]);
  const select = (names: readonly string[]) => {
    setSelected(names);
    onSelect?.(names.at(-1) ?? null);
  };
  return <Canvas draft={draft} catalogue={catalogue} readOnly marks={marks} selected={selected} onSelect={select} reveal={reveal} />;
}
