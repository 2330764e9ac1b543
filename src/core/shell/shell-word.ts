import { printable } from '../printable.js';

/** A path as one word of a command line that a person can paste; what would steer the terminal is not in it. */
export function shellWord(text: string): string {
  const shown = printable(text);
  return /^[\w@%+=:,./~\\-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
