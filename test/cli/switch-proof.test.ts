import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { switchCommand } from '../../src/cli/commands/switch.js';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { keys, type Replies, runWithAnswers } from '../support/answers.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { canFakeClients, startFakeClient } from '../support/fake-clients.js';
import { type Answers, signedInAs, startFakeDaemon } from '../support/fake-daemon.js';
import { hurriedClock } from '../support/hurried-clock.js';
import { alice, aliceAtStudio, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, writeJson } from '../support/stored-accounts.js';
import { temporaryDirectory } from '../support/temporary.js';

const atNoon: CliOptions = { clock: clockAt(noon) };
const restart = 'codex app-server daemon restart';
const personal = { userId: 'user-alice', accountId: alice.accountId ?? '', email: 'alice@example.com' };
const studio = { ...personal, accountId: aliceAtStudio.accountId ?? '' };

function homeUsingAlice(): TestHome {
  const home = createTestHome();
  writePool(home, [alice, aliceAtStudio], { activeId: alice.id });
  writeLogin(home, alice);
  return home;
}

async function homeWithDaemon(answers: Answers): Promise<TestHome> {
  const home = homeUsingAlice();
  await startFakeDaemon(home.codexHome, answers);
  return home;
}

async function surfacesAfter(home: TestHome, argv: readonly string[] = ['switch', 'acc_studio'], options = atNoon) {
  const { document, exitCode } = await runJson(home, argv, options);
  expect(switchCommand.schema.parse(document.data)).toEqual(document.data);
  return { exitCode, data: document.data, warnings: document.warnings };
}

/** Noon, and then as time goes by. */
function goingFromNoon(): Clock {
  const start = systemClock.now();
  return { ...systemClock, now: () => noon + systemClock.now() - start };
}

describe('after a switch, the background server', () => {
  test('that has the new account needs nothing', async () => {
    const { exitCode, data, warnings } = await surfacesAfter(await homeWithDaemon(signedInAs(studio)));
    expect({ exitCode, warnings, surfaces: data.surfaces }).toEqual({
      exitCode: 0,
      warnings: [],
      surfaces: [{ kind: 'daemon', account: 'new' }],
    });
  });

  test.each([
    ['another workspace of the same person', signedInAs(personal)],
    ['another person in the same workspace', signedInAs({ ...studio, userId: 'user-bob' })],
    ['no login', { ...signedInAs(personal), 'account/read': { account: null, userId: null, workspaceRouting: null } }],
    ['an API key', { ...signedInAs(personal), 'account/read': { account: { type: 'apiKey' }, userId: null } }],
  ])('that has %s is named with the cure', async (_what, answers) => {
    const { exitCode, data, warnings } = await surfacesAfter(await homeWithDaemon(answers));
    expect({ exitCode, warnings, surfaces: data.surfaces }).toEqual({
      exitCode: 0,
      warnings: [`the official client's background server keeps the old account: ${restart}`],
      surfaces: [{ kind: 'daemon', account: 'old', cure: restart }],
    });
  });

  test('that does not name its workspace may have either of a person’s', async () => {
    const routing = { workspaceRouting: null };
    const answers = signedInAs(studio);
    const home = await homeWithDaemon({ ...answers, 'account/read': { ...answers['account/read'], ...routing } });
    expect((await surfacesAfter(home)).data.surfaces).toEqual([{ kind: 'daemon', account: 'unknown', cure: restart }]);
  });

  test.each<[string, Answers]>([
    ['does not answer', { initialize: {} }],
    ['refuses to answer', { ...signedInAs(personal), 'account/read': { error: { code: -1, message: 'no' } } }],
    ['answers something else', { ...signedInAs(personal), 'account/read': { account: 7 } }],
  ])('that %s does not hold up the switch', async (_what, answers) => {
    const home = await homeWithDaemon(answers);
    const { exitCode, data } = await surfacesAfter(home, ['switch', 'acc_studio'], { clock: hurriedClock() });
    expect({ exitCode, surfaces: data.surfaces }).toEqual({
      exitCode: 0,
      surfaces: [],
    });
  });

  test.skipIf(!canFakeClients)('that does not answer is known by its process, and by when that began', async () => {
    const home = await homeWithDaemon({ initialize: {} });
    const { pid } = await startFakeClient(home.codexHome, ['app-server', '--listen', 'unix://']);
    const { data } = await surfacesAfter(home, ['switch', 'acc_studio'], { clock: hurriedClock() });
    expect(data.surfaces).toEqual([{ kind: 'daemon', pid, account: 'old', cure: restart }]);
  });

  test('that has ended, and left its socket behind, is none', async () => {
    const home = homeUsingAlice();
    const socket = join(home.codexHome, 'app-server-control', 'app-server-control.sock');
    mkdirSync(dirname(socket));
    writeFileSync(socket, '');
    expect((await surfacesAfter(home)).data.surfaces).toEqual([]);
  });
});

