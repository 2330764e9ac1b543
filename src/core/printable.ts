/** Characters that could move the cursor, recolour the terminal or reorder the text around them. */
export const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this finds
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/**
 * A name from a token, a pool file or the command line, as one line that a terminal shows as it is. What is not fit to
 * be shown becomes `?`, so that nobody takes two different names for one.
 */
export function printable(text: string): string {
  return text.replace(unprintable, '?');
}
