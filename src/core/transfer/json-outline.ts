/** The size and shape of a JSON document, found in its text without building any value. */
export interface JsonOutline {
  /** How many objects and lists the innermost value is in. */
  readonly depth: number;
  /** The number of objects, lists and their members. */
  readonly parts: number;
  /** The paths of objects that have a name twice. `JSON.parse` would keep only the second value, without an error. */
  readonly repeated: readonly JsonPath[];
}

export type JsonPath = readonly (string | number)[];

/** A JSON value of a file, and the paths of the objects in it that have a name twice. */
export interface JsonDocument {
  readonly value: unknown;
  readonly repeated: readonly JsonPath[];
  /** 1-based, where a file has one on each line. */
  readonly line?: number;
}

/** Deeper than any file with logins, and more than a hundred times the parts of ten thousand logins. */
const limits = { depth: 200, parts: 2_000_000, repeated: 100 };

interface Open {
  /** The names so far, where it is an object. */
  readonly names: Set<string> | undefined;
  /** The name or the position of the member that is being read. */
  at: string | number;
}

/**
 * Looks over a text before it is parsed, because parsing takes memory for every bracket. Stops where a limit is
 * exceeded, with the numbers so far. A text that is not well-formed is left to the parser.
 */
export function outlineOf(text: string): JsonOutline {
  const open: Open[] = [];
  const repeated: JsonPath[] = [];
  let depth = 0;
  let parts = 0;
  const tokens = /["{}[\],]/g;
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    const inner = open.at(-1);
    switch (token[0]) {
      case '"': {
        const end = endOfString(text, token.index);
        tokens.lastIndex = end;
        if (inner?.names === undefined || !isName(text, end)) break;
        const name = nameIn(text.slice(token.index, end));
        if (inner.names.has(name)) repeated.push(open.slice(0, -1).map(({ at }) => at));
        inner.names.add(name);
        inner.at = name;
        break;
      }
      case '{':
      case '[':
        open.push({ names: token[0] === '{' ? new Set() : undefined, at: 0 });
        depth = Math.max(depth, open.length);
        parts += 1;
        break;
      case ',':
        parts += 1;
        if (typeof inner?.at === 'number') inner.at += 1;
        break;
      default:
        open.pop();
    }
    if (isTooMuch({ depth, parts }) || repeated.length > limits.repeated) break;
  }
  return { depth, parts, repeated };
}

/** Why a document is not to be parsed. */
export function isTooMuch({
  depth,
  parts,
}: Pick<JsonOutline, 'depth' | 'parts'>): 'too-deep' | 'too-large' | undefined {
  if (depth > limits.depth) return 'too-deep';
  return parts > limits.parts ? 'too-large' : undefined;
}

/** The position after the closing quote; the end of the text where there is none. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

function isName(text: string, end: number): boolean {
  const colon = /\s*:/y;
  colon.lastIndex = end;
  return colon.test(text);
}

/** The name without its quotes and escapes. */
function nameIn(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    // The name is not well-formed. The parser will refuse the document.
    return quoted;
  }
}
