import { beforeEach, describe, expect, test } from 'vitest';
import { forecastCommand } from '../../src/cli/commands/forecast.js';
import { listCommand } from '../../src/cli/commands/list.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { startProvider } from '../support/provider/start.js';
import { alice, aliceAtStudio, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import {
  at,
  atNoon,
  dataOf,
  emptyHome,
  homeOfAlice,
  known,
  said,
  seededHome,
  setProviderToNoon,
  setUsage,
  windowAtNoon,
} from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

async function forecast({ home }: RefreshHome, argv: readonly string[] = [], options: CliOptions = atNoon) {
  return dataOf(forecastCommand, await runCli(home, ['forecast', '--json', ...argv], options));
}

/** Alice's short window is nearly used up, that of her studio is used up, and Carol's is mostly left. */
function spreadUsage(): void {
  setUsage(provider, alice, 99, 50);
  setUsage(provider, aliceAtStudio, 100, 40);
  setUsage(provider, carol, 20, 30);
}

describe('forecast', () => {
  test('shows who can be used, how risky that is, what is left, and whom to take', async () => {
    const seeded = await seededHome(provider);
    spreadUsage();
    const result = await runCli(seeded.home, ['forecast'], atNoon);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "  #  ACCOUNT                   WORKSPACE  AVAILABILITY                   RISK       LEFT (RESETS IN)
        1  home <alice@example.com>  Personal   ready                          55 medium  5h 1% (2h 5m) · 7d 50% (3d)
        2  alice@example.com         Studio     delayed until 14:05, in 2h 5m  60 medium  5h 0% (2h 5m) · 7d 60% (3d)
        3  bob@example.com           Studio     unavailable: disabled by you   100 high   –
        4  carol@example.com         Personal   ready                          0 low      5h 80% (2h 5m) · 7d 70% (3d)

      → Use carol@example.com (Personal): 70% left of its 7d window; the next one has only 1% left of its 5h window; codex-auth switch 4
      "
    `);
  });

  test('explains itself with --explain', async () => {
    const seeded = await seededHome(provider);
    spreadUsage();
    expect(said(await runCli(seeded.home, ['forecast', '--explain'], atNoon))).toMatchInlineSnapshot(`
      "  #  ACCOUNT                   WORKSPACE  AVAILABILITY                   RISK       LEFT (RESETS IN)
        1  home <alice@example.com>  Personal   ready                          55 medium  5h 1% (2h 5m) · 7d 50% (3d)
        2  alice@example.com         Studio     delayed until 14:05, in 2h 5m  60 medium  5h 0% (2h 5m) · 7d 60% (3d)
        3  bob@example.com           Studio     unavailable: disabled by you   100 high   –
        4  carol@example.com         Personal   ready                          0 low      5h 80% (2h 5m) · 7d 70% (3d)
         1: only 1% left of its 5h window
         1: 50% left of its 7d window, resets 2026-11-24 12:00, in 3d (0.69% an hour would use it all)
         1: risk little quota left +55
         1: score 240.74, made of
         1:   ready 10: it can be used now
         1:   order 150: not kept for last
         1:   health 80: healthy (health 100)
         1:   headroom 0: only 1% left of its 5h window
         1:   lapse 0.74: 50% left of its 7d window and 72h until it resets: 0.69% an hour would use it all
         1:   window 0.01: 1% left of its 5h window, full again in 2.1h of 5h
         2: 5h window used up, resets 14:05, in 2h 5m
         2: 60% left of its 7d window, resets 2026-11-24 12:00, in 3d (0.83% an hour would use it all)
         2: risk little quota left +60
         2: score 0: it is not ready
         3: disabled by you
         3: quota unknown
         3: risk blocked +95, quota unknown or old +10
         3: score 0: it is not ready
         4: 70% left of its 7d window, resets 2026-11-24 12:00, in 3d (0.97% an hour would use it all)
         4: risk none
         4: score 257.46, made of
         4:   ready 10: it can be used now
         4:   order 150: not kept for last
         4:   health 80: healthy (health 100)
         4:   headroom 16: nothing tighter than 70% left of its 7d window
         4:   lapse 0.8: 70% left of its 7d window and 72h until it resets: 0.97% an hour would use it all
         4:   window 0.67: 80% left of its 5h window, full again in 2.1h of 5h

      → Use carol@example.com (Personal): 70% left of its 7d window; the next one has only 1% left of its 5h window; codex-auth switch 4
      "
    `);
    const { accounts } = await forecast(seeded, ['--explain']);
    for (const { riskScore, explanation } of accounts) {
      const points = explanation?.risk.reduce((sum, row) => sum + row.points, 0) ?? Number.NaN;
      expect(riskScore).toBe(Math.min(100, points));
    }
  });

  test('counts the limits of a model with --model', async () => {
    const seeded = await homeOfAlice(provider);
    const rate_limit = { primary_window: windowAtNoon(100, 18_000, 600), secondary_window: null };
    setUsage(provider, alice, 10, 10, {
      additional_rate_limits: [{ limit_name: 'GPT-5.5-Codex-Spark', metered_feature: 'codex_bengalfox', rate_limit }],
    });
    expect((await forecast(seeded)).accounts[0]?.availability).toBe('ready');
    const ofModel = await forecast(seeded, ['--model', 'gpt-5.5-codex-spark']);
    expect(ofModel).toMatchObject({
      model: 'gpt-5.5-codex-spark',
      nextAvailable: { id: 'acc_home', availableAt: '2026-11-21T12:10:00.000Z' },
      accounts: [{ availability: 'delayed', availableAt: '2026-11-21T12:10:00.000Z' }],
    });
  });

  test('names who is back first when nobody is ready', async () => {
    const seeded = await seededHome(provider);
    for (const who of [alice, bob, carol]) setUsage(provider, who, 100, 10);
    setUsage(provider, carol, 10, 100);
    const result = await runCli(seeded.home, ['forecast'], atNoon);
    expect(said(result)).toContain(
      '! No account is ready; home <alice@example.com> (Personal) is back 14:05, in 2h 5m\n',
    );
  });

  test('has the same answer as list, report and best: there is one decision', async () => {
    const seeded = await seededHome(provider);
    spreadUsage();
    const { accounts, recommendation } = await forecast(seeded);
    const listed = dataOf(listCommand, await runCli(seeded.home, ['list', '--json'], atNoon));
    expect(listed.accounts.map(({ state }) => state)).toEqual(['ready', 'exhausted', 'disabled', 'ready']);
    expect(accounts.map(({ availability }) => availability)).toEqual(['ready', 'delayed', 'unavailable', 'ready']);
    const best = JSON.parse((await runCli(seeded.home, ['best', '--json'], atNoon)).stdout);
    const report = JSON.parse((await runCli(seeded.home, ['report', '--json'], atNoon)).stdout);
    expect(best.data.recommendation).toMatchObject({ id: recommendation?.id, reason: recommendation?.reason });
    expect(report.data.forecast.recommendation).toEqual(recommendation);
  });

  test('shows each number with its age and its source', async () => {
    const seeded = await homeOfAlice(provider);
    setUsage(provider, alice, 20, 30);
    expect(said(await runCli(seeded.home, ['forecast'], atNoon))).toMatch(/5h 80% .* 7d 70% (?![\s\S]*seen)/);
    expect(said(await runCli(seeded.home, ['forecast'], at(4)))).toMatch(
      /5h 80% .* 7d 70% .*\n {3}quota seen 4m ago\n/,
    );
    const { accounts } = await forecast(seeded, [], at(4));
    expect(accounts[0]?.quota).toMatchObject({ source: 'cache', observedAt: '2026-11-21T12:00:00.000Z' });
    const csv = (await runCli(seeded.home, ['forecast', '--csv'], at(4))).stdout;
    expect(csv).toMatchInlineSnapshot(`
      "index,id,email,availability,available_at,risk_score,risk_level,score,usable_now_pct,quota_source,quota_observed_at,reasons
      1,acc_home,alice@example.com,ready,,0,low,257.4729,70,cache,2026-11-21T12:00:00.000Z,"70% left of its 7d window, resets 2026-11-24 12:00, in 2d 23h (0.97% an hour would use it all)"
      "
    `);
  });
});

test('where the best account is in use already, says to keep it and names no command', async () => {
  const seeded = emptyHome(provider);
  seeded.writeAuthFile(await seeded.addAccount('acc_home', alice, known));
  await seeded.addAccount('acc_carol', carol, known);
  const result = await runCli(seeded.home, ['forecast', '--cached'], atNoon);
  expect(result.stdout).toMatch(
    /→ Keep using alice@example\.com: in use already, and no other is better by enough to move\n$/,
  );
});

describe('what could not be read', () => {
  test('is said once for all whom it concerns, with the command that helps, and is not held against them', async () => {
    const seeded = emptyHome(provider);
    for (const [id, who] of [
      ['acc_home', alice],
      ['acc_carol', carol],
    ] as const) {
      await seeded.addAccount(id, { ...who, expiresInSeconds: -3_600 }, known);
    }
    const result = await runCli(seeded.home, ['forecast'], atNoon);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "  #  ACCOUNT            AVAILABILITY  RISK    LEFT (RESETS IN)
        1  alice@example.com  ready         10 low  –
        2  carol@example.com  ready         10 low  –
         1, 2: the access token has expired → codex-auth check

      → Use alice@example.com: the first of those that come out the same; codex-auth switch 1
      "
    `);
    const { accounts } = await forecast(seeded);
    expect(accounts.map(({ availability }) => availability)).toEqual(['ready', 'ready']);
    expect(accounts.map(({ quota }) => quota)).toEqual([undefined, undefined]);
    expect(provider.requests.all).toHaveLength(0);
  });

  test('--live refreshes what is due and reads it', async () => {
    const seeded = await homeOfAlice(provider, -3_600);
    const { accounts } = await forecast(seeded, ['--live']);
    expect(accounts[0]).toMatchObject({ quota: { source: 'live' } });
    expect(accounts[0]).not.toHaveProperty('failure');
    expect(provider.requests.refreshes()).toHaveLength(1);
  });

  test('--live neither shows nor recommends an account that it had to set aside', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: -3_600 });
    await seeded.addAccount('acc_home', alice);
    provider.revokeAccount(carol);
    const { accounts, recommendation } = await forecast(seeded, ['--live']);
    expect(accounts.map(({ id, index }) => [id, index])).toEqual([['acc_home', 1]]);
    expect(recommendation?.id).toBe('acc_home');
    expect(seeded.flagged()).toHaveLength(1);
  });
});

