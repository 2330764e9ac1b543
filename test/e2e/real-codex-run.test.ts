import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inParallel } from '../support/parallel.js';
import { makeProject } from '../support/project-home.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { findRealCodex, runCodex } from '../support/real-codex.js';
import { refreshesSent } from '../support/refresh-ahead.js';
import { alice, bob, carol } from '../support/refresh-home.js';
import { ownEntries, RunHome } from '../support/run-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import type { TestHome } from '../support/test-home.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
/** The official client refreshes a token with five minutes left or less, and one with more only later. */
const [dueSeconds, notDueSeconds] = [300, 400];

const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

describe.skipIf('missing' in codex)(`runs of the official client as accounts${why}`, () => {
  const provider = useProvider();

  test('answer as the account, and keep everything but the login in the home of the person', async () => {
    const home = new RunHome(temporaryDirectory(), provider);
    await home.ours.addAccount('ada', alice);
    const result = await home.exec(alice.email, ['hi']);
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stdout).toContain(`Hello ${alice.email}`);
    expect(existsSync(home.client.authFile)).toBe(false);
    expect(home.threads()).toHaveLength(1);
    const { codexHome } = home.privately('ada').home;
    expect(ownEntries(codexHome).filter((name) => !isPrivate(name))).toEqual([]);
  });

  /** Makes every login due, by a refresh of ours; what a client then gets lasts longer. */
  async function makeDue(home: RunHome): Promise<void> {
    provider.scenario.accessTokenSeconds = dueSeconds;
    const renewed = await home.command(['renew', '--force']);
    expect(renewed.exitCode, renewed.stderr).toBe(0);
    provider.scenario.accessTokenSeconds = notDueSeconds;
  }

  /** The refresh is left to the client that is started. */
  const leaving = { variables: { CODEX_AUTH_REFRESH_AHEAD_MS: '0' } };

  const newestOf = ({ accountId }: typeof alice) =>
    provider.issued.all.filter((each) => each.accountId === accountId).at(-1)?.refresh_token;

  /** The newest token of each login is alive, and in one file only. */
  function expectEachOnce(home: RunHome, people: readonly (typeof alice)[]): void {
    const files = [home.ours, home.privately('ada'), home.privately('bob')]
      .map((each) => each.home.authFile)
      .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true);
    const held = files.map((path) => JSON.parse(readFileSync(path, 'utf8')).tokens.refresh_token);
    expect(held.toSorted()).toEqual(people.map(newestOf).toSorted());
    expect(held.map((token) => provider.fateOf(token))).toEqual(people.map(() => 'live'));
    expect(provider.requests.refreshes().every(({ status }) => status === 200)).toBe(true);
  }

  test('rotate each its own login at the same time, beside the home of the person, and leave threads that all can go on with', async () => {
    const home = new RunHome(temporaryDirectory(), provider);
    const people = [alice, bob, carol];
    for (const [at, who] of people.entries()) await home.ours.addAccount(['ada', 'bob', 'carol'][at] ?? '', who);
    expect((await home.command(['switch', carol.email])).exitCode).toBe(0);
    const rounds = 3;
    for (let round = 0; round < rounds; round += 1) {
      await makeDue(home);
      const before = provider.requests.refreshes().length;
      const [asAda, asBob, own] = await Promise.all([
        home.exec(alice.email, ['hi'], leaving),
        home.exec(bob.email, ['hi'], leaving),
        runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: home.client }),
      ]);
      for (const [who, result] of [
        [alice, asAda],
        [bob, asBob],
        [carol, own],
      ] as const) {
        expect(result.exitCode, result.stderr).toBe(0);
        expect(result.stdout).toContain(`Hello ${who.email}`);
      }
      expect(provider.requests.refreshes()).toHaveLength(before + people.length);
      expectEachOnce(home, people);
    }

    const threads = home.threads();
    expect(threads).toHaveLength(people.length * rounds);
    for (const thread of threads.slice(0, rounds)) {
      const resumed = await home.exec(bob.email, ['resume', thread, 'go on']);
      expect(resumed.exitCode, resumed.stderr).toBe(0);
      expect(resumed.stdout).toContain(`Hello ${bob.email}`);
    }
    expect(home.threads()).toEqual(threads);
  });

  type Step = readonly ['run' | 'switch', typeof alice];
  const everyOrder: readonly Step[] = [
    ['run', alice],
    ['switch', alice],
    ['run', alice],
    ['switch', bob],
    ['run', alice],
    ['run', bob],
    ['switch', alice],
    ['run', bob],
    ['switch', bob],
    ['run', bob],
    ['switch', alice],
    ['run', alice],
  ];

  test('keep every login alive when the person switches to it and from it, in every order', async () => {
    const home = new RunHome(temporaryDirectory(), provider);
    for (const [id, who] of [
      ['ada', alice],
      ['bob', bob],
    ] as const)
      await home.ours.addAccount(id, who);
    for (const [verb, who] of everyOrder) {
      await makeDue(home);
      const result =
        verb === 'run'
          ? await home.exec(who.email, ['hi'], leaving)
          : await home.command(['switch', who.email], leaving);
      expect(result.exitCode, result.stderr).toBe(0);
      if (verb === 'run') expect(result.stdout).toContain(`Hello ${who.email}`);
      else {
        // The login is in the person's own home, once nothing runs in the private one.
        expect(lstatSync(home.client.authFile).isFile()).toBe(true);
        const own = await runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: home.client });
        expect(own.stdout, own.stderr).toContain(`Hello ${who.email}`);
      }
      const held = JSON.parse(
        readFileSync(
          verb === 'run' ? home.privately(who === alice ? 'ada' : 'bob').home.authFile : home.client.authFile,
          'utf8',
        ),
      );
      expect([held.tokens.refresh_token, provider.fateOf(held.tokens.refresh_token)]).toEqual([newestOf(who), 'live']);
    }
    expectEachOnce(home, [alice, bob]);
  });

  test('go on with what another account has begun, by the list of all sessions', async () => {
    const home = new RunHome(temporaryDirectory(), provider);
    for (const [id, who] of [
      ['ada', alice],
      ['bob', bob],
    ] as const)
      await home.ours.addAccount(id, who);
    expect((await home.exec(alice.email, ['fix the tests'])).exitCode).toBe(0);
    const [thread = ''] = home.threads();
    const listed = JSON.parse((await home.command(['sessions', '--json'])).stdout);
    expect(listed.data.sessions).toMatchObject([
      { id: thread, firstWords: 'fix the tests', cwd: home.ours.home.cwd, account: { id: 'ada' } },
    ]);
    const PATH = `${dirname('path' in codex ? codex.path : '')}:${home.client.env['PATH']}`;
    const repository = { variables: { PATH }, cwd: repositoryIn(home.ours.home) };
    const resumed = await home.command(['resume', thread, 'go on', '--as', bob.email], repository);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(resumed.stdout).toContain(`Hello ${bob.email}`);
    expect(home.threads()).toEqual([thread]);
  });

  test('write no thread two at once: the client refuses the second', async () => {
    const home = new RunHome(temporaryDirectory(), provider);
    for (const [id, who] of [
      ['ada', alice],
      ['bob', bob],
    ] as const)
      await home.ours.addAccount(id, who);
    expect((await home.exec(alice.email, ['hi'])).exitCode).toBe(0);
    const [thread = ''] = home.threads();
    const asked = () => provider.requests.to(endpointPaths.responses).length;
    const before = asked();
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    provider.scenario.on('responses', { kind: 'held', until });
    const first = home.exec(alice.email, ['resume', thread, 'one']);
    await expect.poll(asked, { timeout: 30_000 }).toBeGreaterThan(before);
    const second = await home.exec(bob.email, ['resume', thread, 'two']);
    release();
    expect(second.stderr).toContain('already has an active writer');
    expect([(await first).exitCode, second.exitCode]).toEqual([0, 1]);
    const [rollout = ''] = home.rollouts();
    const lines = readFileSync(rollout, 'utf8').trimEnd().split('\n');
    const ordinals = lines.map((line) => JSON.parse(line).ordinal);
    expect(ordinals).toEqual(lines.map((_, at) => at));
  });

  test('twenty at once on a token with four minutes left are one refresh, ours, and all are answered', async () => {
    const home = new RunHome(temporaryDirectory(), provider);
    await home.ours.addAccount('ada', { ...alice, expiresInSeconds: 240 });
    const all = await inParallel(
      20,
      Array.from({ length: 20 }, (_, at) => at),
      () => home.exec(alice.email, ['hi']),
    );
    for (const result of all) expect(result.exitCode, result.stderr).toBe(0);
    expect(refreshesSent(provider)).toEqual({ ours: 1, theirs: 0, areClean: true });
  });
});

/** A repository, because the client refuses to run anywhere else unless it is told to. */
function repositoryIn(home: TestHome): string {
  makeProject(home);
  return home.cwd;
}

function isPrivate(name: string): boolean {
  return /^(auth\.|tmp$|models_cache\.json$|\.codex-auth-home$)/.test(name);
}
