/** How large things are on the canvas, in CSS pixels at zoom 1. */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Metrics {
  readonly cardWidth: number;
  readonly cardHeight: number;
  readonly headerHeight: number;
  readonly branchWidth: number;
  readonly branchHeight: number;
  readonly gapX: number;
  readonly gapY: number;
  readonly padding: number;
  readonly bottom: number;
  readonly emptyWidth: number;
  readonly emptyHeight: number;
}

export const METRICS: Metrics = {
  cardWidth: 240,
  cardHeight: 56,
  headerHeight: 44,
  branchWidth: 160,
  branchHeight: 32,
  gapX: 40,
  gapY: 56,
  padding: 20,
  bottom: 44,
  emptyWidth: 160,
  emptyHeight: 48,
};

/** Cards with a status line are taller; there is no tail plus below the last action of a branch. */
export const RUN_METRICS: Metrics = { ...METRICS, cardHeight: 72, headerHeight: 56, bottom: 24 };