describe('many accounts', () => {
  test('are asked eight at once and none twice', async () => {
    const crowd = await startProvider({
      people: Array.from({ length: 100 }, (_, index) => ({
        email: `person-${index}@example.com`,
        userId: `user-${index}`,
      })),
    });
    try {
      setProviderToNoon(crowd);
      const seeded = emptyHome(crowd);
      for (const { email } of crowd.people.all()) await seeded.addAccount(`acc_${email.split('@')[0]}`, { email });
      crowd.scenario.latencyMs = 20;
      const { accounts } = await forecast(seeded);
      const requests = crowd.requests.to(endpointPaths.usage);
      expect(requests).toHaveLength(100);
      expect(new Set(requests.map(({ headers }) => headers['chatgpt-account-id'])).size).toBe(100);
      expect(crowd.requests.maxConcurrent(endpointPaths.usage)).toBe(8);
      expect(accounts.every(({ quota }) => quota?.source === 'live')).toBe(true);
      const again = await forecast(seeded);
      expect(again.accounts.every(({ quota }) => quota?.source === 'cache')).toBe(true);
      expect(crowd.requests.to(endpointPaths.usage)).toHaveLength(100);
    } finally {
      await crowd.stop();
    }
  });

  test('are not all asked when nobody answers the first of them', async () => {
    const crowd = await startProvider({
      people: Array.from({ length: 40 }, (_, index) => ({ email: `person-${index}@example.com` })),
    });
    try {
      setProviderToNoon(crowd);
      const seeded = emptyHome(crowd);
      for (const { email } of crowd.people.all()) await seeded.addAccount(`acc_${email.split('@')[0]}`, { email });
      crowd.scenario.on('usage', { kind: 'hang' });
      const startedAt = performance.now();
      const result = await runCli(seeded.home, ['forecast', '--timeout', '0.3'], atNoon);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      expect(result.exitCode).toBe(5);
      expect(crowd.requests.to(endpointPaths.usage).length).toBeLessThan(16);
      expect(said(result)).toMatch(/not asked, because nobody answered about \d+ other accounts/);
    } finally {
      await crowd.stop();
    }
  });
});
