import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';

/** A release of Node that the tests run the package on, or why they are skipped. */
export type OtherNode = { readonly version: string } & ({ readonly path: string } | { readonly missing: string });

export const otherNodesDirectory = fileURLToPath(new URL('../other-nodes', import.meta.url));

const Manifest = z.object({ dependencies: z.record(z.string(), z.string()) });
const Installed = z.object({ version: z.string() });

/** The releases that `test/other-nodes` pins, each as npm's package `node` under a name of its own. */
export function otherNodes(): readonly OtherNode[] {
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(otherNodesDirectory, 'package.json'), 'utf8')));
  return Object.entries(manifest.dependencies).map(([name, wanted]) => {
    const version = wanted.replace('npm:node@', '');
    const directory = join(otherNodesDirectory, 'node_modules', name);
    const path = join(directory, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    const isInstalled = existsSync(path) && versionIn(join(directory, 'package.json')) === version;
    return { version, ...(isInstalled ? { path } : { missing: 'not installed: npm ci --prefix test/other-nodes' }) };
  });
}

function versionIn(path: string): string {
  return Installed.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}
