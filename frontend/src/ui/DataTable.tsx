import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { type KeyboardEvent, type MouseEvent, type ReactNode, useRef, useState } from "react";
import { Button } from "./Button";
import { Checkbox } from "./Checkbox";
import styles from "./DataTable.module.css";

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** The header is read but not shown (menus, switches). */
  readonly hiddenHeader?: boolean | undefined;
  readonly cell: (row: Row) => ReactNode;
  /** A CSS grid track, e.g. `minmax(200px, 2fr)` or `120px`. */
  readonly width: string;
  readonly align?: "start" | "end" | undefined;
  readonly sortable?: boolean | undefined;
  /** Names the row: read as the row's header. Exactly one column should. */
  readonly rowHeader?: boolean | undefined;
  readonly overflow?: "visible" | undefined;
}

/** `"name"` ascending, `"-name"` descending: the form of the URL and of the API. */
export type Sort = string;

export interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly sort?: Sort | undefined;
  readonly onSort?: ((sort: Sort) => void) | undefined;
  readonly selection?: ReadonlySet<string> | undefined;
  readonly onSelection?: ((keys: ReadonlySet<string>) => void) | undefined;
  readonly rowLabel?: ((row: Row) => string) | undefined;
  readonly onOpen?: ((row: Row) => void) | undefined;
  /** A key pressed on a row (lower case letter) that the table does not use itself. */
  readonly onRowKey?: ((key: string, row: Row) => void) | undefined;
  readonly more?: { readonly onMore: () => void; readonly busy: boolean } | undefined;
}

