import { printable } from '../../core/printable.js';

export type CsvValue = string | number | boolean | undefined;

/** The values of a row by the names of their columns, from the left. */
export type CsvColumns<Row> = Readonly<Record<string, (row: Row) => CsvValue>>;

export function renderCsv<Row>(columns: CsvColumns<Row>, rows: readonly Row[]): string {
  const values = Object.values(columns);
  return csvOf(
    Object.keys(columns),
    rows.map((row) => values.map((cellOf) => cellOf(row))),
  );
}

/** RFC 4180, with plain line feeds; an unknown value is an empty field. */
export function csvOf(columns: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');
}

/**
 * A leading `=`, `+`, `-` or `@`, also of full width, would be a formula in a spreadsheet; labels and emails come from
 * outside. Where a comma is part of numbers, spreadsheets cut at a semicolon, and what follows one could be a formula too.
 */
function field(value: CsvValue): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const shown = printable(value);
  const text = /^[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(shown) ? `'${shown}` : shown;
  return /[",]|;\s*['=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
