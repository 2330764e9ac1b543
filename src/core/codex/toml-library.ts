import { createRequire } from 'node:module';
import type * as Toml from 'smol-toml';

/**
 * Loads the parser, which the bundles keep in a file of its own: most configurations say nothing that concerns us, and no
 * listing should wait for it. Synchronous, because everything that reads a login is.
 */
export function loadTomlLibrary(): typeof Toml {
  const require = createRequire(import.meta.url);
  return require('smol-toml') as typeof Toml;
}
