import { dirname } from 'node:path';
import { describe } from '../storage/atomic-file.js';
import { NoRegularFile, readNow } from '../storage/regular-file.js';
import { decodeText } from './decode-text.js';
import type { LoginSource, SourceRefusal } from './list-sources.js';
import type { LoginFormat, ParsedLogin, PlacedLogin } from './login-file.js';
import { type ParsedFile, parseLogins } from './parse-logins.js';
import { isSealed, type OpeningKey, unseal } from './sealed-file.js';
import { type StatedName, withRegister } from './stated-names.js';

/** What a source holds, before anything is known of the files beside it. */
export interface ReadSource extends ParsedFile {
  readonly source: LoginSource;
}

const mebibyte = 1024 * 1024;

/** Ten thousand logins in UTF-16, and more. */
export const largestSourceBytes = 128 * mebibyte;
/** Of a file that is one login. */
const largestLoginBytes = mebibyte;

export interface Reading {
  readonly format: LoginFormat | undefined;
  /** What opens sealed files, asked for when there is one. */
  readonly openingKey: () => Promise<OpeningKey | undefined>;
}

/** The logins in one source. Reads only, and never more than a file with logins may have. */
export async function readSource(source: LoginSource, reading: Reading): Promise<ReadSource> {
  if (source.refusal !== undefined) return refused(source, source.refusal);
  const content = readAtMost(source.path, largestSourceBytes);
  return Buffer.isBuffer(content) ? parseSource(source, content, reading) : refused(source, content);
}

/** The same for bytes that have been read already. */
export async function parseSource(source: LoginSource, bytes: Buffer, reading: Reading): Promise<ReadSource> {
  const content = isSealed(bytes) ? await open(bytes, reading) : bytes;
  return Buffer.isBuffer(content) ? parseContent(source, content, reading.format) : refused(source, content);
}

async function open(bytes: Buffer, { openingKey }: Reading): Promise<Buffer | SourceRefusal> {
  const key = await openingKey();
  if (key === undefined) return { reason: 'sealed' };
  return (await unseal(bytes, key)) ?? { reason: 'not-opened' };
}

function parseContent(source: LoginSource, content: Buffer, format: LoginFormat | undefined): ReadSource {
  const text = decodeText(content);
  if (text === undefined) return refused(source, { reason: 'no-json' });
  const { logins, names } = parseLogins(text, format);
  const [first, ...others] = logins;
  const isOneLogin = others.length === 0 && first?.place.format !== undefined && first.place.record === undefined;
  if (isOneLogin && content.length > largestLoginBytes) return refused(source, { reason: 'too-large' });
  return { source, names, logins };
}

function refused(source: LoginSource, { reason, detail }: SourceRefusal): ReadSource {
  const login = { kind: 'refused' as const, reason, ...(detail === undefined ? {} : { detail }) };
  return { source, names: [], logins: [{ place: {}, login }] };
}

function readAtMost(path: string, limit: number): Buffer | SourceRefusal {
  try {
    return readNow(path, limit);
  } catch (error) {
    if (!(error instanceof NoRegularFile)) return { reason: 'unreadable', detail: describe(error) };
    return { reason: error.code === 'EFBIG' ? 'too-large' : 'not-a-file' };
  }
}

/** The logins of all sources, each with what the files beside its own say about it. */
export function placeLogins(read: readonly ReadSource[]): PlacedLogin[] {
  const registers = new Map<string, StatedName[]>();
  for (const { source, names } of read) {
    const directory = dirname(source.path);
    registers.set(directory, [...(registers.get(directory) ?? []), ...names]);
  }
  return read.flatMap(({ source, logins }) => {
    const register = registers.get(dirname(source.path)) ?? [];
    return logins.map(({ place, login }) => ({
      place: { file: source.name, ...place },
      login: inItsPlace(login, source, register),
    }));
  });
}

function inItsPlace(login: ParsedLogin, source: LoginSource, register: readonly StatedName[]): ParsedLogin {
  // Whoever names a directory does not say of each file in it that it holds logins.
  const isUnasked = login.kind === 'refused' && login.reason === 'other-content' && source.isFound === true;
  if (isUnasked) return { kind: 'passed', reason: 'other-file' };
  if (login.kind !== 'login') return login;
  const named = withRegister(login, source.path, register);
  if (source.label === undefined || named.account.label !== undefined) return named;
  return { ...named, account: { ...named.account, label: source.label } };
}
