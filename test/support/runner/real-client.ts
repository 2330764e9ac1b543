import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { findRealCodex } from '../real-codex.js';
import { installPinned, project } from './program.js';

const directory = join(project, 'test', 'real-client');
const name = '@openai/codex';

/**
 * Puts the pinned official client where the tests look for it. Where that is impossible, as without a network, they
 * skip, and each of them says why.
 */
export async function installRealClient(): Promise<void> {
  process.stdout.write('\n== the official client\n');
  const wanted = versionIn(join(directory, 'package.json'), (json) => Manifest.parse(json).dependencies[name]);
  const installed = versionIn(
    join(directory, 'node_modules', name, 'package.json'),
    (json) => Installed.parse(json).version,
  );
  if (installed === wanted && 'path' in findRealCodex()) {
    process.stdout.write(`${name} ${wanted} is already installed\n`);
    return;
  }
  if (!(await installPinned(directory)))
    process.stdout.write(`${name} ${wanted} could not be installed; the tests that run it are skipped\n`);
}

const Manifest = z.object({ dependencies: z.object({ [name]: z.string() }) });
const Installed = z.object({ version: z.string() });

function versionIn(path: string, read: (json: unknown) => string): string | undefined {
  return existsSync(path) ? read(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}