/**
 * Rows in a grid with one tab stop: arrows or j/k move, Home/End jump, Enter opens, x selects, with Shift up to there. Rows outside the window are
 * skipped by the browser (`content-visibility`), so thousands of them stay readable to a screen reader and cheap to draw.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, selection, onSelection, more } = props;
  const [active, setActive] = useState<string | null>(null);
  const body = useRef<HTMLDivElement>(null);
  const tracks = [...(onSelection ? ["40px"] : []), ...columns.map((column) => column.width)].join(" ");
  const activeKey = rows.some((row) => rowKey(row) === active) ? active : (rows[0] && rowKey(rows[0])) ?? null;

  const focusRow = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    setActive(rowKey(row));
    body.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(rowKey(row))}"]`)?.focus();
  };
  // The row that was ticked last: with Shift the next one takes along all between the two.
  const anchor = useRef<string | null>(null);
  const toggle = (row: Row, index: number, range: boolean) => {
    if (!onSelection) return;
    const wanted = !(selection?.has(rowKey(row)) ?? false);
    const from = range ? rows.findIndex((one) => rowKey(one) === anchor.current) : -1;
    const next = new Set(selection);
    for (const one of from === -1 ? [row] : rows.slice(Math.min(from, index), Math.max(from, index) + 1)) {
      if (wanted) next.add(rowKey(one));
      else next.delete(rowKey(one));
    }
    anchor.current = rowKey(row);
    onSelection(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>, row: Row, index: number) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, number> = {
      ArrowDown: index + 1,
      j: index + 1,
      ArrowUp: index - 1,
      k: index - 1,
      Home: 0,
      End: rows.length - 1,
      PageDown: index + 10,
      PageUp: index - 10,
    };
    const target = moves[event.key];
    if (target !== undefined) focusRow(target);
    else if (event.key === "Enter") props.onOpen?.(row);
    else if (event.key === "x" || event.key === "X" || event.key === " ") toggle(row, index, event.shiftKey);
    else if (event.key === "Escape" && onSelection && (selection?.size ?? 0) > 0) onSelection(new Set());
    else if (event.key.length === 1) return props.onRowKey?.(event.key.toLowerCase(), row);
    else return;
    event.preventDefault();
  };

  return (
    <div className={styles.frame}>
      <div
        className={styles.table}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-multiselectable={onSelection ? true : undefined}
        style={{ "--columns": tracks, "--narrowest": `${narrowest(tracks)}px` } as React.CSSProperties}
      >
        <HeadRow {...props} />
        <div className={styles.body} role="rowgroup" ref={body}>
          {rows.map((row, index) => {
            const key = rowKey(row);
            return (
              <div
                key={key}
                className={styles.row}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={onSelection ? selection?.has(key) ?? false : undefined}
                data-key={key}
                data-openable={props.onOpen ? true : undefined}
                tabIndex={key === activeKey ? 0 : -1}
                onFocus={() => setActive(key)}
                onKeyDown={(event) => onKeyDown(event, row, index)}
                onClick={(event) => !isControl(event) && props.onOpen?.(row)}
              >
                {onSelection && (
                  <div
                    className={`${styles.cell} ${styles.tick}`}
                    role="gridcell"
                    onClick={(event) => {
                      // Beside the box is meant for it as well, and never opens the row.
                      event.stopPropagation();
                      if (event.target === event.currentTarget) toggle(row, index, event.shiftKey);
                    }}
                  >
                    <Checkbox
                      aria-label={`Select ${props.rowLabel?.(row) ?? key}`}
                      tabIndex={-1}
                      checked={selection?.has(key) ?? false}
                      onChange={({ nativeEvent }) => toggle(row, index, "shiftKey" in nativeEvent && nativeEvent.shiftKey === true)}
                    />
                  </div>
                )}
                {columns.map((column) => (
                  <div
                    key={column.id}
                    className={styles.cell}
                    role={column.rowHeader ? "rowheader" : "gridcell"}
                    data-align={column.align}
                    data-overflow={column.overflow}
                  >
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {more && (
        <div className={styles.footer}>
          <Button size="small" variant="quiet" onClick={more.onMore} busy={more.busy}>
            Load more
          </Button>
        </div>
      )}
    </div>
  );
}

function HeadRow<Row>({ columns, rows, rowKey, sort, onSort, selection, onSelection }: DataTableProps<Row>) {
  const all = rows.length > 0 && rows.every((row) => selection?.has(rowKey(row)));
  return (
    <div role="rowgroup" className={styles.head}>
      <div role="row" className={styles.row} style={{ height: 36 }} aria-rowindex={1}>
        {onSelection && (
          <div role="columnheader" className={styles.headCell}>
            <Checkbox
              aria-label="Select all rows"
              checked={all}
              indeterminate={!all && (selection?.size ?? 0) > 0}
              onChange={() => onSelection(all ? new Set() : new Set(rows.map(rowKey)))}
            />
          </div>
        )}
        {columns.map((column) => {
          const direction = sort === column.id ? "ascending" : sort === `-${column.id}` ? "descending" : undefined;
          return (
            <div
              key={column.id}
              role="columnheader"
              className={styles.headCell}
              data-align={column.align}
              aria-sort={column.sortable ? direction ?? "none" : undefined}
            >
              {column.hiddenHeader ? (
                <span className="mr-visually-hidden">{column.header}</span>
              ) : column.sortable && onSort ? (
                <button
                  type="button"
                  className={styles.sort}
                  data-active={direction}
                  onClick={() => onSort(direction === "ascending" ? `-${column.id}` : column.id)}
                >
                  {column.header}
                  {direction === "descending" ? <IconArrowDown size={14} aria-hidden /> : <IconArrowUp size={14} aria-hidden />}
                </button>
              ) : (
                column.header
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Below the sum of its columns' least widths the table scrolls instead of shrinking. */
function narrowest(tracks: string): number {
  return [...tracks.matchAll(/(?:minmax\()?(\d+)px/g)].reduce((sum, [, width]) => sum + Number(width), 0);
}

/** A click on a control inside the row belongs to the control. Portalled menus bubble here too, hence the containment test. */
function isControl(event: MouseEvent<HTMLElement>): boolean {
  const target = event.target;
  if (!(target instanceof Element) || !event.currentTarget.contains(target)) return true;
  return target.closest("a, button, input, label, select, textarea, [role=menuitem]") !== null;
}
