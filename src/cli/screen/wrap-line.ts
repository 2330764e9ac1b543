import measureWidth from 'fast-string-width';
import { signsOf } from '../../core/printable.js';

const introducer = '\u001b';

/** A style (SGR), a run of blanks, or a word. */
const tokens = new RegExp(`${introducer}\\[[\\d;]*m| +|[^${introducer} ]+`, 'g');

/**
 * A line as the lines it takes at a width, broken between words where there are any. Each begins with the styles that are
 * open at its place, because it is drawn on its own; all but the first are indented.
 */
export function wrapLine(line: string, width: number, indent = 0): string[] {
  const margin = ' '.repeat(width > 2 * indent ? indent : 0);
  const lines: string[] = [];
  let styles = '';
  let current = '';
  let used = 0;
  for (const token of line.match(tokens) ?? []) {
    if (token.startsWith(introducer)) {
      styles += token;
      current += token;
      continue;
    }
    for (const part of partsOf(token, width - margin.length)) {
      const length = measureWidth(part);
      if (used + length > width) {
        lines.push(current);
        current = margin + styles;
        used = margin.length;
        if (part.startsWith(' ')) continue;
      }
      current += part;
      used += length;
    }
  }
  return [...lines, current];
}

/** A word that is longer than a line, such as a path, in pieces. */
function partsOf(word: string, width: number): string[] {
  if (measureWidth(word) <= width) return [word];
  const parts: string[] = [];
  let part = '';
  for (const sign of signsOf(word)) {
    if (measureWidth(part + sign) > width) {
      parts.push(part);
      part = '';
    }
    part += sign;
  }
  return [...parts, part];
}

/** What fits of a line. */
export function cutLine(line: string, width: number, ellipsis: string): string {
  const [first = '', ...rest] = wrapLine(line, width);
  if (rest.length === 0) return first;
  const [shorter = ''] = wrapLine(line, width - measureWidth(ellipsis));
  return `${shorter}${ellipsis}`;
}