describe.skipIf(!canFakeClients)('after a switch, a client that runs', () => {
  test.each([
    ['a session without the server', ['--no-daemon'], 'session', /^start it again/],
    ['a task', ['exec', 'hi'], 'exec', /^let it finish/],
    ['a server of another program', ['app-server'], 'app-server', /^restart the program/],
  ])('since before it keeps the old account: %s', async (_what, words, kind, cure) => {
    const home = homeUsingAlice();
    const { pid } = await startFakeClient(home.codexHome, words);
    const { exitCode, data, warnings } = await surfacesAfter(home);
    const [surface] = data.surfaces;
    expect({ exitCode, surfaces: data.surfaces }).toEqual({
      exitCode: 0,
      surfaces: [{ kind, pid, account: 'old', cure: expect.stringMatching(cure) }],
    });
    expect(warnings).toEqual([expect.stringContaining(`(pid ${pid}) keeps the old account: ${surface.cure}`)]);
  });

  test('since after an earlier switch to the same account has it', async () => {
    const home = homeUsingAlice();
    // The start of the client is its age counted back from noon.
    await runCli(home, ['switch', 'acc_studio'], { clock: clockAt(noon - 3_600_000) });
    await startFakeClient(home.codexHome, []);
    const { data, warnings } = await surfacesAfter(home);
    expect({ warnings, changed: data.changed, accounts: accountsOf(data) }).toEqual({
      warnings: [],
      changed: false,
      accounts: ['new'],
    });
  });

  test('while the file went to and fro has what it held when that client started', async () => {
    const home = homeUsingAlice();
    const clock = goingFromNoon();
    // The kernel counts the age of a process in hundredths of a second.
    await runCli(home, ['switch', 'acc_studio'], { clock });
    await systemClock.sleep(50);
    await startFakeClient(home.codexHome, []);
    await systemClock.sleep(50);
    await runCli(home, ['switch', 'acc_alice'], { clock });
    const back = await surfacesAfter(home, ['switch', 'acc_studio'], { clock });
    expect(accountsOf(back.data)).toEqual(['new']);
  });

  test('and whose beginning nobody has seen is unknown', async () => {
    const home = homeUsingAlice();
    await startFakeClient(home.codexHome, []);
    const { data, warnings } = await surfacesAfter(home, ['switch', 'acc_alice']);
    expect(accountsOf(data)).toEqual(['unknown']);
    expect(warnings[0]).toContain('does not tell which account it uses: start it again');
  });

  test('through the background server has the account of that one, and its cure', async () => {
    const home = await homeWithDaemon(signedInAs(personal));
    const first = await startFakeClient(home.codexHome, []);
    const second = await startFakeClient(home.codexHome, ['resume']);
    const { data, warnings } = await surfacesAfter(home);
    expect(data.surfaces.slice(1)).toEqual(
      [first, second]
        .sort((a, b) => a.pid - b.pid)
        .map(({ pid }) => ({ kind: 'session', pid, account: 'old', cure: restart })),
    );
    expect(warnings.slice(1)).toEqual([
      expect.stringMatching(/^interactive sessions \(pid \d+, \d+\) keep the old account: codex app-server/),
    ]);
  });

  const accountsOf = (data: { surfaces: { account: string }[] }) => data.surfaces.map(({ account }) => account);
});

/** A `codex` on PATH that writes down what it was asked for. */
function officialClient(exitCode = 0) {
  const directory = temporaryDirectory();
  const log = join(directory, 'log');
  const script = `#!/bin/sh\necho "$CODEX_HOME $*" >> ${log}\nexit ${exitCode}\n`;
  writeFileSync(join(directory, 'codex'), script, { mode: 0o755 });
  const calls = () => {
    try {
      return readFileSync(log, 'utf8').trim().split('\n');
    } catch {
      // There is no log: the client was not run.
      return [];
    }
  };
  return { options: { ...atNoon, variables: { PATH: `${directory}:/usr/bin:/bin` } }, calls };
}

const switchAndRestart = ['switch', 'acc_studio', '--restart-daemon'];

