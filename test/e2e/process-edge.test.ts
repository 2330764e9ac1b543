import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTestHome } from '../support/cli.js';
import { builtProject } from '../support/program-process.js';
import { startProvider } from '../support/provider/start.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';

const { execPath } = process;

/** Runs a shell line in which `codex-auth` is the built product. */
function shell(line: string) {
  const home = createTestHome();
  const program = `'${execPath}' '${join(builtProject(), 'bin', 'codex-auth.js')}'`;
  const gone = join(home.cwd, 'gone');
  mkdirSync(gone);
  const script = line.replaceAll('codex-auth', program).replaceAll('GONE', `'${gone}'`);
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], {
    cwd: gone,
    env: { ...home.variables, PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test.skipIf(process.platform === 'win32')('a shell in a directory that was removed gets an explanation', () => {
  expect(shell('rmdir GONE; codex-auth list')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'error: the current directory does not exist any more\n  → cd to a directory that does\n',
  });
  expect(shell('rmdir GONE; codex-auth --version')).toMatchObject({ status: 0, stderr: '' });
});

test.skipIf(!existsSync('/dev/full'))('output that a full disk did not take is a failure that says so', () => {
  expect(shell('codex-auth list > /dev/full')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'error: cannot write the output: ENOSPC\n',
  });
});

test.skipIf(process.platform === 'win32')(
  'a refresh on its way is waited for when nobody reads the messages any more',
  { timeout: 60_000 },
  async () => {
    const provider = await startProvider();
    onTestFinished(() => provider.stop());
    const seeded = new RefreshHome(temporaryDirectory(), provider);
    const spent = await seeded.addAccount('acc_alice', { ...alice, expiresInSeconds: 60 });
    seeded.writeAuthFile(await seeded.addAccount('acc_bob', { ...bob, expiresInSeconds: 60 }));
    provider.scenario.on('token', { kind: 'slow', ms: 3_000 }, { accountId: alice.accountId });
    // Bob's auth.json cannot be locked, and the message about it is the first one that finds no reader.
    mkdirSync(join(seeded.home.codexHome, 'auth.lock'));
    const program = `'${execPath}' '${join(builtProject(), 'bin', 'codex-auth.js')}'`;
    const env = { ...seeded.home.variables, PATH: process.env['PATH'] };
    const line = `${program} renew 2>&1 >/dev/null | head -n 2`;
    await once(spawn('/bin/sh', ['-c', line], { cwd: seeded.home.cwd, env, stdio: 'ignore' }), 'close');
    expect(provider.fateOf(spent.refresh_token)).toBe('spent');
    expect(seeded.record('acc_alice').refreshToken).toBe(provider.issued.all.at(-1)?.refresh_token);
    expect(seeded.journal()).toEqual([]);
  },
);
