import {
  IconArrowBackUp, IconArrowsSplit2, IconBox, IconBraces, IconCalendarTime, IconClockHour4, IconCode, IconColumns3, IconFileCode, IconFilter, IconHandStop,
  IconHourglass, IconLink, IconMinus, IconNote, IconPlaylistAdd, IconPlug, IconPlus, IconPuzzle, IconRepeat, IconRobot, IconRoute, IconRotateClockwise2,
  IconSitemap, IconStack2, IconTable, IconVariable, IconWebhook, IconWorld, type IconProps,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import styles from "./Tile.module.css";

const icons: Readonly<Record<string, ComponentType<IconProps>>> = {
  webhook: IconWebhook, clock: IconClockHour4, stack: IconStack2, world: IconWorld, reply: IconArrowBackUp, sitemap: IconSitemap, split: IconArrowsSplit2,
  switch: IconRoute, repeat: IconRepeat, loop: IconRotateClockwise2, box: IconBox, stop: IconHandStop, hourglass: IconHourglass, calendar: IconCalendarTime,
  compose: IconNote, braces: IconBraces, select: IconColumns3, filter: IconFilter, join: IconLink, table: IconTable, variable: IconVariable, plus: IconPlus,
  minus: IconMinus, append: IconPlaylistAdd, code: IconCode, file: IconFileCode, plug: IconPlug, puzzle: IconPuzzle, robot: IconRobot,
};

export interface TileProps {
  readonly icon: string;
  readonly color: string;
  /** SVG text; shown in white, never run as markup of the page. */
  readonly svg?: string | undefined;
  readonly size?: number | undefined;
}

/** A small coloured square with a white glyph. */
export function Tile({ icon, color, svg, size = 28 }: TileProps) {
  const glyph = Math.round(size * 0.6);
  const Icon = icons[icon] ?? IconPuzzle;
  return (
    <span className={styles.tile} style={{ width: size, height: size, background: color, borderRadius: Math.round(size / 4.5) }} aria-hidden>
      {svg ? (
        <span className={styles.mask} style={{ width: glyph, height: glyph, maskImage: `url("data:image/svg+xml,${encodeURIComponent(svg)}")` }} />
      ) : (
        <Icon size={glyph} stroke={1.9} />
      )}
    </span>
  );
}
