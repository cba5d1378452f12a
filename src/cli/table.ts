/** Rows under a header, in columns as wide as they must be. */
import { escapeControls } from '../errors.js';

/**
 * Lines of a table; the last column is not padded. Text of strangers is escaped.
 *
 * @param header - one title for each column
 * @param rows - as many cells each
 */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const table = [header, ...rows].map((row) => row.map(escapeControls));
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
