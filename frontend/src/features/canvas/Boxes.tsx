import { memo, useMemo, useState } from "react";
import type { Item, Layout } from "../../workflow/layout";
import { BranchHeader, Card, Container, EmptyBranch } from "./cards";
import { Kept, sameItem, useArea, visibleItems } from "./viewport";
import styles from "./canvas.module.css";

const FACES = { trigger: Card, card: Card, container: Container, branch: BranchHeader, empty: EmptyBranch } as const;

/** Cards, frames of containers, heads of branches: those near the screen, and the chosen one wherever it is. */
export function Boxes({ drawn, focus }: { readonly drawn: Layout; readonly focus: string | null }) {
  const { left, top, right, bottom } = useArea();
  const [kept] = useState(() => new Kept(sameItem));
  const items = useMemo(() => kept.of(visibleItems(drawn, { left, top, right, bottom }, focus)), [kept, drawn, focus, left, top, right, bottom]);
  return items.map((item) => <Box key={item.id} item={item} />);
}

/** Where a card stands; what it shows is drawn again only when that changed. */
const Box = memo(function Box({ item }: { readonly item: Item }) {
  const Face = FACES[item.kind];
  const frame = item.kind === "container";
  return (
    <div className={styles.box} data-frame={frame || undefined} style={{ transform: `translate(${String(item.x)}px, ${String(item.y)}px)`, width: item.width, height: item.height, zIndex: frame ? item.depth : 1000 }}>
      <Face item={item} />
    </div>
  );
});
