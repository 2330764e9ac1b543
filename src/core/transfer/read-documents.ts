import { endOfString, isTooMuch, type JsonDocument, outlineOf } from './json-outline.js';

export interface BrokenDocument {
  readonly broken: 'no-json' | 'too-deep' | 'too-large';
  readonly line?: number;
}

export type Documents = readonly (JsonDocument | BrokenDocument)[];

/**
 * What a text says: one JSON document, the sections of an INI file, a document on each line, or the objects that are still
 * whole in one that is damaged. Never throws; nothing that comes back quotes the text but the values themselves.
 */
export function readDocuments(text: string): Documents {
  const whole = readDocument(text);
  if (!('broken' in whole) || whole.broken !== 'no-json') return [whole];
  const sections = readIni(text);
  if (sections !== undefined) return [sections];
  const lines = readLines(text);
  return lines.some(isObject) ? lines : readWholeObjects(text);
}

function readDocument(text: string): JsonDocument | BrokenDocument {
  const outline = outlineOf(text);
  const excess = isTooMuch(outline);
  if (excess !== undefined) return { broken: excess };
  try {
    return { value: JSON.parse(text), repeated: outline.repeated };
  } catch {
    // The parse error would quote the tokens.
    return { broken: 'no-json' };
  }
}

function isObject(document: Documents[number]): boolean {
  return 'value' in document && typeof document.value === 'object' && document.value !== null;
}

const mostLines = 100_000;

/** Lines of a list are read as well: with a comma at the end, between brackets that stand alone. */
function readLines(text: string): Documents {
  const documents: (JsonDocument | BrokenDocument)[] = [];
  let start = 0;
  for (let line = 1; start < text.length; line += 1) {
    if (documents.length > mostLines) return [{ broken: 'too-large' }];
    const end = text.indexOf('\n', start);
    const content = text.slice(start, end < 0 ? text.length : end).trim();
    start = end < 0 ? text.length : end + 1;
    if (/^[[\]{},\s]*$/.test(content)) continue;
    documents.push({ ...readDocument(content.replace(/,$/, '')), line });
  }
  return documents;
}

/** How often a damaged text may be read through in search of what is whole. */
const mostPasses = 10;

/** The objects that are whole in a text that is not, outermost first, and one more entry for what is not. */
function readWholeObjects(text: string): Documents {
  const documents: (JsonDocument | BrokenDocument)[] = [];
  let budget = text.length * mostPasses;
  for (let start = text.indexOf('{'); start >= 0 && budget > 0; ) {
    const end = endOfObject(text, start);
    budget -= (end ?? text.length) - start;
    const document = end === undefined ? undefined : readDocument(text.slice(start, end));
    const isWhole = document !== undefined && 'value' in document;
    if (isWhole) documents.push(document);
    start = text.indexOf('{', isWhole && end !== undefined ? end : start + 1);
  }
  return [...documents, { broken: 'no-json' }];
}

/** The position after the brace that closes the object which begins here. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let lineEnd = -1;
  const tokens = /["{}]/g;
  tokens.lastIndex = start;
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    if (token[0] === '{') depth += 1;
    else if (token[0] === '}') depth -= 1;
    else {
      if (lineEnd < token.index) lineEnd = endOfLine(text, token.index);
      // A string that is cut off ends with its line: JSON has no line break in one.
      tokens.lastIndex = Math.min(endOfString(text, token.index), lineEnd);
    }
    if (depth === 0) return tokens.lastIndex;
  }
  return undefined;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

/**
 * The sections of an INI file as objects by their names, which is how some tools keep an account each; undefined for a
 * text that is none. What stands twice is told, as for JSON.
 */
function readIni(text: string): JsonDocument | undefined {
  // A long text that is something else is not cut into its lines.
  if (!text.slice(0, 4096).split('\n').map(wordOf).find(Boolean)?.startsWith('[')) return undefined;
  const sections = new Map<string, Map<string, string>>();
  const repeated: (readonly string[])[] = [];
  let section: Map<string, string> | undefined;
  let name = '';
  for (const line of text.split('\n').map(wordOf)) {
    if (line === '') continue;
    const header = /^\[([^[\]{}"]+)\]$/.exec(line)?.[1];
    const [, key, value = ''] = /^([A-Za-z_][\w.-]*)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (header !== undefined) {
      name = header.trim();
      if (sections.has(name)) repeated.push([name]);
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
    } else if (section === undefined || key === undefined) return undefined;
    else {
      if (section.has(key)) repeated.push([name]);
      section.set(key, value);
    }
  }
  if (sections.size === 0) return undefined;
  const objects = [...sections].map(([each, members]) => [each, Object.fromEntries(members)]);
  return { value: Object.fromEntries(objects), repeated };
}

/** A line without what surrounds it; nothing of a comment. */
function wordOf(line: string): string {
  const word = line.trim();
  return /^[#;]/.test(word) ? '' : word;
}
