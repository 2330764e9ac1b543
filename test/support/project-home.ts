import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveProjectStorageIdentityRoot } from '../../src/core/project/identity.js';
import type { TestHome } from './test-home.js';

/** Makes the working directory of the home a repository; returns the key of its pool. */
export function makeProject(home: TestHome): string {
  const git = join(home.cwd, '.git');
  for (const name of ['refs', 'objects']) mkdirSync(join(git, name), { recursive: true });
  writeFileSync(join(git, 'HEAD'), 'ref: refs/heads/main\n');
  const resolved = resolveProjectStorageIdentityRoot(home.cwd, { home: join(home.directory, 'person') });
  if (resolved.kind !== 'project') throw new Error(resolved.kind);
  return resolved.key;
}
