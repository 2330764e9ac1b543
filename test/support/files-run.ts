import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files of `dist` that processes have run, from V8's own records in a directory, which leave out what comes from a
 * cache. Without the file with which a first run leaves a cache.
 */
export function filesRunIn(coverage: string): string[] {
  return readdirSync(coverage)
    .flatMap((file) => scriptsIn(join(coverage, file)))
    .filter((file) => file !== 'keep.cjs')
    .sort();
}

function scriptsIn(path: string): string[] {
  const { result } = JSON.parse(readFileSync(path, 'utf8')) as { result: { url: string }[] };
  return result.flatMap(({ url }) => /\/dist\/(.*)$/.exec(url)?.[1] ?? []);
}
