/** What colours text and takes no room (SGR). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what this finds
const styles = /\u001b\[[\d;]*m/g;

/** Letters of East Asian scripts and emoji, which take two columns. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu;

/**
 * The text with every line that is wider than a terminal broken between words; what follows is indented by two. A word
 * that is wider by itself, such as an address, stays whole: whoever copies it wants one line.
 */
export function wrapText(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => (widthOf(line) <= width ? line : wrapLine(line, width)))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const [indent = ''] = /^ */.exec(line) ?? [];
  const hanging = indent.length + 2 < width / 2 ? `${indent}  ` : '';
  const lines: string[] = [];
  let current = '';
  for (const piece of line.match(/^ *[^ ]+| +[^ ]+| +$/g) ?? []) {
    if (current === '' || widthOf(current) + widthOf(piece) <= width) current += piece;
    else {
      lines.push(current);
      current = hanging + piece.trimStart();
    }
  }
  return [...lines, current].join('\n');
}

/** What the sign before it is drawn with, and takes no room of its own: the further parts of an emoji, and its style. */
const attached = /\u200d.|[\ufe0e\ufe0f\u{1f3fb}-\u{1f3ff}]/gu;

function widthOf(text: string): number {
  const plain = text.replace(styles, '').replace(attached, '');
  return [...plain].length + (plain.match(wide)?.length ?? 0);
}
