import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { forgetShareKey, keepShareKey, readShareKey, shareKeyPlace } from '../../../src/core/sharing/key-store.js';
import { newShareKey } from '../../../src/core/sharing/share-key.js';
import { rootPaths } from '../../../src/core/storage/paths.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import { temporaryDirectory } from '../../support/temporary.js';

function newRoot() {
  return { paths: rootPaths(`${temporaryDirectory()}/root`), clock: systemClock, processes: systemProcesses };
}

function problemOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

test('a key is kept in a file that only its owner reads, and forgotten', async () => {
  const root = newRoot();
  const key = newShareKey();
  await keepShareKey(root, key, 'file');
  expect(statSync(root.paths.shareKey).mode & 0o777).toBe(0o600);
  expect(readShareKey(root).bytes()).toEqual(key.bytes());
  expect(shareKeyPlace(root)).toBe('file');
  await forgetShareKey(root);
  expect([existsSync(root.paths.shareKey), shareKeyPlace(root)]).toEqual([false, undefined]);
});

test('a keyring that cannot be used keeps nothing, and no file says that it does', async () => {
  const root = newRoot();
  await expect(keepShareKey(root, newShareKey(), 'keyring')).rejects.toMatchObject({ code: 'credential-store' });
  expect(existsSync(root.paths.shareKey)).toBe(false);
});

test('a key that is gone says how it comes back', () => {
  expect(problemOf(() => readShareKey(newRoot()))).toMatchObject({
    code: 'shared-pool',
    details: { reason: 'no-key' },
    hint: expect.stringContaining('codex-auth share join'),
  });
});

const damages: [string, (content: string) => string, string][] = [
  ['cut off', (content) => content.slice(0, 20), 'storage-corrupt'],
  ['of a newer version', (content) => content.replace('"version": 1', '"version": 9'), 'storage-newer-version'],
  ['with another key than it says', (content) => content.replace(/"keyId": "./, '"keyId": "?'), 'storage-corrupt'],
  ['with half a key', (content) => content.replace(/("key": ".{20})[^"]*/, '$1'), 'storage-corrupt'],
];

test.each(damages)('a file of the key that is %s is no key', async (_what, damage, code) => {
  const root = newRoot();
  await keepShareKey(root, newShareKey(), 'file');
  const before = readFileSync(root.paths.shareKey, 'utf8');
  const { key } = JSON.parse(before);
  writeFileSync(root.paths.shareKey, damage(before));
  const problem = problemOf(() => readShareKey(root));
  expect(problem).toMatchObject({ code });
  expect(String(problem)).not.toContain(key);
});