describe('switch --restart-daemon', () => {
  test('has the official client restart its server when no turn is under way', async () => {
    const home = await homeWithDaemon(signedInAs(personal));
    const { options, calls } = officialClient();
    const { exitCode, data } = await surfacesAfter(home, switchAndRestart, options);
    expect(calls()).toEqual([`${home.codexHome} app-server daemon restart`]);
    expect({ exitCode, daemonRestart: data.daemonRestart }).toEqual({
      exitCode: 0,
      daemonRestart: { outcome: 'done' },
    });
  });

  test.each<[string, Answers, string]>([
    ['a turn is under way', signedInAs(personal, 1), 'a turn is under way, which it would end'],
    ['turns are under way', signedInAs(personal, 2), '2 turns are under way, which it would end'],
    [
      'it does not tell',
      { ...signedInAs(personal), 'thread/loaded/list': { error: { code: -1, message: 'no' } } },
      'it does not tell whether a turn is under way',
    ],
  ])('refuses while %s; the account is switched all the same', async (_what, answers, reason) => {
    const home = await homeWithDaemon(answers);
    const { options, calls } = officialClient();
    const { exitCode, data, warnings } = await surfacesAfter(home, switchAndRestart, options);
    expect(calls()).toEqual([]);
    expect({ exitCode, changed: data.changed, daemonRestart: data.daemonRestart }).toEqual({
      exitCode: 1,
      changed: true,
      daemonRestart: { outcome: 'refused', reason },
    });
    expect(warnings).toContain(`the background server was not restarted: ${reason}`);
  });

  test('says so when the client fails to', async () => {
    const home = await homeWithDaemon(signedInAs(personal));
    const { exitCode, data } = await surfacesAfter(home, switchAndRestart, officialClient(3).options);
    expect({ exitCode, daemonRestart: data.daemonRestart }).toEqual({
      exitCode: 1,
      daemonRestart: { outcome: 'failed', reason: expect.stringMatching(/codex app-server daemon restart" failed$/) },
    });
  });

  test.each<[string, Answers | undefined]>([
    ['none runs', undefined],
    ['it has the new account', signedInAs(studio, 1)],
  ])('does nothing when %s', async (_what, answers) => {
    const home = answers === undefined ? homeUsingAlice() : await homeWithDaemon(answers);
    const { options, calls } = officialClient();
    const { exitCode, data } = await surfacesAfter(home, switchAndRestart, options);
    expect([exitCode, data.daemonRestart, calls()]).toEqual([0, { outcome: 'not-needed' }, []]);
  });
});

describe('on a terminal', () => {
  async function answered(busy: number, replies: Replies) {
    const home = await homeWithDaemon(signedInAs(personal, busy));
    const { options, calls } = officialClient();
    const result = await runWithAnswers(home, ['switch', 'acc_studio'], replies, options);
    expect(result.exitCode).toBe(0);
    return { ...result, calls: calls() };
  }

  test('asks whether to restart an idle server, and does on yes', async () => {
    const { calls, stdout } = await answered(0, [[/Restart the idle/, `y${keys.enter}`]]);
    expect(calls).toHaveLength(1);
    expect(stdout).toContain('The background server was restarted');
  });

  test('leaves it on no, and says what it keeps', async () => {
    const { calls, stderr } = await answered(0, [[/Restart the idle/, `n${keys.enter}`]]);
    expect(calls).toEqual([]);
    // The terminal is narrower than the sentence.
    expect(stderr.replace(/\s+/g, ' ')).toContain(`keeps the old account: ${restart}`);
  });

  test('does not ask while a turn is under way', async () => {
    const { calls, stderr } = await answered(1, []);
    expect(calls).toEqual([]);
    expect(stderr).not.toContain('Restart the idle');
  });
});

test('best --switch warns in the same way', async () => {
  const home = createTestHome();
  writePool(home, [sampleAccount('acc_only', { userId: 'u', accountId: 'a', email: 'only@example.com' })]);
  await startFakeDaemon(home.codexHome, signedInAs(personal));
  const { stderr } = await runCli(home, ['best', '--switch', '--cached'], atNoon);
  expect(stderr).toContain(`warning: the official client's background server keeps the old account: ${restart}\n`);
});

test.each([
  ['another account', studio, 'warn', 'uses another account than the one that is stored'],
  ['the same one', personal, 'ok', `pid ${process.pid}`],
])('doctor asks the server as well: it has %s', async (_what, who, status, message) => {
  const home = await homeWithDaemon(signedInAs(who));
  writeJson(join(home.codexHome, 'app-server-daemon', 'daemon.pid'), { pid: process.pid });
  const { document } = await runJson(home, ['doctor', '--offline'], atNoon);
  const row = document.data.checks.find(({ id }: { id: string }) => id === 'daemon');
  expect(row).toMatchObject({ status, message: expect.stringContaining(message) });
});
