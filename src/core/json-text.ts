/**
 * The deepest nesting that is read. No file of this program or of those around it is as deep, and far deeper values
 * cannot be written again: JSON.parse takes any depth, JSON.stringify runs out of stack at a few thousand.
 */
const deepest = 200;

/** JSON that is nested deeper than {@link parseJsonText} reads. */
export class TooDeep extends Error {}

/** The value of a file's text. Throws {@link TooDeep}, or JSON.parse's error, which quotes the text: never print it. */
export function parseJsonText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isDeeper(value, deepest)) throw new TooDeep(`it is nested more than ${deepest} levels deep`);
  return value;
}

/**
 * The value in a text; undefined for what is no JSON: a torn line, a page of a proxy, a file of somebody else's. The
 * caller says what that means, without quoting the text: the parser's own error would quote it, tokens included.
 */
export function jsonIn(text: string, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Every record of every file comes through here, so that no function is made for each list, and no list of the members
 * of each record.
 */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (let place = 0; place < value.length; place += 1) if (isDeeper(value[place], levels - 1)) return true;
    return false;
  }
  for (const key in value) {
    const part = (value as Record<string, unknown>)[key];
    if (typeof part === 'object' && isDeeper(part, levels - 1)) return true;
  }
  return false;
}
