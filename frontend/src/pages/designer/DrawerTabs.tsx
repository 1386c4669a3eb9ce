import styles from "./designer.module.css";

export const DRAWER_TABS = ["problems", "debug", "data"] as const;
export type DrawerTab = (typeof DRAWER_TABS)[number];

const TITLES: Readonly<Record<DrawerTab, string>> = { problems: "Problems", debug: "Debug", data: "Data" };

interface DrawerTabsProps {
  readonly tab: DrawerTab;
  readonly onTab: (tab: DrawerTab) => void;
}

/** Which part the drawer below the canvas shows. */
export function DrawerTabs({ tab, onTab }: DrawerTabsProps) {
  const to = (index: number): void => {
    const next = DRAWER_TABS[(index + DRAWER_TABS.length) % DRAWER_TABS.length];
    if (next === undefined) return;
    onTab(next);
    // Each part draws the tabs anew: the key goes on where it was.
    requestAnimationFrame(() => document.getElementById(`drawer-${next}`)?.focus());
  };
  return (
    <div className={styles.drawerTabs} role="tablist" aria-label="Below the canvas">
      {DRAWER_TABS.map((one, index) => (
        <button
          key={one}
          type="button"
          role="tab"
          id={`drawer-${one}`}
          aria-selected={one === tab}
          tabIndex={one === tab ? 0 : -1}
          onClick={() => onTab(one)}
          onKeyDown={(event) => {
            const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
            if (step === 0) return;
            event.preventDefault();
            to(index + step);
          }}
        >
          {TITLES[one]}
        </button>
      ))}
    </div>
  );
}
