import { judgeAuthFile } from '../codex/auth-file.js';
import { isJsonObject } from '../json-object.js';
import { findLogins } from './find-logins.js';
import type { JsonDocument } from './json-outline.js';
import type { FiledLogin, LoginFormat, ParsedLogin } from './login-file.js';
import { type BrokenDocument, type Documents, readDocuments } from './read-documents.js';
import type { StatedName } from './stated-names.js';

export interface ParsedFile {
  /** In the person's own order where the file has one, else in that of the file; one entry where there is nothing else. */
  readonly logins: readonly FiledLogin[];
  readonly names: readonly StatedName[];
}

/** What the text of a file holds for us, or only what it holds in one format. Never throws. */
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

/** Among the logins of a file, what is none is a broken one. */
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

/** No accounts at the moment, in a list or in what holds one. */
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
  // Infinity less Infinity is no number; then the order of the file stays.
  return [...logins].sort((a, b) => orderOf(a) - orderOf(b) || 0);
}
