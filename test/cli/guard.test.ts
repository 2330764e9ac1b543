import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { guardCommand } from '../../src/cli/commands/guard.js';
import { startBuilt } from '../support/built.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { refused } from '../support/provider/faults.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, aliceAtStudio, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import { atNoon, dataOf, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';
import { virtualClock } from '../support/virtual-clock.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const once = ({ home }: RefreshHome, options: CliOptions = atNoon) => runCli(home, ['guard', '--once'], options);
const inSeconds = (who: typeof alice, expiresInSeconds: number) => ({ ...who, expiresInSeconds });

describe('guard --once', () => {
  test('refreshes what expires within five minutes and nothing else, one at a time', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', inSeconds(alice, 200), known);
    await seeded.addAccount('acc_studio', inSeconds(aliceAtStudio, -60), { ...known, workspaceName: 'Studio' });
    await seeded.addAccount('acc_carol', inSeconds(carol, 400), known);
    await seeded.addAccount('acc_bob', inSeconds(bob, 10), { ...known, enabled: false });
    provider.scenario.latencyMs = 50;
    const result = await once(seeded);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "✓ 1 round: 2 refreshed, 0 taken over, 0 left to the client, 0 failed
      12:00  alice@example.com: refreshed until 2026-12-01 12:00
      12:00  alice@example.com (Studio): refreshed until 2026-12-01 12:00
      "
    `);
    expect(provider.requests.refreshes()).toHaveLength(2);
    expect(provider.requests.maxConcurrent(endpointPaths.token)).toBe(1);
    provider.requests.clear();
    expect(dataOf(guardCommand, await runCli(seeded.home, ['guard', '--once', '--json'], atNoon))).toEqual({
      rounds: 1,
      refreshed: 0,
      adopted: 0,
      leftToClient: 0,
      failed: 0,
      unreachable: 0,
    });
    expect(provider.requests.all).toHaveLength(0);
  });

  test('guards the accounts of every pool', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', inSeconds(alice, 100), known);
    const elsewhere = join(seeded.home.root, 'projects', 'site-0123456789ab');
    mkdirSync(elsewhere, { recursive: true });
    copyFileSync(seeded.home.poolFile, join(elsewhere, 'openai-codex-accounts.json'));
    writeFileSync(seeded.home.poolFile, '{"version":3,"accounts":[],"activeIndex":0}');
    expect(said(await once(seeded))).toContain('1 refreshed');
  });

  test.skipIf(process.platform !== 'linux')(
    'leaves the login in auth.json to a running official client until it has expired',
    async () => {
      const seeded = emptyHome(provider);
      seeded.writeAuthFile(await seeded.addAccount('acc_home', inSeconds(alice, 100), known));
      pretendClient(seeded);
      const result = await once(seeded);
      expect(said(result)).toMatch(
        /the official client \(pid \d+\) is using alice@example.com and refreshes it by itself/,
      );
      expect(said(result)).toContain('1 left to the client');
      expect(provider.requests.refreshes()).toHaveLength(0);
      const expired = emptyHome(provider);
      expired.writeAuthFile(await expired.addAccount('acc_home', inSeconds(alice, -60), known));
      pretendClient(expired);
      expect(said(await once(expired))).toContain('1 refreshed');
    },
  );

  test('ends with 1 when a refresh failed, and goes on with the others', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', inSeconds(alice, 100), known);
    await seeded.addAccount('acc_carol', inSeconds(carol, 100), known);
    provider.scenario.on('token', refused(503, 'overloaded'), { accountId: alice.accountId });
    const result = await once(seeded);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('1 refreshed, 0 taken over, 0 left to the client, 1 failed');
  });

  test('leaves a token alone for five minutes after an answer that did not come, and then asks again', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', inSeconds(alice, -60), known);
    provider.scenario.on('token', { kind: 'reset' }, { times: 1 });
    const clock = virtualClock({ start: noon, lengthMs: 7 * 60_000, provider });
    const result = await runCli(seeded.home, ['guard'], { clock, signal: clock.signal });
    const [first = 0, second = 0, ...others] = provider.requests.refreshes().map(({ receivedAt }) => receivedAt);
    expect(others).toEqual([]);
    expect(second - first).toBeGreaterThan(4.5 * 60_000);
    expect(second - first).toBeLessThan(6 * 60_000);
    expect(said(result)).toContain('it may be tried again after 12:05');
    expect(said(result).match(/nobody knows/g)).toHaveLength(1);
    expect(provider.fateOf(seeded.record('acc_home').refreshToken ?? '')).toBe('live');
  });

  test('has as much time to spare as the setting says', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', inSeconds(alice, 400), known);
    const early = { ...atNoon, variables: { CODEX_AUTH_PROACTIVE_REFRESH_BUFFER_MS: '600000' } };
    expect(said(await once(seeded, early))).toContain('1 refreshed');
  });
});

/** A process that looks like the official client of this home: its name and its CODEX_HOME are all that is looked at. */
function pretendClient({ home }: RefreshHome): void {
  const codex = join(home.directory, 'codex-client', 'codex');
  mkdirSync(join(home.directory, 'codex-client'), { recursive: true });
  copyFileSync('/bin/sleep', codex);
  const client = spawn(codex, ['30'], { env: { CODEX_HOME: home.codexHome }, stdio: 'ignore' });
  onTestFinished(() => {
    client.kill('SIGKILL');
  });
}

describe('guard as a process', () => {
  /** The process has the real time, so the provider has it too. */
  async function startGuard(expiresInSeconds = 100, variables: Readonly<Record<string, string>> = {}) {
    provider.scenario.clockOffsetSeconds = 0;
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', inSeconds(alice, expiresInSeconds));
    const guard = startBuilt(seeded.home, ['guard'], { variables });
    return { seeded, guard };
  }

  const lockOf = ({ home }: RefreshHome) => join(home.root, 'locks', 'guard.held');

  test.each(['SIGINT', 'SIGTERM'] as const)('ends cleanly on %s and gives its lock back', async (signal) => {
    const { seeded, guard } = await startGuard();
    await expect.poll(() => provider.requests.refreshes(), { timeout: 15_000 }).toHaveLength(1);
    await expect.poll(() => seeded.record('acc_home')['tokenGeneration'], { timeout: 15_000 }).toBe(2);
    expect(existsSync(lockOf(seeded))).toBe(true);
    guard.signal(signal);
    const { exitCode, stdout, stderr } = await guard.ended;
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(
      /^✓ stopped after [01] rounds?: 1 refreshed, 0 taken over, 0 left to the client, 0 failed\n$/,
    );
    expect(stderr).toContain('guarding 1 account: tokens that end within 5m are refreshed; Ctrl-C ends it\n');
    expect(stderr).not.toContain('error:');
    expect(existsSync(lockOf(seeded))).toBe(false);
    expect(readdirSync(seeded.home.root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('finishes the refresh that it is at when it is stopped', async () => {
    provider.scenario.on('token', { kind: 'slow', ms: 1_000 });
    const { seeded, guard } = await startGuard();
    await expect.poll(() => provider.requests.refreshes(), { timeout: 15_000 }).toHaveLength(1);
    guard.signal('SIGTERM');
    expect((await guard.ended).exitCode).toBe(130);
    const { refreshToken = '' } = seeded.record('acc_home');
    expect(provider.fateOf(refreshToken)).toBe('live');
    expect(seeded.record('acc_home')['tokenGeneration']).toBe(2);
  });

  test('is the only one: a second ends with 6 and names the first', async () => {
    const { seeded, guard } = await startGuard(9_000);
    await expect.poll(() => existsSync(lockOf(seeded)), { timeout: 15_000 }).toBe(true);
    const second = await runCli(seeded.home, ['guard', '--once']);
    expect(second.exitCode).toBe(6);
    expect(second.stderr).toContain(`(pid ${guard.pid})`);
    guard.signal('SIGKILL');
    await guard.ended;
    expect((await runCli(seeded.home, ['guard', '--once'])).exitCode).toBe(0);
  });

  test('comes round again after the interval, and survives a pool that cannot be read for a while', async () => {
    const { seeded, guard } = await startGuard(9_000, { CODEX_AUTH_PROACTIVE_REFRESH_INTERVAL_MS: '1000' });
    await expect.poll(() => existsSync(lockOf(seeded)), { timeout: 15_000 }).toBe(true);
    const pool = join(seeded.home.directory, 'pool.json');
    copyFileSync(seeded.home.poolFile, pool);
    writeFileSync(seeded.home.poolFile, 'half a pool');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await seeded.provider.issueTokens(alice);
    copyFileSync(pool, seeded.home.poolFile);
    guard.signal('SIGTERM');
    const { stdout, stderr } = await guard.ended;
    expect(stderr).toContain(`${seeded.home.poolFile} is damaged`);
    expect(stdout).toMatch(/stopped after [2-9] rounds/);
  });
});
