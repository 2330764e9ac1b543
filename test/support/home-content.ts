import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { TestHome } from './test-home.js';

/** Every file below CODEX_HOME with its bytes, locks aside: what must be the same when nothing was to happen. */
export function contentOf(home: TestHome): Record<string, string> {
  if (!existsSync(home.codexHome)) return {};
  const names = readdirSync(home.codexHome, { recursive: true, encoding: 'utf8' });
  const files = names.map((name) => join(home.codexHome, name)).filter((path) => statSync(path).isFile());
  const told = files.map((path) => [relative(home.codexHome, path), readFileSync(path, 'utf8')] as const);
  return Object.fromEntries(told.filter(([name]) => !/(^|\/)locks\/|\.lock$/.test(name)));
}
