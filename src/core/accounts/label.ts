import { printable } from '../printable.js';

const maxLength = 60;

/**
 * Why a trimmed text cannot be a label; undefined where it can. A label is a name to type: one line, and nothing that
 * already means a position or an option.
 */
export function labelProblem(text: string): string | undefined {
  if (printable(text) !== text) return 'it has control or invisible characters';
  if (/^\d+$/.test(text)) return 'digits alone mean a position in the list';
  if (text.startsWith('-')) return 'it would read as an option';
  return text.length > maxLength ? `it is longer than ${maxLength} characters` : undefined;
}
