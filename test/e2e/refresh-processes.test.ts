import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runningClients } from '../../src/core/codex/clients.js';
import { runBuilt, runBuiltJson, startBuilt } from '../support/built.js';
import { muchLater, runJson } from '../support/cli.js';
import { killEverywhere } from '../support/crash/steps.js';
import type { CrashTrial } from '../support/crash/trial.js';
import type { Fault } from '../support/provider/scenario.js';
import { canMakeReadOnly, makeReadOnly } from '../support/read-only.js';
import { alice, aliceAtStudio, carol, RefreshHome } from '../support/refresh-home.js';
import { directoryInMemory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

const expired = { expiresInSeconds: -60 };
const sentTokens = () => provider.requests.refreshes().map(({ body }) => Reflect.get(Object(body), 'refresh_token'));
const newestOf = (accountId: string) =>
  provider.issued.all.filter((issued) => issued.accountId === accountId).at(-1)?.refresh_token;

describe('many processes at once', () => {
  async function checkTogether(home: RefreshHome, processes: number) {
    const all = Array.from({ length: processes }, () => runBuiltJson(home.home, ['check'], { timeoutMs: 90_000 }));
    return Promise.all(all);
  }

  it('spend the token of one expired account once: 20 times check', async () => {
    const home = new RefreshHome(directoryInMemory(), provider);
    const old = await home.addAccount('a', { ...carol, ...expired });
    home.writeAuthFile(old);
    const results = await checkTogether(home, 20);

    expect(results.map(({ exitCode }) => exitCode)).toEqual(results.map(() => 0));
    expect(results.map(({ document }) => document.data.summary.fine)).toEqual(results.map(() => 1));
    expect(sentTokens()).toEqual([old.refresh_token]);
    expect(home.record('a').refreshToken).toBe(newestOf(carol.accountId));
    expect(home.authFile().tokens.refresh_token).toBe(newestOf(carol.accountId));
    expect(home.journal()).toEqual([]);
  });

  it('spend the token of two workspaces once, and each keeps its own access: 10 times check', async () => {
    const home = new RefreshHome(directoryInMemory(), provider);
    const { refresh_token } = await home.addAccount('personal', { ...alice, ...expired });
    await home.addAccount('studio', { ...aliceAtStudio, ...expired, refreshToken: refresh_token });
    const results = await checkTogether(home, 10);

    expect(results.map(({ document }) => document.data.summary.fine)).toEqual(results.map(() => 2));
    expect(sentTokens()).toEqual([refresh_token]);
    const [personal, studio] = [home.record('personal'), home.record('studio')];
    expect([personal.refreshToken, studio.refreshToken]).toEqual([
      newestOf(alice.accountId),
      newestOf(alice.accountId),
    ]);
    expect(personal.accessToken).not.toBe(studio.accessToken);
  });
});

/** An expired account of its own, active, in a home of its own. */
async function crashHome(directory: string, number: number) {
  const email = `crash-${number}@example.com`;
  const { accountId } = provider.people.addAccount({ email });
  const home = new RefreshHome(directory, provider);
  const old = await home.addAccount('a', { email, ...expired });
  home.writeAuthFile(old);
  return { home, old, accountId };
}

type CrashHome = Awaited<ReturnType<typeof crashHome>>;

/** Everything that must hold after a refresh was killed and the next run has had its turn. */
async function nextRun({ home, old, accountId }: CrashHome): Promise<'works' | 'rotation-lost'> {
  const { exitCode, document } = await runJson(home.home, ['check'], muchLater);
  const sent = sentTokens().filter((token) => token === old.refresh_token);
  expect(sent.length).toBeLessThanOrEqual(2);
  expect(home.journal()).toEqual([]);
  const [flagged] = home.flagged();
  if (flagged !== undefined) {
    expect(flagged).toMatchObject({ flaggedReason: 'rotation-lost' });
    expect(document.data.accounts[0].problem.message).toContain('got no answer');
    expect([exitCode, home.records()]).toEqual([1, []]);
    return 'rotation-lost';
  }
  expect(exitCode, JSON.stringify(document)).toBe(0);
  expect(home.record('a').refreshToken).toBe(newestOf(accountId));
  expect(home.authFile().tokens.refresh_token).toBe(newestOf(accountId));
  expect(provider.fateOf(home.authFile().tokens.refresh_token)).toBe('live');
  return 'works';
}

describe('a refresh that is killed', () => {
  it('at any of its file-system steps ends with a working login, unless only the dead process had the answer', {
    timeout: 600_000,
  }, async () => {
    let people = 0;
    const trialIn = async (directory: string): Promise<CrashTrial<Awaited<ReturnType<typeof nextRun>>>> => {
      people += 1;
      const crashed = await crashHome(directory, people);
      return { home: crashed.home.home, argv: ['check'], verify: () => nextRun(crashed) };
    };
    const isOfEntry = (step: string) => /^fsync \d+-[0-9a-f-]+\.json$/.test(step);
    // Between sending and having the answer on disk there is nothing but the write of the answer itself.
    const isWriteOfAnswer = (step: string | undefined) =>
      /^(write|fsync) \d+-[0-9a-f-]+\.json( \(half\))?$/.test(step ?? '');
    const kills = await killEverywhere(trialIn, { directory: directoryInMemory() });
    for (const { steps, outcomes } of kills) {
      const [created, recorded] = [steps.findIndex(isOfEntry), steps.findLastIndex(isOfEntry)];
      expect(created).toBeGreaterThan(0);
      expect(recorded).toBeGreaterThan(created);
      const lost = outcomes.filter(({ outcome }) => outcome !== 'works').map(({ index }) => index);
      expect(lost.map((index) => steps[index]).filter((step) => !isWriteOfAnswer(step))).toEqual([]);
      expect(lost.filter((index) => index > recorded)).toEqual([]);
    }
    expect(kills[0].outcomes.some(({ outcome }) => outcome !== 'works')).toBe(true);
  });

  const faults: readonly [string, Fault, 'works' | 'rotation-lost'][] = [
    ['before the provider acts on it', { kind: 'hang' }, 'works'],
    ['while the provider acts on it', { kind: 'slow', ms: 700 }, 'rotation-lost'],
    ['in the middle of the answer', { kind: 'drip', intervalMs: 20 }, 'rotation-lost'],
  ];
  it.each(faults)('%s leaves the next run knowing', async (_when, fault, outcome) => {
    const crashed = await crashHome(directoryInMemory(), 1);
    provider.scenario.on('token', fault, { times: 1 });
    const running = startBuilt(crashed.home.home, ['check']);
    await expect.poll(sentTokens, { timeout: 10_000 }).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    running.signal('SIGKILL');
    await running.ended;
    // Gives the provider the time to finish the request.
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await nextRun(crashed)).toBe(outcome);
  });

  it('by Ctrl-C waits for the answer and stores it', async () => {
    const crashed = await crashHome(directoryInMemory(), 1);
    provider.scenario.on('token', { kind: 'slow', ms: 700 }, { times: 1 });
    const running = startBuilt(crashed.home.home, ['check']);
    await expect.poll(sentTokens, { timeout: 10_000 }).toHaveLength(1);
    running.signal('SIGINT');
    expect((await running.ended).exitCode).toBe(130);
    expect(crashed.home.record('a').refreshToken).toBe(newestOf(crashed.accountId));
    expect(await nextRun(crashed)).toBe('works');
  });
});

