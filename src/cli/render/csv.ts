export type CsvValue = string | number | boolean | undefined;

/** RFC 4180, with plain line feeds; an unknown value is an empty field. */
export function renderCsv(columns: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');
}

/** A leading `=`, `+`, `-` or `@` would be a formula in a spreadsheet; labels and emails come from outside. */
function field(value: CsvValue): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
