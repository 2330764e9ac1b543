import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { createTestHome } from '../support/cli.js';
import { builtProject } from '../support/program-process.js';
import { startProvider } from '../support/provider/start.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { alice as sampleAlice, writePool } from '../support/sample-pool.js';
import { temporaryDirectory } from '../support/temporary.js';

const { execPath } = process;

/** Runs a shell line in which `codex-auth` is the built product. */
function shell(line: string, home = createTestHome()) {
  const program = `'${execPath}' '${join(builtProject(), 'bin', 'codex-auth.js')}'`;
  const gone = join(home.cwd, 'gone');
  mkdirSync(gone, { recursive: true });
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

describe.skipIf(process.platform === 'win32')('a named pipe that stands in place of the accounts', () => {
  function homeWithPipe() {
    const home = createTestHome();
    mkdirSync(home.root, { recursive: true, mode: 0o700 });
    spawnSync('mkfifo', ['-m', '600', home.poolFile]);
    return home;
  }

  // Waiting for its writer, a process would be deaf to signals: the shell's own time limit has to kill it.
  const limited = (command: string) => `timeout -s KILL 20 ${command}`;

  it.each(['list', 'list --json', 'status', 'switch 1'])('is no reason for %s to hang', (command) => {
    const home = homeWithPipe();
    const { status, stdout, stderr } = shell(limited(`codex-auth ${command}`), home);
    expect(status).toBe(6);
    expect(stdout + stderr).toContain(`cannot read ${home.poolFile}: it is a named pipe`);
  });

  it('is left where it is by doctor --fix, which says what stands there', () => {
    const home = homeWithPipe();
    const records = [{ email: 'alice@example.com', refreshToken: 'rt_1' }];
    const backup = JSON.stringify({ version: 3, accounts: records, activeIndex: 0 });
    writeFileSync(`${home.poolFile}.bak`, backup, { mode: 0o600 });
    const { status, stdout } = shell(limited('codex-auth doctor --fix --offline'), home);
    expect(status).toBe(1);
    expect(stdout).toContain(`${home.poolFile}: it is a named pipe`);
    expect(statSync(home.poolFile).isFIFO()).toBe(true);
    rmSync(home.poolFile);
    shell(limited('codex-auth doctor --fix --offline'), home);
    expect(shell(limited('codex-auth list'), home)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('alice@example.com'),
    });
  });
});

describe.skipIf(process.platform === 'win32')('a named pipe in place of a file of the official client', () => {
  it.each([
    ['config.toml', 'switch 1 --replace'],
    ['config.toml', 'list'],
    ['config.toml', 'doctor --offline'],
    ['auth.json', 'switch 1 --replace'],
    ['app-server-daemon/daemon.pid', 'switch 1 --replace'],
    ['app-server-daemon/daemon.pid', 'status'],
  ])('%s is no reason for %s to hang', (name, command) => {
    const home = createTestHome();
    writePool(home, [sampleAlice]);
    const pipe = join(home.codexHome, name);
    mkdirSync(dirname(pipe), { recursive: true });
    spawnSync('mkfifo', ['-m', '600', pipe]);
    const { status, stdout, stderr } = shell(`timeout -s KILL 20 codex-auth ${command}`, home);
    expect({ status, stderr }).toMatchObject({ status: expect.toBeOneOf([0, 1, 6]), stderr: expect.any(String) });
    const said = (stdout + stderr).replace(/\s+/g, ' ');
    if (name === 'config.toml' && command !== 'list')
      expect(said).toContain('config.toml cannot be read: it is a named pipe');
  });
});

test.skipIf(!existsSync('/dev/full'))('output that a full disk did not take is a failure that says so', () => {
  expect(shell('codex-auth list > /dev/full')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'error: cannot write the output: ENOSPC\n',
  });
});

