import measureWidth from 'fast-string-width';
import { signsOf } from '../../core/printable.js';

const introducer = '\u001b';

/** A style (SGR), a run of blanks, or a word. */
const tokens = new RegExp(`${introducer}\\[[\\d;]*m| +|[^${introducer} ]+`, 'g');

/**
 * The text with every line that is wider than a terminal broken between words; what follows is indented by two. A word
 * that is wider by itself, such as an address, stays whole: whoever copies it wants one line.
 */
export function wrapText(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      if (measureWidth(line) <= width) return line;
      return wrapLine(line, width, { indent: line.length - line.trimStart().length + 2, isText: true });
    })
    .join('\n');
}

interface Wrapping {
  /** The indent of every line but the first, where the terminal is wide enough for it. */
  readonly indent?: number;
  /** Printed in one go: words stay whole, and styles go on by themselves. Else each line may be drawn on its own. */
  readonly isText?: boolean;
}

/** A line as the lines it takes at a width, broken between words where there are any. */
export function wrapLine(line: string, width: number, { indent = 0, isText = false }: Wrapping = {}): string[] {
  const margin = ' '.repeat(width > 2 * indent ? indent : 0);
  const lines: string[] = [];
  let styles = '';
  let current = '';
  let used = 0;
  let hasWords = false;
  for (const token of line.match(tokens) ?? []) {
    if (token.startsWith(introducer)) {
      if (!isText) styles += token;
      current += token;
      continue;
    }
    for (const part of isText ? [token] : partsOf(token, width - margin.length)) {
      const length = measureWidth(part);
      const isBlank = part.startsWith(' ');
      if (used + length > width && (hasWords || !isText)) {
        lines.push(isText ? current.trimEnd() : current);
        current = margin + styles;
        used = margin.length;
        hasWords = false;
        if (isBlank) continue;
      }
      current += part;
      used += length;
      hasWords ||= !isBlank;
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

/** As much of a line as fits into the width. */
export function cutLine(line: string, width: number, ellipsis: string): string {
  const [first = '', ...rest] = wrapLine(line, width);
  if (rest.length === 0) return first;
  const [shorter = ''] = wrapLine(line, width - measureWidth(ellipsis));
  return `${shorter}${ellipsis}`;
}
