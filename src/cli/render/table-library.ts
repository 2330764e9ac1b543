import { createRequire } from 'node:module';
import type CliTable from 'cli-table3';

/** Loads what draws tables, which the bundle keeps in a file of its own, at the first table: most runs show none. */
export function loadTableLibrary(): typeof CliTable {
  const require = createRequire(import.meta.url);
  return require('cli-table3') as typeof CliTable;
}
