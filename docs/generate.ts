/** `npm run docs`: writes the pages that describe commands, options, settings, exit codes and JSON. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allPages, generatedDirectories } from './generator/all-pages.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const pages = await allPages();
for (const directory of generatedDirectories) rmSync(at(directory), { recursive: true, force: true });
for (const [path, content] of pages) {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
}
process.stdout.write(`${pages.size} pages written\n`);
