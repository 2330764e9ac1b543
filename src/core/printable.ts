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

/**
 * Makes every text in a value printable, in the keys of maps too, before the value is coloured: what is left of an
 * escape sequence has no effect. Returns the value itself where nothing is to be changed. Objects of a class stay as
 * they are.
 */
export function printableIn<T>(value: T): T {
  // Nearly every value is printable already, and a long list need not wait for a copy.
  return isFit(value, 0) ? value : (madePrintable(value, new Map()) as T);
}

/** No result of a command is nested as deep as this; a circle is. */
const deepest = 40;

/** Whether everything in a value is printable already. */
function isFit(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isPlain(value) || printable(value) === value;
  if (typeof value !== 'object' || value === null) return true;
  if (depth > deepest) return false;
  if (Array.isArray(value)) return value.every((part) => isFit(part, depth + 1));
  if (value instanceof Map) return isFit([...value], depth + 1);
  if (!isRecord(value)) return true;
  for (const key in value) {
    const part = value[key];
    // Most members hold nothing that may have to be changed; a call for each takes longer than all the rest.
    const isOpen = typeof part === 'string' ? !isPlain(part) : typeof part === 'object' && part !== null;
    if (isOpen && key !== unshown && !isFit(part, depth + 1)) return false;
  }
  return true;
}

/** The member that holds a record as the file has it, tokens included: long, and never shown. */
const unshown = 'raw';

function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `done` keeps what is shared in a value shared, and ends circles. */
function madePrintable(value: unknown, done: Map<object, unknown>): unknown {
  if (typeof value === 'string') return isPlain(value) ? value : printable(value);
  if (typeof value !== 'object' || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  done.set(value, value);
  const made = copied(value, (part) => madePrintable(part, done));
  done.set(value, made);
  return made;
}

const plain = /^[ -~]*$/;

function isPlain(text: string): boolean {
  return plain.test(text);
}

function copied(value: object, change: (part: unknown) => unknown): object {
  if (Array.isArray(value)) {
    const parts = value.map(change);
    return parts.every((part, place) => part === value[place]) ? value : parts;
  }
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [change(key), change(part)]));
  return isRecord(value) ? copiedRecord(value, change) : value;
}

function copiedRecord(value: Readonly<Record<string, unknown>>, change: (part: unknown) => unknown): object {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    if (key === unshown) continue;
    const made = change(value[key]);
    if (made === value[key]) continue;
    copy ??= Object.assign(Object.create(Object.getPrototypeOf(value)), value) as Record<string, unknown>;
    copy[key] = made;
  }
  return copy ?? value;
}

/** Of the styles (SGR), those that a theme uses: bold, dim, inverse, the colours of letters, and their ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with one
const ownStyle = /\u001b\[(?:[127]|22|27|3[1-69])m/;
const ownStyleOrUnprintable = new RegExp(`${ownStyle.source}|${unprintable.source}`, 'g');

/** A text of several lines as a terminal may get it: with the styles of a theme where there is colour, and no others. */
export function printableLines(text: string, { styled = false } = {}): string {
  const pattern = styled ? ownStyleOrUnprintable : unprintable;
  return text.replace(pattern, (found, place: number) =>
    found === '\n' || found.length > 1 || isInEmoji(text, place) ? found : '?',
  );
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
