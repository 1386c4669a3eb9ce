/** What a text becomes when an expression (without `@`) is put into it, and where the caret stands afterwards. */
export interface Insertion {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly caret: number;
}

/** Alone in its field an expression keeps its type (`@…`); in company it becomes text (`@{…}`). `inside`: the caret is in an expression. */
export function insertionOf(text: string, from: number, to: number, expression: string, inside: boolean): Insertion {
  if (inside) return { from, to, insert: expression, caret: from + expression.length };
  const alone = text.trim() === "" || (from === 0 && to === text.length);
  if (alone) return { from: 0, to: text.length, insert: `@${expression}`, caret: expression.length + 1 };
  // A whole-value expression that gets company becomes interpolated text.
  const whole = text.startsWith("@") && !text.startsWith("@{") && !text.startsWith("@@") && text.length > 1;
  if (!whole) return { from, to, insert: `@{${expression}}`, caret: from + expression.length + 3 };
  const before = `@{${text.slice(1)}}`;
  const insert = from === 0 ? `@{${expression}}${before}` : `${before}@{${expression}}`;
  return { from: 0, to: text.length, insert, caret: from === 0 ? expression.length + 3 : insert.length };
}
