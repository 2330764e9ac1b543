import type { Stats } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, systemErrorCode } from '../errors.js';
import { describe } from '../storage/file-errors.js';
import type { ImportRefusal } from './refusal.js';
import { usableLabel } from './stated-members.js';

/** A file to read; with `refusal` where it is known already that it cannot be read. */
export interface LoginSource {
  /** The name that the person gave; for a file in a named directory, joined to the directory's name. */
  readonly name: string;
  readonly path: string;
  /** Found in a directory that was named, and not named itself. */
  readonly isFound?: boolean;
  /** A label made of the directory's name, where the file is the login of a home of the client. */
  readonly label?: string;
  readonly refusal?: SourceRefusal;
}

export interface SourceRefusal {
  readonly reason: ImportRefusal;
  /** The operating system's words for it. */
  readonly detail?: string;
}

/** What is taken from a directory: token files, or everything that may hold logins, homes of the client included. */
export type Wanted = 'token-files' | 'logins';

const fileNames: Record<Wanted, RegExp> = { 'token-files': /\.json$/i, logins: /\.(?:json|jsonl|ndjson|ini|age)$/i };

/** More logins than anybody keeps in one directory, and few enough to look at each file. */
const mostFiles = 20_000;

/**
 * The named files, and of each named directory the files directly in it and the `auth.json` of each directory in it. Throws
 * `usage` for an empty name: a variable that is not set must not mean everything in this directory.
 */
export async function listSources(names: readonly string[], cwd: string, wanted: Wanted): Promise<LoginSource[]> {
  if (names.includes('')) {
    throw new AppError('usage', 'one of the names is empty', { hint: 'name a file, or a directory: ./' });
  }
  const lists = await Promise.all(names.map((name) => sourcesOf(name, resolve(cwd, name), wanted)));
  const seen = new Set<string>();
  return lists.flat().filter(({ path }) => !seen.has(path) && seen.add(path));
}

async function sourcesOf(name: string, path: string, wanted: Wanted): Promise<LoginSource[]> {
  try {
    const facts = await stat(path);
    if (!facts.isDirectory()) return [await sourceOf(name, path, facts)];
    const { files, directories } = await listNames(path, fileNames[wanted]);
    const homes = wanted === 'logins' ? directories : [];
    if (files.length + homes.length > mostFiles) return [{ name, path, refusal: { reason: 'too-many-files' } }];
    const sources = [];
    for (const each of files) sources.push(...(await fileIn(join(name, each), join(path, each))));
    for (const each of homes) sources.push(...(await homeIn(join(name, each), join(path, each), each)));
    return sources.map((source) => ({ ...source, isFound: true }));
  } catch (error) {
    return [unreadable(name, path, error)];
  }
}

/** The names in a directory, sorted. Stops at {@link mostFiles}, which is enough to refuse it. */
async function listNames(path: string, wanted: RegExp): Promise<{ files: string[]; directories: string[] }> {
  const files: string[] = [];
  const directories: string[] = [];
  for await (const entry of await opendir(path)) {
    if (entry.isDirectory() || entry.isSymbolicLink()) directories.push(entry.name);
    if (wanted.test(entry.name)) files.push(entry.name);
    if (files.length > mostFiles || directories.length > mostFiles) break;
  }
  return { files: files.sort(), directories: directories.sort() };
}

/** A file of a named directory; nothing for a directory whose name looks like a file's. */
async function fileIn(name: string, path: string): Promise<LoginSource[]> {
  try {
    const facts = await stat(path);
    return facts.isDirectory() ? [] : [await sourceOf(name, path, facts)];
  } catch (error) {
    return [unreadable(name, path, error)];
  }
}

/** The login of a home of the official client, where the directory is one. */
async function homeIn(name: string, path: string, folder: string): Promise<LoginSource[]> {
  const file = join(path, 'auth.json');
  try {
    const facts = await stat(file);
    if (!facts.isFile()) return [];
    const label = usableLabel(folder.replace(/^\.(?:codex(?:[-_.]|$))?/, ''));
    const source = await sourceOf(join(name, 'auth.json'), file, facts);
    return [label === undefined ? source : { ...source, label }];
  } catch (error) {
    const isNone = ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorCode(error) ?? '');
    return isNone ? [] : [unreadable(join(name, 'auth.json'), file, error)];
  }
}

async function sourceOf(name: string, path: string, facts: Stats): Promise<LoginSource> {
  // By its real path, so that two names of one file are read once.
  if (facts.isFile()) return { name, path: await realpath(path) };
  return { name, path, refusal: { reason: 'not-a-file' } };
}

function unreadable(name: string, path: string, error: unknown): LoginSource {
  return { name, path, refusal: { reason: 'unreadable', detail: describe(error) } };
}
