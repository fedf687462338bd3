import { fitted, safeText, widthOf } from './safe-text.ts';

export type Column = {
  readonly head: string;
  readonly align?: 'left' | 'right';
  /** Whether it gives way where the terminal is narrow. */
  readonly gives?: boolean;
  /** The width of a terminal from which on it is shown at all. */
  readonly from?: number;
};

export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

const GAP = '  ';

/** Lines of a table that is no wider than the terminal, where the columns that give way can make it so. Escapes all texts. */
export function tableLines(
  allColumns: readonly Column[],
  allRows: readonly (readonly Cell[])[],
  width: number,
  paintHead: (text: string) => string,
): string[] {
  const isShown = (_: unknown, at: number) => (allColumns[at]?.from ?? 0) <= width;
  const columns = allColumns.filter(isShown);
  const rows = allRows.map((row) => row.filter(isShown));
  const texts = rows.map((row) => row.map((cell) => safeText(typeof cell === 'string' ? cell : cell.text)));
  const widths = columns.map(({ head }, at) =>
    texts.reduce((most, row) => Math.max(most, widthOf(row[at] ?? '')), widthOf(head)),
  );
  narrow(columns, widths, width);
  const line = (cells: readonly string[], paints: readonly ((text: string) => string)[]) =>
    cells
      .map((cell, at) => (paints[at] ?? same)(fitted(cell, widths[at] ?? 0, columns[at]?.align)))
      .join(GAP)
      .trimEnd();
  const heads = columns.map(({ head }) => head);
  return [
    line(
      heads,
      heads.map(() => paintHead),
    ),
    ...rows.map((row, at) =>
      line(
        texts[at] ?? [],
        row.map((cell) => (typeof cell === 'string' ? same : cell.paint)),
      ),
    ),
  ];
}

// The widest of those that give way gives first.
function narrow(columns: readonly Column[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, own) => sum + own, GAP.length * (widths.length - 1)) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [at, own] of widths.entries())
      if (columns[at]?.gives === true && own > 8 && own > (widths[widest] ?? 0)) widest = at;
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
}

function same(text: string): string {
  return text;
}
