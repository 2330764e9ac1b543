import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { reportCommand } from '../../src/cli/commands/report.js';
import { runCli } from '../support/cli.js';
import { alice, bob, carol } from '../support/refresh-home.js';
import { at, atNoon, dataOf, emptyHome, known, said, setProviderToNoon, setUsage } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

/** One account that is in use, one whose token has expired, one that is set aside and still has a live token. */
async function mixedHome() {
  const seeded = emptyHome(provider);
  const tokens = await seeded.addAccount('acc_home', alice, {
    ...known,
    workspaceName: 'Personal',
    accountLabel: 'home',
  });
  await seeded.addAccount('acc_bob', { ...bob, expiresInSeconds: -3_600 }, known);
  await seeded.addAccount('acc_carol', carol, known);
  seeded.writeAuthFile(tokens);
  await runCli(seeded.home, ['flag', '3'], atNoon);
  setUsage(provider, alice, 20, 30);
  return seeded;
}

describe('report', () => {
  test('is a snapshot of everything: accounts, what could not be read, what is set aside, whom to use, settings', async () => {
    const { home } = await mixedHome();
    await runCli(home, ['config', 'set', 'quotaTtlMs', '60000'], atNoon);
    const result = await runCli(home, ['report'], { ...atNoon, variables: { CODEX_AUTH_PROBE_CONCURRENCY: '2' } });
    expect(result.exitCode).toBe(0);
    expect(said(result).replaceAll(home.directory, '<home>')).toMatchInlineSnapshot(`
      "Report of 2026-11-21 12:00, <home>/codex/multi-auth/openai-codex-accounts.json

      Not read
        2: the access token has expired → codex-auth check

      Set aside
        carol@example.com: you said so; usable until 2026-12-01 12:00, in 10d

      Recommendation
        1  home <alice@example.com> (Personal): 70% left of its 7d window; how much the next one has left is unknown

      Accounts
         #  ACCOUNT                   WORKSPACE  PLAN  LEFT (RESETS IN)              STATE    LAST USED
      ●  1  home <alice@example.com>  Personal   plus  5h 80% (2h 5m) · 7d 70% (3d)  ready    1h ago
         2  bob@example.com           –          team  –                             unknown  1h ago

      Settings
        quotaTtlMs 1m (file)
        probeConcurrency 2 (environment)
      "
    `);
  });

  test('says where each number comes from, and when', async () => {
    const { home } = await mixedHome();
    const live = dataOf(reportCommand, await runCli(home, ['report', '--json'], atNoon));
    const cached = dataOf(reportCommand, await runCli(home, ['report', '--json', '--cached'], at(30)));
    for (const [data, source] of [
      [live, 'live'],
      [cached, 'cache'],
    ] as const) {
      const expected = { source, observedAt: '2026-11-21T12:00:00.000Z' };
      expect(data.accounts[0]?.quota).toMatchObject(expected);
      expect(data.forecast.accounts[0]?.quota).toMatchObject(expected);
      expect(data.accounts[1]).not.toHaveProperty('quota');
    }
    expect(live.generatedAt).toBe('2026-11-21T12:00:00.000Z');
    expect(live.activeId).toBe('acc_home');
    expect(live.flagged).toMatchObject([{ id: 'acc_carol', reason: 'manual', usableUntil: expect.any(String) }]);
  });

  test('--out writes it down, masked if that is wanted', async () => {
    const { home } = await mixedHome();
    const result = await runCli(home, ['report', '--json', '--mask', '--out', 'report.json'], atNoon);
    expect(result.stdout).toBe('');
    const text = readFileSync(join(home.cwd, 'report.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ schema: 'codex-auth.report/1', ok: true });
    expect(text).not.toMatch(/alice@|bob@|carol@/);
  });

  test('of nothing says so and is done', async () => {
    const result = await runCli(emptyHome(provider).home, ['report'], atNoon);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toContain('there are no accounts yet: codex-auth login\n');
  });
});
