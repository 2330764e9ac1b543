import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { historyCommand } from '../../src/cli/commands/history.js';
import { makeEvent } from '../../src/core/events/event.js';
import { runCli, runJson } from '../support/cli.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import { at, atNoon, dataOf, said, setProviderToNoon, setUsage, twoHome } from '../support/seed.js';

let provider: Provider;
let seeded: RefreshHome;
beforeAll(async () => {
  provider = await startProvider();
});
beforeEach(async () => {
  setProviderToNoon(provider);
  seeded = await twoHome(provider);
});
afterEach(() => provider.reset());
afterAll(() => provider.stop());

const hour = 60;

/** A day on which Alice's windows were looked at every three hours, and switched away from. */
async function aDay(): Promise<void> {
  for (const [look, used] of [5, 20, 60, 90].entries()) {
    setProviderToNoon(provider);
    provider.scenario.clockOffsetSeconds += (look * 3 * hour - 9 * hour) * 60;
    setUsage(provider, alice, used, 10 * look + 10);
    await runCli(seeded.home, ['usage', 'alice'], at(look * 3 * hour - 9 * hour));
  }
  await runCli(seeded.home, ['switch', 'carol'], { ...atNoon, variables: { CODEX_AUTH_REFRESH_AHEAD_MS: '0' } });
  const accounts = [{ id: 'acc_home', name: 'alice@example.com', window: '5h', remainingPercent: 8 }];
  const event = makeEvent('quota-low', { at: noon - hour * 60_000, accounts });
  appendFileSync(join(seeded.home.root, 'events.ndjson'), `${JSON.stringify(event)}\ntorn`);
}

describe('history', () => {
  test('tells what happened, and draws each window over the time', async () => {
    await aDay();
    provider.requests.clear();
    const before = readFileSync(join(seeded.home.root, 'quota-history.ndjson'));
    const result = await runCli(seeded.home, ['history', '--since', '1d'], {
      ...atNoon,
      variables: { LANG: 'en_GB.UTF-8' },
    });
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "alice@example.com
        5h                    █   ▇  ▄  ▁ 10% left seen now
        7d                    █   ▇  ▆  ▅ 60% left seen now

                 11:00  alice@example.com: 8% left of 5h window
                 12:00  carol@example.com: given to the official client
      "
    `);
    expect(readFileSync(join(seeded.home.root, 'quota-history.ndjson'))).toEqual(before);
    expect(provider.requests.all).toEqual([]);
  });

  test('has the published shape, and goes back as far as it is asked to', async () => {
    await aDay();
    const data = dataOf(historyCommand, await runJson(seeded.home, ['history', '--since', '4h'], atNoon));
    expect(data.windows.map(({ windowId, seen }) => [windowId, seen.length])).toEqual([
      ['5h', 2],
      ['7d', 2],
    ]);
    expect(data.happenings.map(({ kind, what }) => `${kind} ${what}`)).toEqual(['event quota-low', 'login handed-out']);
    const { document } = await runJson(seeded.home, ['history', '--since', '1m'], at(30));
    expect(document.data.windows).toEqual([]);
    expect((await runCli(seeded.home, ['history', '--since', 'long'], atNoon)).exitCode).toBe(2);
  });

  test('is a table for a spreadsheet', async () => {
    await aDay();
    const { stdout } = await runCli(seeded.home, ['history', '--csv'], atNoon);
    const rows = stdout.trimEnd().split('\n');
    expect(rows[0]).toBe('at,kind,what,account_id,email,window,left_pct,detail');
    expect(rows).toContain('2026-11-21T12:00:00.000Z,quota,seen,acc_home,alice@example.com,5h,10,');
    expect(rows.slice(1).map((row) => row.split(',')[0])).toEqual(
      rows
        .slice(1)
        .map((row) => row.split(',')[0])
        .sort(),
    );
  });

  test('judges forecasts as forecast --score does', async () => {
    await aDay();
    await runCli(seeded.home, ['forecast'], atNoon);
    const past = dataOf(historyCommand, await runJson(seeded.home, ['history'], atNoon));
    const { document } = await runJson(seeded.home, ['forecast', '--cached', '--score'], atNoon);
    expect(past.trackRecord).toEqual(document.data.trackRecord);
  });

  test('holds no token, and is removed when asked, but for what knows of spent tokens', async () => {
    await aDay();
    const files = ['quota-history.ndjson', 'events.ndjson'].map((name) => join(seeded.home.root, name));
    const tokens = seeded.records().flatMap(({ refreshToken = '', accessToken = '' }) => [refreshToken, accessToken]);
    const { stdout } = await runJson(seeded.home, ['history'], atNoon);
    for (const token of tokens) expect(stdout).not.toContain(token);
    expect((await runCli(seeded.home, ['history', '--clear'], atNoon)).exitCode).toBe(2);
    expect(files.map((path) => existsSync(path))).toEqual([true, true]);
    const cleared = dataOf(historyCommand, await runJson(seeded.home, ['history', '--clear', '--yes'], atNoon));
    expect(cleared.removed).toEqual(files);
    expect(files.map((path) => existsSync(path))).toEqual([false, false]);
    expect(existsSync(join(seeded.home.root, 'lineage.ndjson'))).toBe(true);
  });

  test('one that cannot be written harms nothing, and is said once', async () => {
    const path = join(seeded.home.root, 'quota-history.ndjson');
    rmSync(path, { force: true });
    mkdirSync(path, { recursive: true });
    setUsage(provider, alice, 20, 30);
    const { exitCode, document } = await runJson(seeded.home, ['usage', '--live'], atNoon);
    expect(exitCode).toBe(0);
    expect(document.data.accounts[0].quota.usableNowPercent).toBe(70);
    expect(document.warnings.filter((text: string) => text.includes('quota-history'))).toEqual([
      `cannot write ${path}: it is a directory; how quota was used is not noted`,
    ]);
    const past = await runJson(seeded.home, ['history'], atNoon);
    expect(past.exitCode).toBe(0);
    expect(past.document.warnings).toContainEqual(expect.stringContaining(path));
  });

  test('whose clock has jumped a day is told by the times that are there', async () => {
    await aDay();
    expect((await runJson(seeded.home, ['history'], at(-24 * hour))).document.data.windows).toEqual([]);
    expect((await runJson(seeded.home, ['history'], at(24 * hour))).document.data.windows).toHaveLength(2);
  });
});
