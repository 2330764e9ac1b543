import { judgeAuthFile } from '../codex/auth-file.js';
import { isJsonObject } from '../json-object.js';
import { findLogins } from './find-logins.js';
import { endOfString, isTooMuch, type JsonDocument, outlineOf } from './json-outline.js';
import type { FiledLogin, LoginFormat, ParsedLogin } from './login-file.js';
import type { StatedName } from './stated-names.js';

export interface ParsedFile {
  /**
   * In the person's own order where the file has one, else in that of the file. Never empty: else one entry says why.
   */
  readonly logins: readonly FiledLogin[];
  readonly names: readonly StatedName[];
}

/** The logins in the text of a file. With `asked`, a login in another format is refused. Never throws. */
export function parseLogins(text: string, asked?: LoginFormat): ParsedFile {
  if (text.trim() === '') return only({ kind: 'passed', reason: 'nothing-there' });
  const documents = readDocuments(text);
  const [first, ...others] = documents;
  const parts = documents.map((document) => partOf(document, others.length > 0));
  const found = parts.some(({ logins }) => logins.some(({ login }) => login.kind !== 'refused'));
  const names = parts.flatMap((part) => part.names);
  const logins = parts.flatMap(({ logins, document }) =>
    logins.length === 0 && found ? [emptyRecord(document)] : logins,
  );
  const wanted = asked === undefined ? logins : logins.map((each) => asAsked(each, asked));
  if (wanted.length > 0) return { logins: inOrder(wanted), names };
  if (names.length > 0) return { ...only({ kind: 'passed', reason: 'names-only' }), names };
  return only(withoutLogins(first));
}

function only(login: ParsedLogin): ParsedFile {
  return { logins: [{ place: {}, login }], names: [] };
}

interface Part extends ParsedFile {
  readonly document: JsonDocument | BrokenDocument;
}

function partOf(document: Documents[number], isOneOfMany: boolean): Part {
  if ('broken' in document) return { document, ...refusedPart(document) };
  const findings = findLogins(document, isOneOfMany ? document.line : undefined);
  return { document, ...findings };
}

function refusedPart({ broken, line }: BrokenDocument): ParsedFile {
  const place = line === undefined ? {} : { record: line };
  return { logins: [{ place, login: { kind: 'refused', reason: broken } }], names: [] };
}

/** A document without a login, in a file whose other documents are logins, counts as a broken login. */
function emptyRecord(document: JsonDocument | BrokenDocument): FiledLogin {
  const place = document.line === undefined ? {} : { record: document.line };
  return { place, login: { kind: 'refused', reason: 'no-tokens' } };
}

/** A document in which nothing was found: an empty one, or one about other things. */
function withoutLogins(document: Documents[number] | undefined): ParsedLogin {
  const value = document !== undefined && 'value' in document ? document.value : undefined;
  if (isEmptyList(value) || judgeAuthFile(value) === undefined) return { kind: 'passed', reason: 'nothing-there' };
  return { kind: 'refused', reason: isJsonObject(value) || Array.isArray(value) ? 'other-content' : 'no-json' };
}

/** Whether the value is an empty list, or an object with an empty list of accounts. */
function isEmptyList(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Array.isArray(value['accounts']) && value['accounts'].length === 0;
}

function asAsked(filed: FiledLogin, asked: LoginFormat): FiledLogin {
  if (filed.login.kind !== 'login' || filed.place.format === asked) return filed;
  return { ...filed, login: { kind: 'refused', reason: asked === 'codex' ? 'damaged' : 'other-content' } };
}

function inOrder(logins: readonly FiledLogin[]): readonly FiledLogin[] {
  const orderOf = ({ login }: FiledLogin) =>
    (login.kind === 'login' ? login.order : undefined) ?? Number.POSITIVE_INFINITY;
  // Infinity minus Infinity is NaN. Then the order of the file stays.
  return [...logins].sort((a, b) => orderOf(a) - orderOf(b) || 0);
}

interface BrokenDocument {
  readonly broken: 'no-json' | 'too-deep' | 'too-large';
  readonly line?: number;
}

type Documents = readonly (JsonDocument | BrokenDocument)[];

/**
 * The documents in a text: one JSON document, the sections of an INI file, a document on each line, or the objects that
 * are still whole in a damaged document. Never throws, and returns no message that quotes the text.
 */
function readDocuments(text: string): Documents {
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

/** A document on each line, also of a list: with a comma at its end, and with the brackets on lines of their own. */
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

/** How often a damaged text may be read through in search of whole objects. */
const mostPasses = 10;

/** The whole objects in a damaged text, the outermost ones, and a broken entry where the text holds anything else. */
function readWholeObjects(text: string): Documents {
  const documents: (JsonDocument | BrokenDocument)[] = [];
  let budget = text.length * mostPasses;
  let rest = 0;
  let isBroken = false;
  for (let start = text.indexOf('{'); start >= 0 && budget > 0; ) {
    const end = endOfObject(text, start);
    budget -= (end ?? text.length) - start;
    const document = end === undefined ? undefined : readDocument(text.slice(start, end));
    const isWhole = document !== undefined && 'value' in document;
    if (isWhole) {
      documents.push(document);
      isBroken ||= text.slice(rest, start).trim() !== '';
      rest = end ?? start;
    }
    start = text.indexOf('{', isWhole && end !== undefined ? end : start + 1);
  }
  isBroken ||= text.slice(rest).trim() !== '';
  return isBroken ? [...documents, { broken: 'no-json' }] : documents;
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
 * The sections of an INI file as objects by their names, in each of which some tools keep an account; undefined for
 * another text. Repeated names are listed, as for JSON.
 */
function readIni(text: string): JsonDocument | undefined {
  // Looks at the beginning first, so that a long text of another kind is not split into lines.
  if (!text.slice(0, 4096).split('\n').map(wordOf).find(Boolean)?.startsWith('[')) return undefined;
  const sections = new Map<string, Map<string, string>>();
  const repeated: (readonly string[])[] = [];
  let section: Map<string, string> | undefined;
  let name = '';
  for (const line of text.split('\n').map(wordOf)) {
    if (line === '') continue;
    const header = /^\[([^[\]{}"]+)\]$/.exec(line)?.[1];
    const [, key, text = ''] = /^([A-Za-z_][\w.-]*)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (header !== undefined) {
      name = header.trim();
      if (sections.has(name)) repeated.push([name]);
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
    } else if (section === undefined || key === undefined) return undefined;
    else {
      if (section.has(key)) repeated.push([name]);
      section.set(key, unquoted(text));
    }
  }
  if (sections.size === 0) return undefined;
  const objects = [...sections].map(([each, members]) => [each, Object.fromEntries(members)]);
  return { value: Object.fromEntries(objects), repeated };
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
}

/** A line without the blanks around it; empty for a comment. */
function wordOf(line: string): string {
  const word = line.trim();
  return /^[#;]/.test(word) ? '' : word;
}
