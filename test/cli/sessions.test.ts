import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Launch } from '../../src/cli/program/machine.js';
import { type CliOptions, runCli, runJson } from '../support/cli.js';
import { alice, carol, RefreshHome } from '../support/refresh-home.js';
import { linesOf, type Rollout, writeRollout } from '../support/rollouts.js';
import { said } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const ids = ['0', '1', '2', '3'].map((digit) => `01a22e5b-b9a0-7662-9df4-a5a1fbe4c3e${digit}`) as [
  string,
  string,
  string,
  string,
];
const minute = 60_000;
const ofAlice = { userId: 'user-alice', accountId: alice.accountId };
const ofCarol = { userId: 'user-carol', accountId: carol.accountId };

const provider = useProvider({ keepsState: true });
let home: RefreshHome;
let launched: Launch[];
beforeEach(async () => {
  launched = [];
  home = new RefreshHome(temporaryDirectory(), provider);
  await home.addAccount('acc_alice', alice);
  await home.addAccount('acc_carol', carol);
});

const now = () => home.home.clock.now();
const write = (rollout: Omit<Rollout, 'writtenAt'>, minutesAgo: number) =>
  writeRollout(home.home.codexHome, { ...rollout, writtenAt: now() - minutesAgo * minute });
const list = async (...words: string[]) => (await runJson(home.home, ['sessions', ...words])).document.data.sessions;

describe('sessions', () => {
  test('lists those of all accounts, the latest first, and whose each is', async () => {
    write({ id: ids[0], ...ofAlice, cwd: '/one', firstWords: 'fix the\n tests' }, 90);
    write({ id: ids[1], ...ofCarol, cwd: '/two', firstWords: 'write a "song"' }, 5);
    write({ id: ids[2], userId: 'user-nobody', accountId: 'x', firstWords: 'unknown' }, 10);
    expect(await list()).toMatchObject([
      { id: ids[1], cwd: '/two', firstWords: 'write a "song"', account: { id: 'acc_carol', index: 2 } },
      { id: ids[2], firstWords: 'unknown' },
      { id: ids[0], cwd: '/one', firstWords: 'fix the tests', account: { id: 'acc_alice', index: 1 } },
    ]);
    expect((await list())[1]).not.toHaveProperty('account');
    const { stdout } = await runCli(home.home, ['sessions']);
    expect(stdout).toMatch(new RegExp(`carol@example\\.com +/two +write a "song" +${ids[1]}`));
    expect(stdout).toContain('codex-auth resume <id>');
  });

  test.skipIf(process.platform === 'win32')('goes once through links that lead round in circles', async () => {
    write({ id: ids[0], ...ofAlice }, 1);
    const sessions = join(home.home.codexHome, 'sessions');
    const elsewhere = temporaryDirectory();
    for (const [leadsTo, name] of [
      ['.', 'here'],
      ['..', 'home'],
      ['itself', 'itself'],
      [elsewhere, 'archive'],
    ] as const)
      symlinkSync(leadsTo, join(sessions, name));
    symlinkSync(sessions, join(elsewhere, 'back'));
    writeFileSync(join(elsewhere, `rollout-2026-01-01T00-00-00-${ids[1]}.jsonl`), '');
    expect((await list()).map(({ id }: { id: string }) => id).sort()).toEqual([ids[0], ids[1]]);
  });

  test('says where it could not look, and so does status', async () => {
    writeFileSync(join(home.home.codexHome, 'sessions'), '');
    home.writeAuthFile(await provider.issueTokens(alice));
    for (const command of ['sessions', 'status', 'resume']) {
      const result = await runCli(home.home, [command, ...(command === 'resume' ? ['--last'] : [])]);
      expect(said(result)).toMatch(/warning: cannot read \S+sessions: .*; the sessions in it are left out/);
    }
  });

  test('leaves out what another session had as a task', async () => {
    write({ id: ids[0], ...ofAlice, source: { subagent: { thread_spawn: {} } } }, 1);
    expect(await list()).toEqual([]);
  });

  test('lists what is compressed, cut short, empty or none of the client by its name', async () => {
    const whole = linesOf({ id: ids[0], ...ofAlice, firstWords: 'hi', writtenAt: now() });
    write({ id: ids[0], content: whole.slice(0, 2_000) }, 1);
    write({ id: ids[1], ending: '.jsonl.zst', content: '\u0028\u00b5\u002f\u00fd' }, 2);
    write({ id: ids[2], content: '' }, 3);
    write({ id: ids[3], content: '\u0000\u001b[2J{"session_meta"}' }, 4);
    expect(await list()).toMatchObject([
      { id: ids[0], cwd: '/work', account: { id: 'acc_alice' } },
      { id: ids[1] },
      { id: ids[2] },
      { id: ids[3] },
    ]);
    expect((await runCli(home.home, ['sessions'])).exitCode).toBe(0);
  });

  test('shows twenty of them, or all, or those of this directory', async () => {
    for (let at = 10; at < 35; at += 1) {
      const cwd = at === 34 ? home.home.cwd : '/elsewhere';
      write({ id: `01a22e5b-b9a0-7662-9df4-a5a1fbe4c3${at}`, ...ofAlice, cwd, firstWords: 'hi' }, at);
    }
    expect(await list()).toHaveLength(20);
    expect(await list('--all')).toHaveLength(25);
    expect(await list('--cwd')).toMatchObject([{ cwd: home.home.cwd }]);
  });

  test('says where there are none', async () => {
    expect((await runCli(home.home, ['sessions'])).stdout).toBe('There are no sessions here.\n');
  });

  test('reads five thousand within two seconds of processor time', async () => {
    const content = linesOf({ id: ids[0], ...ofAlice, firstWords: 'hi', writtenAt: now() });
    for (let at = 0; at < 5_000; at += 1) {
      write({ id: `01a22e5b-b9a0-7662-9df4-a5a1fbe4${String(at).padStart(4, '0')}`, content }, at);
    }
    const startedAt = process.cpuUsage();
    expect(await list('--all')).toHaveLength(5_000);
    const { user, system } = process.cpuUsage(startedAt);
    expect((user + system) / 1_000_000).toBeLessThan(2);
  });
});