describe.skipIf(process.platform === 'win32')('a list that is longer than a pipe holds', () => {
  const accounts = 1_200;

  function homeWithMany() {
    const home = createTestHome();
    const email = (index: number) => `person-with-a-long-name-${index}@example.com`;
    const records = Array.from({ length: accounts }, (_, index) => ({
      email: email(index),
      refreshToken: `rt_${index}`,
      // Makes the pool so long that `expectLongRead` is called.
      accessToken: 'x'.repeat(1_000),
    }));
    mkdirSync(home.root, { recursive: true, mode: 0o700 });
    writeFileSync(home.poolFile, JSON.stringify({ version: 3, accounts: records, activeIndex: 0 }), { mode: 0o600 });
    return home;
  }

  const rowsIn = (text: string) => text.match(/^ +\d+ +person-/gm)?.length;

  it('reaches a slow reader whole', () => {
    const { stdout, stderr } = shell('codex-auth list --global | (sleep 1; cat)', homeWithMany());
    expect([stdout.length > 100_000, rowsIn(stdout), stderr]).toEqual([true, accounts, '']);
  });

  it('reaches it whole where another program made the pipe one that keeps nobody waiting', () => {
    const opens = `process.stdout.write(''); require('node:fs').writeFileSync('ready', ''); setTimeout(() => {}, 60_000)`;
    const line = `('${execPath}' -e "${opens}" & until [ -e ready ]; do sleep 0.05; done; codex-auth list --global; kill $!)`;
    const { stdout, stderr } = shell(`${line} | (sleep 1.5; cat)`, homeWithMany());
    expect([rowsIn(stdout), stderr]).toEqual([accounts, '']);
  });

  it('is no failure when its reader has seen enough', () => {
    const { stdout, stderr } = shell('{ codex-auth list --global; echo $? >&2; } | head -n 1', homeWithMany());
    expect([stdout.split('\n').length, stderr]).toEqual([2, '0\n']);
  });

  it('can be ended while its reader keeps it waiting', () => {
    const line = '{ codex-auth list --global & sleep 1; kill $!; wait $!; echo $? >&2; } | sleep 3';
    expect(shell(line, homeWithMany()).stderr).toMatch(/^143$/m);
  });

  it('says what it could not write to', () => {
    const line =
      'codex-auth list --global 1< /dev/null; codex-auth list --global > out && codex-auth list --global 1< out';
    const failure = 'error: cannot write the output: EBADF\n';
    expect(shell(line, homeWithMany())).toEqual({ status: 1, stdout: '', stderr: failure + failure });
  });
});

test.skipIf(process.platform === 'win32')(
  'a refresh on its way is waited for when nobody reads the messages any more',
  async () => {
    const provider = await startProvider();
    onTestFinished(() => provider.stop());
    const seeded = new RefreshHome(temporaryDirectory(), provider);
    const spent = await seeded.addAccount('acc_alice', { ...alice, expiresInSeconds: 60 });
    seeded.writeAuthFile(await seeded.addAccount('acc_bob', { ...bob, expiresInSeconds: 60 }));
    provider.scenario.on('token', { kind: 'slow', ms: 3_000 }, { accountId: alice.accountId });
    // Once the request for Bob was sent, his auth.json cannot be locked. The message about that is the first one that
    // finds no reader.
    const lock = join(seeded.home.codexHome, 'auth.lock');
    const putInTheWay = () => {
      rmSync(lock);
      mkdirSync(lock);
    };
    const isAskedFor = () => provider.requests.refreshes().length > 1;
    const until = vi.waitUntil(isAskedFor, { timeout: 20_000 }).then(putInTheWay);
    provider.scenario.on('token', { kind: 'held', until }, { accountId: bob.accountId });
    const program = `'${execPath}' '${join(builtProject(), 'bin', 'codex-auth.js')}'`;
    const env = { ...seeded.home.variables, PATH: process.env['PATH'] };
    const line = `${program} renew 2>&1 >/dev/null | head -n 2`;
    await once(spawn('/bin/sh', ['-c', line], { cwd: seeded.home.cwd, env, stdio: 'ignore' }), 'close');
    expect(provider.fateOf(spent.refresh_token)).toBe('spent');
    expect(seeded.record('acc_alice').refreshToken).toBe(provider.issued.all.at(-1)?.refresh_token);
    expect(seeded.journal()).toEqual([]);
  },
);
