import { cellText, columnsOf, MOST_COLUMNS, MOST_ITEMS, type JsonTable } from "./jsonTable";
import styles from "./JsonTableView.module.css";

/** A list of objects as rows and columns. */
export function JsonTableView({ table, label }: { readonly table: JsonTable; readonly label: string }) {
  const columns = columnsOf(table.items);
  const shown = table.items.slice(0, MOST_ITEMS);
  return (
    <>
      <div className={styles.frame} tabIndex={0} role="region" aria-label={label}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">#</th>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((item, index) => (
              <tr key={index}>
                <th scope="row">{index + 1}</th>
                {columns.map((column) => {
                  const text = cellText(item, column);
                  return (
                    <td key={column} title={text.length > 40 ? text.slice(0, 2_000) : undefined}>
                      {text.slice(0, 200)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {(table.items.length > MOST_ITEMS || columns.length === MOST_COLUMNS) && (
        <p className={styles.more}>{`The first ${String(shown.length)} of ${table.items.length.toLocaleString("en")} items, with at most ${String(MOST_COLUMNS)} columns. The tree has all of them.`}</p>
      )}
    </>
  );
}
