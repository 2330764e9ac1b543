import { isUtf8 } from 'node:buffer';
import { dirname } from 'node:path';
import { describe } from '../storage/file-errors.js';
import { NoRegularFile, readNow } from '../storage/regular-file.js';
import type { LoginSource, SourceRefusal } from './list-sources.js';
import type { LoginFormat, ParsedLogin, PlacedLogin } from './login-file.js';
import { type ParsedFile, parseLogins } from './parse-logins.js';
import { isSealed, type OpeningKey, unseal } from './sealed-file.js';
import { type StatedName, withRegister } from './stated-names.js';

/** What a source holds by itself, without what the files beside it say. */
export interface ReadSource extends ParsedFile {
  readonly source: LoginSource;
}

const mebibyte = 1024 * 1024;

/** Enough for more than ten thousand logins in UTF-16. */
export const largestSourceBytes = 128 * mebibyte;
/** The limit for a file that is one login. */
const largestLoginBytes = mebibyte;

interface Reading {
  readonly format: LoginFormat | undefined;
  /** Gives the key for sealed files; called only where there is one. */
  readonly openingKey: () => Promise<OpeningKey | undefined>;
}

/** The logins in one source. Reads only, and never more than a file with logins may have. */
export async function readSource(source: LoginSource, reading: Reading): Promise<ReadSource> {
  if (source.refusal !== undefined) return refused(source, source.refusal);
  const content = readAtMost(source.path, largestSourceBytes);
  return Buffer.isBuffer(content) ? parseSource(source, content, reading) : refused(source, content);
}

/** As {@link readSource}, for bytes that have been read already. */
export async function parseSource(source: LoginSource, bytes: Buffer, reading: Reading): Promise<ReadSource> {
  const sealed = sealedIn(bytes);
  const content = sealed === undefined ? bytes : await open(sealed, reading);
  return Buffer.isBuffer(content) ? parseContent(source, content, reading.format) : refused(source, content);
}

/** Enough of a file to see whether it is sealed. */
const headBytes = 128;

/** The sealed bytes; undefined for anything else. Armored ones may be in any encoding that `decodeText` reads. */
function sealedIn(bytes: Buffer): Buffer | undefined {
  if (isSealed(bytes)) return bytes;
  const head = decodeText(bytes.subarray(0, headBytes));
  const text = head !== undefined && isSealed(Buffer.from(head)) ? decodeText(bytes) : undefined;
  return text === undefined ? undefined : Buffer.from(text);
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
  // A file that was only found in a named directory need not hold logins.
  const isUnasked = login.kind === 'refused' && login.reason === 'other-content' && source.isFound === true;
  if (isUnasked) return { kind: 'passed', reason: 'other-file' };
  if (login.kind !== 'login') return login;
  const named = withRegister(login, source.path, register);
  if (source.label === undefined || named.account.label !== undefined) return named;
  return { ...named, account: { ...named.account, label: source.label } };
}

/**
 * The text of a file in UTF-8 or UTF-16 of either byte order, with a byte order mark or without; undefined where it is
 * neither. Tools on Windows write all of them.
 */
function decodeText(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decodeUtf16(bytes.subarray(2), 'utf-16le');
  if (first === 0xfe && second === 0xff) return decodeUtf16(bytes.subarray(2), 'utf-16be');
  // JSON begins with an ASCII character, half of which is a zero byte in UTF-16.
  if (bytes.length > 1 && second === 0 && first !== 0) return decodeUtf16(bytes, 'utf-16le');
  if (bytes.length > 1 && first === 0 && second !== 0) return decodeUtf16(bytes, 'utf-16be');
  return isUtf8(bytes) ? bytes.toString('utf8').replace(/^\uFEFF/, '') : undefined;
}

function decodeUtf16(bytes: Buffer, encoding: 'utf-16le' | 'utf-16be'): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // An odd number of bytes, or half a character: it is no text of this encoding.
    return undefined;
  }
}