const why = canMakeReadOnly ? '' : ' (skipped: no file can be made immutable here)';

describe.skipIf(!canMakeReadOnly)(`a pool that cannot be written${why}`, () => {
  it('when the answer comes loses nothing: it is in the journal, and the next run stores it', async () => {
    const crashed = await crashHome(directoryInMemory(), 1);
    const { home, old, accountId } = crashed;
    provider.scenario.on('token', { kind: 'slow', ms: 500 }, { times: 1 });
    const running = runBuilt(home.home, ['check', '--json']);
    await expect.poll(sentTokens, { timeout: 10_000 }).toHaveLength(1);
    const makeWritable = makeReadOnly(home.home.poolFile);
    onTestFinished(makeWritable);
    const { exitCode, stdout } = await running;
    const { error } = JSON.parse(stdout);
    expect([exitCode, error.code]).toEqual([6, 'storage-write-failed']);
    expect(error.message).toContain('refresh-journal');
    expect(home.record('a').refreshToken).toBe(old.refresh_token);
    expect(home.journal()).toMatchObject([{ isLeft: true, answer: { refreshToken: newestOf(accountId) } }]);
    makeWritable();
    expect(await nextRun(crashed)).toBe('works');
    expect(sentTokens()).toHaveLength(1);
  });
});

describe('a running official client', () => {
  it('is left its own login, and the check says so and uses what is left of the token', async () => {
    const home = new RefreshHome(directoryInMemory(), provider);
    home.writeAuthFile(await home.addAccount('a', { ...carol, expiresInSeconds: 40 }));
    const client = spawn('/bin/sh', ['-c', 'cp /bin/sleep "$0/codex" && exec "$0/codex" 30', directoryInMemory()], {
      env: { CODEX_HOME: home.home.codexHome, PATH: process.env['PATH'] ?? '' },
      stdio: 'ignore',
    });
    onTestFinished(() => void client.kill('SIGKILL'));
    await expect.poll(() => runningClients(home.codex)).toEqual([client.pid]);
    const { document } = await runBuiltJson(home.home, ['check']);
    expect(document.data.summary).toMatchObject({ fine: 1 });
    expect(sentTokens()).toEqual([]);
    client.kill('SIGKILL');
    await expect.poll(() => runningClients(home.codex)).toEqual([]);
    await runBuiltJson(home.home, ['check']);
    expect(sentTokens()).toHaveLength(1);
  });
});