describe('resume', () => {
  const launch = async (program: Launch) => {
    launched.push(program);
    return 3;
  };
  const resume = (words: readonly string[], options: CliOptions = {}) => {
    const PATH = `${home.home.cwd}:${home.home.variables['PATH']}`;
    return runCli(home.home, ['resume', ...words], { launch, variables: { PATH }, ...options });
  };
  beforeEach(() => {
    const codex = join(home.home.cwd, 'codex');
    writeFileSync(codex, '#!/bin/sh\n');
    chmodSync(codex, 0o755);
    write({ id: ids[0], ...ofAlice, cwd: home.home.cwd, firstWords: 'one' }, 20);
    write({ id: ids[1], ...ofCarol, cwd: '/elsewhere', firstWords: 'two' }, 10);
  });

  test('goes on as the account in use, in the home that is used anyway', async () => {
    const result = await resume([ids[1]]);
    expect([result.exitCode, said(result)]).toEqual([3, '']);
    expect(launched[0]).toMatchObject({ name: 'codex', arguments: ['resume', ids[1]] });
    expect(launched[0]?.variables).toMatchObject({ CODEX_HOME: home.home.codexHome });
    expect(launched[0]?.variables).not.toHaveProperty('CODEX_AUTH_ACCOUNT');
  });

  test('goes on as another account, which is not switched to', async () => {
    await resume([ids[0], 'go on', '--as', carol.email]);
    expect(launched[0]).toMatchObject({ arguments: ['exec', 'resume', ids[0], 'go on'] });
    expect(launched[0]?.variables).toMatchObject({ CODEX_AUTH_ACCOUNT: carol.email });
  });

  test('takes the latest of this directory, and its only argument for what to say', async () => {
    await resume(['--last', 'go on']);
    expect(launched[0]?.arguments).toEqual(['exec', 'resume', ids[0], 'go on']);
  });

  test('takes a part of an id that no other has', async () => {
    await resume(['4c3e1']);
    expect(launched[0]?.arguments).toEqual(['resume', ids[1]]);
  });

  test('only shows with --dry-run what it would do', async () => {
    expect((await resume([ids[0], '--dry-run'])).stdout).toBe(
      `Would run: ${join(home.home.cwd, 'codex')} resume ${ids[0]}\n`,
    );
    expect(launched).toEqual([]);
  });

  test.each([
    [['01a22e5b'], /2 sessions have 01a22e5b in their id/],
    [['ffffffff'], /there is no session ffffffff/],
    [[], /needs to know which session/],
  ])('refuses %j', async (words, says) => {
    const result = await resume(words);
    expect([result.exitCode, said(result)]).toEqual([2, expect.stringMatching(says)]);
    expect(launched).toEqual([]);
  });

  test('says where no session was begun in this directory', async () => {
    const elsewhere = join(home.home.directory, 'elsewhere');
    mkdirSync(elsewhere);
    const result = await resume(['--last'], { cwd: elsewhere });
    expect([result.exitCode, said(result)]).toEqual([1, expect.stringContaining('codex-auth sessions')]);
  });
});

test('switch says how to go on with what the previous account was doing', async () => {
  const switchTo = (email: string) => runCli(home.home, ['switch', email]);
  await switchTo(alice.email);
  const path = write({ id: ids[0], ...ofAlice, firstWords: 'one' }, 1);
  const before = readFileSync(path, 'utf8');
  expect((await switchTo(carol.email)).stdout).toContain(`codex-auth resume ${ids[0]}`);
  expect((await switchTo(alice.email)).stdout).not.toContain('codex-auth resume');
  expect(readFileSync(path, 'utf8')).toBe(before);
});
