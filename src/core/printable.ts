/** Characters that could move the cursor, recolour the terminal, reorder the text around them, or be there unseen. */
export const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this finds
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them is meant by itself
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]/g;

/**
 * A name from a token, a pool file or the command line, as one line that a terminal shows as it is. What is not fit to
 * be shown becomes `?`, so that nobody takes two different names for one.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (character, place: number) => (isInEmoji(text, place) ? character : '?'));
}

const joiner = '\u200d';
const emojiBefore = /\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?$/u;
const emojiAfter = /^\p{Extended_Pictographic}/u;
const styles = ['\ufe0e', '\ufe0f'];
const styledBefore = /\p{Extended_Pictographic}$/u;
const keycap = /^[\d#*]\ufe0f\u20e3/;

/** What joins two pictographs to one, as in a family, or says how one is drawn (Unicode TS 51, emoji sequences). */
function isInEmoji(text: string, place: number): boolean {
  // One sign takes two units, and the modifier of its skin two more.
  const before = text.slice(Math.max(0, place - 4), place);
  if (text[place] === joiner) return emojiBefore.test(before) && emojiAfter.test(text.slice(place + 1, place + 3));
  if (!styles.includes(text[place] ?? '')) return false;
  return styledBefore.test(before) || keycap.test(text.slice(place - 1, place + 2));
}

/** What a terminal shows as one sign each: a letter with its accents, or an emoji of several parts. */
export function signsOf(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII needs no look-up, which takes its time
  if (/^[\u0000-\u007f]*$/.test(text)) return [...text];
  return [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment);
}
