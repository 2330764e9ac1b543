import { indexPrefix, keepCached, type PrivateCache } from '../core/storage/private-cache.js';

/** Room for the commands of a day on two versions of Node, 1 to 3 MB each. */
const kind = { mostFiles: 16, isOfKind: (name: string) => !name.startsWith(indexPrefix) };

/**
 * Leaves what V8 has compiled of a program to later runs: the compiled form twice, and the source, so that damage shows
 * (docs/decisions/010-quick-bundle.md). Loaded by the few runs that do so. Asks for the compiled form only where there
 * is a file to write it to; silent where there is not.
 */
export function keepCodeCache(
  { cache, name, header, source }: { cache: PrivateCache; name: string; header: string; source: Buffer },
  compile: () => Buffer,
): void {
  keepCached(cache, name, kind, () => {
    const compiled = compile();
    return Buffer.concat([Buffer.from(header, 'latin1'), compiled, compiled, source]);
  });
}
