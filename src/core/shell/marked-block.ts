/*
 * Our lines in somebody else's file, between two marks. Texts here are the bytes of a file, one character each
 * (latin1), so that what is around the block comes back as it was, whatever its encoding and its line ends.
 */

/** What else has to be taken back with the block. The first mark says it, so that nothing else must remember. */
const notes = { madeFile: 'made this file', endedLine: 'ended the line above' } as const;
type Note = (typeof notes)[keyof typeof notes];

const firstMark = (note?: Note) => `# >>> codex-auth${note === undefined ? '' : ` (${note})`} >>>`;
const lastMark = '# <<< codex-auth <<<';

const blockPattern =
  /^# >>> codex-auth(?: \((?<note>[^)\n]*)\))? >>>\r?\n(?:(?!# >>> codex-auth)[^\n]*\n)*?# <<< codex-auth <<<(?:\r?\n|$)/m;
const markPattern = /^# (?:>>>|<<<) codex-auth.*/m;

/** The block as it stands in a file. */
export function markedBlock(lines: readonly string[], note?: Note): string {
  const text = [firstMark(note), ...lines, lastMark].map((line) => `${line}\n`).join('');
  return Buffer.from(text).toString('latin1');
}

/** The lines of the block in a text, marks included, as a person reads them. */
export function blockLines(text: string): string[] | undefined {
  const block = blockPattern.exec(text)?.[0];
  return block === undefined ? undefined : Buffer.from(block, 'latin1').toString().trimEnd().split(/\r?\n/);
}

/** Whether there is a mark without its other half: somebody edited the block, and where it ends cannot be known. */
export function hasBrokenBlock(text: string): boolean {
  return markPattern.test(withoutBlocks(text));
}

/** The text with exactly one block, where the first one stands already, else at the end. */
export function withBlock(text: string | undefined, lines: readonly string[]): string {
  if (text === undefined) return markedBlock(lines, notes.madeFile);
  const present = blockPattern.exec(text);
  if (present !== null) {
    const note = Object.values(notes).find((each) => each === present.groups?.['note']);
    const end = present.index + present[0].length;
    return text.slice(0, present.index) + markedBlock(lines, note) + withoutBlocks(text.slice(end));
  }
  const isEnded = text === '' || text.endsWith('\n');
  return isEnded ? text + markedBlock(lines) : `${text}\n${markedBlock(lines, notes.endedLine)}`;
}

/** The text without our blocks; undefined when nothing is left of a file that was made for one. */
export function withoutBlock(text: string): string | undefined {
  const madeFile = blockPattern.exec(text)?.groups?.['note'] === notes.madeFile;
  const rest = withoutBlocks(text);
  return madeFile && rest === '' ? undefined : rest;
}

function withoutBlocks(text: string): string {
  const block = blockPattern.exec(text);
  if (block === null) return text;
  const [before, after] = [text.slice(0, block.index), text.slice(block.index + block[0].length)];
  // The line break that we added separates again, if somebody wrote on below the block.
  const isOurBreak = block.groups?.['note'] === notes.endedLine && after === '';
  return (isOurBreak ? withoutBreak(before, block[0]) : before) + withoutBlocks(after);
}

/** A return before our break is the person's own, unless an editor gave every line one, those of the block included. */
function withoutBreak(before: string, block: string): string {
  return before.replace(/^[^\n]*\r\n/.test(block) ? /\r?\n$/ : /\n$/, '');
}
