import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asNobody } from '../support/as-nobody.js';
import { runBuilt, runBuiltJson } from '../support/built.js';
import { createTestHome, type TestHome } from '../support/cli.js';
import type { ProgramOptions } from '../support/program-process.js';
import { alice, writeLogin, writePool } from '../support/sample-pool.js';

const record = 'owner-0123456789abcdef01234567.json';

/** A home with an account, and with the lock of the store, whose record somebody else makes. */
function homeWithLock(make: (path: string) => void): { home: TestHome; path: string } {
  const home = createTestHome();
  writePool(home, [alice]);
  writeLogin(home, alice);
  const path = join(home.root, 'locks', 'store.held', record);
  mkdirSync(join(path, '..'), { recursive: true });
  make(path);
  return { home, path };
}

async function locksCheck(home: TestHome, options: ProgramOptions = {}) {
  const { document, stderr } = await runBuiltJson(home, ['doctor', '--offline'], options);
  expect(stderr).toBe('');
  const checks: { id: string; status: string; message: string }[] = document.data.checks;
  return checks.find(({ id }) => id === 'locks');
}

async function expectSameWords(home: TestHome, reason: string, options: ProgramOptions = {}) {
  const { exitCode, stderr } = await runBuilt(home, ['label', '1', 'work'], options);
  const problem = await locksCheck(home, options);
  expect({ exitCode, status: problem?.status }).toEqual({ exitCode: 6, status: 'error' });
  expect(problem?.message).toContain(`${record}: ${reason}`);
  expect(stderr.split('\n')[0]).toBe(`error: ${problem?.message}`);
}

describe.skipIf(process.platform === 'win32')('a lock whose record cannot be read', () => {
  it.each<[string, (path: string) => void, string]>([
    ['a named pipe', (path) => execFileSync('mkfifo', [path]), 'it is a named pipe'],
    ['a directory', (path) => mkdirSync(path), 'it is a directory'],
    ['longer than any', (path) => writeFileSync(path, ' '.repeat(70_000)), 'it is longer than 64 KiB'],
  ])('because it is %s, is named by label and by doctor in the same words', async (_what, make, reason) => {
    const { home } = homeWithLock(make);
    await expectSameWords(home, reason);
  });

  it('because it is another user’s, is named by label and by doctor in the same words', async () => {
    const { home, path } = homeWithLock((each) => writeFileSync(each, '{}'));
    const options = asNobody(home);
    if (process.getuid?.() === 0) chownSync(path, 0, 0);
    chmodSync(path, process.getuid?.() === 0 ? 0o600 : 0o000);
    await expectSameWords(home, 'permission denied', options);
  });
});

it.each(['', 'no JSON', '{"pid":"one"}'])('a lock whose record is “%s” is named by doctor', async (content) => {
  const { home } = homeWithLock((path) => writeFileSync(path, content));
  expect(await locksCheck(home)).toMatchObject({
    status: 'warn',
    message: 'the account store is held by a process whose record cannot be understood',
  });
});
