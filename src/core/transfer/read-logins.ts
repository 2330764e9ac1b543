import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError } from '../errors.js';
import { describe } from '../storage/atomic-file.js';
import { NoRegularFile, readNow } from '../storage/regular-file.js';
import { type LoginFormat, type LoginPlace, type PlacedLogin, parseLoginFile } from './login-file.js';
import type { ImportRefusal } from './refusal.js';

/** A file to read; `refusal` when it is known already that it cannot be. */
export interface LoginSource {
  /** As the person called it; in a directory, below that name. */
  readonly name: string;
  readonly path: string;
  readonly refusal?: SourceRefusal;
}

export interface SourceRefusal {
  readonly reason: ImportRefusal;
  /** The operating system's words for it. */
  readonly detail?: string;
}

/**
 * The named files, and of each named directory the files in it that end in `.json`; never what is further down. Throws
 * `usage` for an empty name: a variable that is not set must not mean everything in this directory.
 */
export async function listSources(names: readonly string[], cwd: string): Promise<LoginSource[]> {
  if (names.includes('')) {
    throw new AppError('usage', 'one of the names is empty', { hint: 'name a file, or a directory: ./' });
  }
  const lists = await Promise.all(names.map((name) => sourcesOf(name, resolve(cwd, name))));
  const seen = new Set<string>();
  return lists.flat().filter(({ path }) => !seen.has(path) && seen.add(path));
}

async function sourcesOf(name: string, path: string): Promise<LoginSource[]> {
  try {
    const facts = await stat(path);
    if (!facts.isDirectory()) return [await sourceOf(name, path, facts)];
    const inside = (await readdir(path)).filter((each) => /\.json$/i.test(each)).sort();
    return (await Promise.all(inside.map((each) => entryOf(join(name, each), join(path, each))))).flat();
  } catch (error) {
    return [unreadable(name, path, error)];
  }
}

/** A directory called `x.json` is no file that somebody meant. */
async function entryOf(name: string, path: string): Promise<LoginSource[]> {
  try {
    const facts = await stat(path);
    return facts.isDirectory() ? [] : [await sourceOf(name, path, facts)];
  } catch (error) {
    return [unreadable(name, path, error)];
  }
}

async function sourceOf(name: string, path: string, facts: Stats): Promise<LoginSource> {
  // Two names of one file are one file.
  if (facts.isFile()) return { name, path: await realpath(path) };
  return { name, path, refusal: { reason: 'not-a-file' } };
}

function unreadable(name: string, path: string, error: unknown): LoginSource {
  return { name, path, refusal: { reason: 'unreadable', detail: describe(error) } };
}

const mebibyte = 1024 * 1024;
const largestBytes: Record<LoginFormat, number> = { codex: mebibyte, flat: mebibyte, pool: 32 * mebibyte };

/** The logins in one source. Reads only, and never more than a pool may have. Never throws. */
export async function readLogins(source: LoginSource, format: LoginFormat | undefined): Promise<PlacedLogin[]> {
  const refused = (reason: ImportRefusal, detail?: string): PlacedLogin[] => [
    { place: { file: source.name }, login: { kind: 'refused', reason, ...(detail === undefined ? {} : { detail }) } },
  ];
  if (source.refusal !== undefined) return refused(source.refusal.reason, source.refusal.detail);
  const limit = format === undefined ? largestBytes.pool : largestBytes[format];
  const content = readAtMost(source.path, limit);
  if (!Buffer.isBuffer(content)) return refused(content.reason, content.detail);
  if (!isUtf8(content)) return refused('no-json');
  const file = parseLoginFile(content.toString('utf8'), format);
  if (file.kind === 'refused') return refused(file.reason);
  if (content.length > largestBytes[file.format]) return refused('too-large');
  return file.logins.map((login, position) => ({ place: placeOf(source.name, file.format, position), login }));
}

function placeOf(file: string, format: LoginFormat, position: number): LoginPlace {
  return format === 'pool' ? { file, format, record: position + 1 } : { file, format };
}

function readAtMost(path: string, limit: number): Buffer | SourceRefusal {
  try {
    return readNow(path, limit);
  } catch (error) {
    if (!(error instanceof NoRegularFile)) return { reason: 'unreadable', detail: describe(error) };
    return { reason: error.code === 'EFBIG' ? 'too-large' : 'not-a-file' };
  }
}
