import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Launch } from '../../src/cli/program/machine.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { person } from '../support/login-files.js';
import { makeProject } from '../support/project-home.js';
import { sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { said } from '../support/seed.js';

const faraway = { exp: 4_000_000_000 };
const alice = sampleAccount('acc_alice', person('alice', { ...faraway, iat: 5000 }), { label: 'work' });
const bob = sampleAccount('acc_bob', person('bob', { ...faraway, iat: 5000 }));

let home: TestHome;
let launched: Launch[];
beforeEach(() => {
  launched = [];
  home = createTestHome();
  makeProject(home);
  writePool(home, [alice, bob], { activeId: 'acc_bob' });
  writeLogin(home, bob);
});

const launch = async (program: Launch) => {
  launched.push(program);
  return 7;
};
const command = (words: readonly string[], options: CliOptions = {}) => runCli(home, words, { launch, ...options });
const json = async (words: readonly string[], options: CliOptions = {}) =>
  (await runJson(home, words, options)).document.data;
const inside = (name: string) => {
  const cwd = join(home.cwd, name);
  mkdirSync(cwd, { recursive: true });
  return { cwd };
};
/** The account as which the client runs in a directory, by way of the shim. */
async function runsAs(options: CliOptions = {}): Promise<string | undefined> {
  launched = [];
  const result = await command(['run', '--here', '--', 'true'], options);
  expect(result.exitCode, said(result)).toBe(7);
  return launched[0]?.variables['CODEX_AUTH_ACCOUNT'];
}

describe('switch --here', () => {
  test('binds the project, and changes nobody who is in use', async () => {
    const before = readFileSync(home.authFile, 'utf8');
    const result = await command(['switch', 'work', '--here']);
    expect([result.exitCode, result.stdout]).toEqual([
      0,
      expect.stringContaining(`plain codex runs as work in ${home.cwd} and its worktrees`),
    ]);
    expect(result.stdout).toContain('Editors and the desktop application do not pass there');
    expect(readFileSync(home.authFile, 'utf8')).toBe(before);
    expect(await runsAs()).toBe('work');
    expect(await runsAs(inside('src/deep'))).toBe('work');
    expect(launched[0]?.announcement).toBe(`running as work, because ${home.cwd} is bound to it`);
  });

  test('says with --json what is bound, and what that took the place of', async () => {
    await command(['switch', 'work', '--here']);
    expect(await json(['switch', 'acc_bob', '--here'])).toMatchObject({
      change: 'bound',
      binding: { directory: home.cwd, kind: 'project', accountId: 'acc_bob', account: bob.email },
      replaced: { accountId: 'acc_alice', account: 'work' },
      reached: false,
    });
    expect(await json(['switch', 'acc_bob', '--here'])).toMatchObject({ change: 'unchanged' });
    expect(await runsAs()).toBe(bob.email);
  });

  test('points to setup where codex does not pass the shim', async () => {
    expect((await command(['switch', 'work', '--here'])).stdout).toContain('codex-auth setup');
  });

  test('says in a terminal of a run that it stays on its account', async () => {
    const result = await command(['switch', 'work', '--here'], { variables: { CODEX_AUTH_ACCOUNT: bob.email ?? '' } });
    expect(result.stdout).toContain('This terminal belongs to a run');
  });

  test('is taken away by --clear, also from a directory below', async () => {
    await command(['switch', 'work', '--here']);
    expect(await json(['switch', '--here', '--clear'], inside('src'))).toMatchObject({
      change: 'cleared',
      binding: { directory: home.cwd, account: 'work' },
    });
    expect(await json(['switch', '--here', '--clear'])).toEqual({ change: 'nothing', inRun: false, reached: false });
    expect(await runsAs()).toBeUndefined();
    expect(launched[0]?.announcement).toContain('bound to no account');
  });

  test('is taken back by undo, step by step', async () => {
    await command(['switch', 'work', '--here']);
    await command(['switch', 'acc_bob', '--here']);
    expect((await command(['undo'])).stdout).toContain('Took back: switch --here');
    expect(await runsAs()).toBe('work');
    await command(['undo']);
    expect(await runsAs()).toBeUndefined();
  });
});

describe('switch --dir', () => {
  test('binds a directory in a project for itself', async () => {
    await command(['switch', 'work', '--here']);
    const { cwd } = inside('docs');
    expect(await json(['switch', 'acc_bob', '--dir', 'docs'])).toMatchObject({
      binding: { directory: cwd, kind: 'directory' },
    });
    expect([await runsAs(), await runsAs({ cwd }), await runsAs(inside('docs/more'))]).toEqual([
      'work',
      bob.email,
      bob.email,
    ]);
  });

  test('means the project where it is the top of one', async () => {
    expect(await json(['switch', 'work', '--dir', '.'])).toMatchObject({ binding: { kind: 'project' } });
  });

  test('can be taken away when the directory is gone', async () => {
    const { cwd } = inside('gone');
    await command(['switch', 'work', '--dir', cwd]);
    rmSync(cwd, { recursive: true });
    expect(await json(['switch', '--dir', cwd, '--clear'])).toMatchObject({ change: 'cleared' });
  });
});

describe('refused', () => {
  const personHome = () => home.variables['HOME'] ?? '';

  test.each([
    [['switch', '--here'], 2, /which account/],
    [['switch', 'nobody', '--here'], 3, /no account/],
    [['switch', 'work', '--here', '--dir', '.'], 2, /exclude/],
    [['switch', 'work', '--here', '--clear'], 2, /takes no account/],
    [['switch', '--clear'], 2, /about a binding/],
    [['switch', 'work', '--here', '--restart-daemon'], 2, /--restart-daemon is about the login in use/],
    [['switch', 'work', '--dir', 'not-there'], 2, /no such directory/],
    [['switch', 'work', '--dir', ''], 2, /--dir needs a directory/],
    [['switch', '--dir', '', '--clear'], 2, /--dir needs a directory/],
    [['switch', 'work', '--here', '--config', ''], 2, /--config needs a file/],
    [['run', 'work', '--here', '--', 'true'], 2, /exclude each other/],
  ] as const)('%j with %i', async (words, exitCode, says) => {
    const result = await command(words);
    expect([result.exitCode, said(result)]).toEqual([exitCode, expect.stringMatching(says)]);
    expect(existsSync(join(home.root, 'bindings.json'))).toBe(false);
  });

  test('everything in the home directory, unless it is named', async () => {
    const result = await command(['switch', 'work', '--here'], { cwd: personHome() });
    expect([result.exitCode, said(result)]).toEqual([2, expect.stringContaining('everything in your home')]);
    expect(await json(['switch', 'work', '--dir', personHome()])).toMatchObject({ change: 'bound' });
  });

  test('a disabled account', async () => {
    await command(['disable', 'work']);
    expect((await command(['switch', 'work', '--here'])).exitCode).toBe(2);
  });

  test('Windows', async () => {
    const result = await command(['switch', 'work', '--here'], { platform: 'win32' });
    expect([result.exitCode, said(result)]).toEqual([1, expect.stringContaining('WSL')]);
  });
});

describe('a bound directory', () => {
  beforeEach(() => command(['switch', 'work', '--here']));

  test('is named by list, status and switch', async () => {
    const binding = { directory: home.cwd, kind: 'project', accountId: 'acc_alice', account: 'work' };
    expect((await command(['list'])).stdout).toContain(`Plain codex runs as work in ${home.cwd}`);
    expect((await command(['status'])).stdout).toMatch(/Bound +plain codex runs as work in/);
    expect(await json(['list'])).toMatchObject({ binding });
    expect(await json(['status'])).toMatchObject({ binding });
    await command(['switch', 'acc_alice']);
    expect(await json(['switch', 'acc_bob'])).toMatchObject({ activeId: 'acc_bob', binding });
    expect((await command(['switch', 'acc_bob'])).stdout).toContain('codex-auth switch 2 --here');
    const elsewhere = { cwd: home.directory };
    expect(await json(['list'], elsewhere)).not.toHaveProperty('binding');
    expect(await json(['switch', 'acc_bob'], elsewhere)).not.toHaveProperty('binding');
  });

  test('is unbound when its account is removed, and bound again by undo', async () => {
    expect(await json(['remove', 'work', '--yes'])).toMatchObject({ unbound: [home.cwd] });
    expect(await runsAs()).toBeUndefined();
    await command(['undo']);
    expect(await runsAs()).toBe('work');
  });

  test('never runs as another account where its own is gone', async () => {
    writePool(home, [bob], { activeId: 'acc_bob' });
    const result = await command(['run', '--here', '--', 'true']);
    expect([result.exitCode, said(result)]).toEqual([
      3,
      expect.stringMatching(/bound to acc_alice, which is not here any more[\s\S]*--clear/),
    ]);
    expect(launched).toEqual([]);
    expect((await command(['status'])).stdout).toContain('bound to an account that is gone');
    const row = await bindingsRow();
    expect(row).toMatchObject({ status: 'error', message: expect.stringContaining('not here any more') });
  });

  test('refuses a disabled account', async () => {
    await command(['disable', 'work']);
    expect((await command(['run', '--here', '--', 'true'])).exitCode).toBe(2);
  });

  test('is listed by doctor, which says what keeps a binding from having an effect', async () => {
    expect(await bindingsRow()).toMatchObject({ status: 'warn', message: expect.stringContaining('shim') });
    await command(['setup', '--yes', '--shell', 'bash']);
    const row = await bindingsRow();
    expect(row).toMatchObject({ status: 'ok', message: expect.stringContaining(`${home.cwd}: `) });
    await command(['switch', 'acc_bob', '--dir', inside('docs').cwd]);
    expect(await bindingsRow()).toMatchObject({ status: 'ok' });
    rmSync(join(home.cwd, 'docs'), { recursive: true });
    expect(await bindingsRow()).toMatchObject({ status: 'warn', message: expect.stringContaining('is gone') });
  });

  test('is an error where the file of bindings is damaged, for whatever would start the client', async () => {
    writeFileSync(join(home.root, 'bindings.json'), '{');
    expect((await command(['run', '--here', '--', 'true'])).exitCode).not.toBe(7);
    expect(launched).toEqual([]);
    const listed = await command(['list']);
    expect([listed.exitCode, listed.stderr]).toEqual([0, expect.stringContaining('bindings.json is damaged')]);
    expect((await bindingsRow()).fixable).toBe(true);
    await command(['doctor', '--fix', '--offline']);
    expect(await bindingsRow()).toMatchObject({ status: 'ok' });
  });

  test('has no trace left after uninstall --accounts', async () => {
    await command(['setup', '--yes', '--shell', 'bash']);
    expect(existsSync(join(home.root, 'bin', '.codex-auth-bindings'))).toBe(true);
    await command(['setup', '--undo', '--yes']);
    expect(existsSync(join(home.root, 'bin'))).toBe(false);
    const result = await command(['uninstall', '--accounts', '--yes']);
    expect([result.exitCode, existsSync(join(home.root, 'bindings.json'))]).toEqual([0, false]);
  });

  async function bindingsRow() {
    const { checks } = await json(['doctor', '--offline']);
    return checks.find(({ id }: { id: string }) => id === 'bindings');
  }
});
