import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { madeOnceVariable } from '../made-once.js';
import { placeInMemory } from '../place-in-memory.js';

/**
 * Runs before all tests, and what it returns after them: makes a directory for what the processes of the tests make
 * once for all.
 */
export default function setup(): (() => void) | undefined {
  // Vitest calls it for each tier.
  if (process.env[madeOnceVariable] !== undefined) return undefined;
  const directory = mkdtempSync(join(realpathSync(placeInMemory()), 'codex-auth-once-'));
  process.env[madeOnceVariable] = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}
