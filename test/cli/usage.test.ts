import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { usageCommand } from '../../src/cli/commands/usage.js';
import { type CliOptions, runCli, runJson } from '../support/cli.js';
import { makeProject } from '../support/project-home.js';
import { challenge, refused } from '../support/provider/faults.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, bob, carol } from '../support/refresh-home.js';
import {
  at,
  atNoon,
  dataOf,
  emptyHome,
  homeOfAlice,
  limitAtNoon,
  said,
  seededHome,
  setProviderToNoon,
  setUsage,
  windowAtNoon,
} from '../support/seed.js';
import { readJson, writeJson } from '../support/stored-accounts.js';
import { writeFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';
import { freePort } from '../unit/http/loopback-servers.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const terminal: CliOptions = {
  ...atNoon,
  terminal: { columns: 100 },
  variables: { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1', LANG: 'en_GB.UTF-8' },
};
const usageRequests = () => provider.requests.to(endpointPaths.usage);
const detailRequests = () => provider.requests.to(endpointPaths.resetCredits);

const everything = {
  additional_rate_limits: [
    {
      limit_name: 'GPT-5.5-Codex-Spark',
      metered_feature: 'codex_bengalfox',
      normal_model_slug: null,
      rate_limit: {
        allowed: true,
        limit_reached: false,
        primary_window: windowAtNoon(40, 18_000, 600),
        secondary_window: null,
      },
    },
  ],
  credits: {
    has_credits: true,
    unlimited: false,
    balance: '12.34',
    approx_local_messages: [1, 5],
    approx_cloud_messages: [1, 2],
  },
  spend_control: {
    reached: true,
    individual_limit: {
      source: 'team',
      limit: '100.00',
      used: '40.00',
      remaining: '60.00',
      used_percent: 40,
      remaining_percent: 60,
      reset_after_seconds: 3_600,
      reset_at: 1_795_266_000,
    },
  },
  rate_limit_reached_type: { type: 'workspace_member_credits_depleted' },
  rate_limit_reset_credits: { available_count: 2 },
};

const creditDetails = {
  kind: 'status',
  status: 200,
  body: {
    credits: [
      {
        id: 'rc_1',
        reset_type: 'codex_rate_limits',
        status: 'available',
        expires_at: '2026-11-25T12:00:00Z',
        title: 'A reset',
      },
      {
        id: 'rc_2',
        reset_type: 'codex_rate_limits',
        status: 'redeemed',
        expires_at: '2026-11-22T12:00:00Z',
        title: 'Used',
      },
    ],
    available_count: 2,
  },
} as const;

describe('usage', () => {
  test('shows every enabled account with its windows and how old the numbers are', async () => {
    const { home } = await seededHome(provider);
    setUsage(provider, alice, 90, 30);
    setUsage(provider, bob, 20, 59.4);
    setUsage(provider, carol, 0, 100);
    const result = await runCli(home, ['usage'], atNoon);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "1  home <alice@example.com> · Personal · plus · just read
         5h   10% left, resets 14:05, in 2h 5m
         7d   70% left, resets 2026-11-24 12:00, in 3d
         credits none

      2  alice@example.com · Studio · team · just read
         5h   80% left, resets 14:05, in 2h 5m
         7d   40% left, resets 2026-11-24 12:00, in 3d
         credits none

      4  carol@example.com · Personal · pro · just read
         5h   100% left, resets 14:05, in 2h 5m
         7d   0% left, resets 2026-11-24 12:00, in 3d
         limit reached
         credits none
      "
    `);
  });

  test('says once what keeps it from all accounts, and for each of them in JSON', async () => {
    const { home } = await seededHome(provider);
    const options = { ...atNoon, variables: { HTTP_PROXY: `http://127.0.0.1:${await freePort()}` } };
    const result = await runCli(home, ['usage'], options);
    expect(result.exitCode).toBe(5);
    expect(said(result).match(/gave no connection/g)).toHaveLength(1);
    expect(said(result)).toMatch(/quota unknown\n\nthe proxy .* gave no connection.* → check the proxy.*\n$/);
    const { document } = await runJson(home, ['usage'], options);
    expect(document.data.accounts.map((each: { failure: { code: string } }) => each.failure.code)).toEqual([
      'proxy',
      'proxy',
      'proxy',
    ]);
  });

  test('names the accounts that share a failure, where others were read', async () => {
    const { home } = await seededHome(provider);
    setUsage(provider, bob, 20, 59.4);
    for (const { accountId } of [alice, carol]) provider.scenario.on('usage', challenge(), { accountId });
    const text = said(await runCli(home, ['usage'], atNoon));
    expect(text).toMatch(/\n\n1, 4: a challenge page .* → look at the VPN and the proxy, .* or later\n$/);
    expect(text.match(/challenge page/g)).toHaveLength(1);
  });

  test('draws bars on a terminal, in signs that it has', async () => {
    const { home } = await homeOfAlice(provider);
    setUsage(provider, alice, 90, 30);
    const unicode = await runCli(home, ['usage'], terminal);
    const ascii = await runCli(home, ['usage', '--cached'], {
      ...terminal,
      variables: { ...terminal.variables, LANG: 'C' },
    });
    expect(`${said(unicode)}\n${said(ascii)}`).toMatchInlineSnapshot(`
      "1  alice@example.com · Personal · plus · just read
         5h   ██░░░░░░░░░░░░░░░░░░ 10% left, resets 14:05, in 2h 5m
         7d   ██████████████░░░░░░ 70% left, resets 2026-11-24 12:00, in 3d
         credits none

      1  alice@example.com - Personal - plus - seen now
         5h   ##.................. 10% left, resets 14:05, in 2h 5m
         7d   ##############...... 70% left, resets 2026-11-24 12:00, in 3d
         credits none
      "
    `);
  });

  test('tells all that the provider tells, the single reset credits included', async () => {
    const { home } = await homeOfAlice(provider);
    setUsage(provider, alice, 90, 30, everything);
    provider.scenario.on('resetCredits', creditDetails);
    const text = await runCli(home, ['usage'], atNoon);
    expect(said(text)).toMatchInlineSnapshot(`
      "1  alice@example.com · Personal · plus · just read
         5h                     10% left, resets 14:05, in 2h 5m
         7d                     70% left, resets 2026-11-24 12:00, in 3d
         budget                 0% left, resets 13:00, in 1h
         GPT-5.5-Codex-Spark 5h 60% left, resets 12:10, in 10m
         workspace member credits depleted
         credits 12.34, about 1 to 5 local messages, 1 to 2 cloud messages
         spend   40.00 of 100.00, limit reached, resets 13:00, in 1h
         resets  2 to spend, the first expires 2026-11-25 12:00, in 4d
      "
    `);
    const { accounts } = dataOf(usageCommand, await runCli(home, ['usage', '--json'], atNoon));
    expect(accounts.map(({ file }) => file)).toEqual(accounts.map(() => home.poolFile));
    expect(accounts.map(({ file: _, ...known }) => known)).toMatchInlineSnapshot(`
      [
        {
          "accountId": "11111111-1111-4111-8111-111111111111",
          "additionalLimits": [
            {
              "allowed": true,
              "limitName": "GPT-5.5-Codex-Spark",
              "limitReached": false,
              "meteredFeature": "codex_bengalfox",
              "windows": [
                {
                  "durationSeconds": 18000,
                  "id": "5h",
                  "remainingPercent": 60,
                  "resetsAt": "2026-11-21T12:10:00.000Z",
                  "usedPercent": 40,
                },
              ],
            },
          ],
          "allowed": true,
          "credits": {
            "approxCloudMessages": [
              1,
              2,
            ],
            "approxLocalMessages": [
              1,
              5,
            ],
            "balance": "12.34",
            "hasCredits": true,
            "unlimited": false,
          },
          "email": "alice@example.com",
          "id": "acc_home",
          "index": 1,
          "limitReached": false,
          "plan": "plus",
          "quota": {
            "certainty": "known",
            "observedAt": "2026-11-21T12:00:00.000Z",
            "source": "cache",
            "usableNowPercent": 0,
            "windows": [
              {
                "durationSeconds": 18000,
                "id": "5h",
                "remainingPercent": 10,
                "resetsAt": "2026-11-21T14:05:00.000Z",
                "usedPercent": 90,
              },
              {
                "durationSeconds": 604800,
                "id": "7d",
                "remainingPercent": 70,
                "resetsAt": "2026-11-24T12:00:00.000Z",
                "usedPercent": 30,
              },
              {
                "id": "budget",
                "remainingPercent": 0,
                "resetsAt": "2026-11-21T13:00:00.000Z",
                "usedPercent": 100,
              },
            ],
          },
          "reachedType": "workspace_member_credits_depleted",
          "resetCredits": {
            "availableCount": 2,
            "credits": [
              {
                "expiresAt": "2026-11-25T12:00:00.000Z",
                "id": "rc_1",
                "status": "available",
                "title": "A reset",
              },
              {
                "expiresAt": "2026-11-22T12:00:00.000Z",
                "id": "rc_2",
                "status": "redeemed",
                "title": "Used",
              },
            ],
          },
          "spendControl": {
            "limit": "100.00",
            "reached": true,
            "remaining": "60.00",
            "resetsAt": "2026-11-21T13:00:00.000Z",
            "used": "40.00",
          },
          "workspace": "Personal",
        },
      ]
    `);
  });

  test('asks about reset credits where there are some, once, and with tokens at hand', async () => {
    const { home } = await seededHome(provider);
    setUsage(provider, alice, 90, 30, { rate_limit_reset_credits: { available_count: 2 } });
    provider.scenario.on('resetCredits', creditDetails);
    await runCli(home, ['forecast'], atNoon);
    expect(detailRequests()).toHaveLength(0);
    expect(said(await runCli(home, ['usage', '1', '--cached'], atNoon))).toContain('2 to spend, expiry unknown');
    expect(said(await runCli(home, ['usage'], atNoon))).toContain(
      '2 to spend, the first expires 2026-11-25 12:00, in 4d',
    );
    await runCli(home, ['usage'], atNoon);
    expect(detailRequests().map(({ headers }) => headers['chatgpt-account-id'])).toEqual([alice.accountId]);
  });

  test('shows the number of reset credits although their details cannot be had', async () => {
    const { home } = await homeOfAlice(provider);
    setUsage(provider, alice, 90, 30, { rate_limit_reset_credits: { available_count: 2 } });
    provider.scenario.on('resetCredits', refused(404, 'not_found'));
    const result = await runCli(home, ['usage'], atNoon);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toContain('resets  2 to spend, expiry unknown\n');
  });
});

describe('what is not known', () => {
  test('is not shown as a number', async () => {
    const { home } = await homeOfAlice(provider);
    setUsage(provider, alice, 0, 0, { rate_limit: null, credits: null, rate_limit_reset_credits: null });
    const text = said(await runCli(home, ['usage'], atNoon));
    expect(text).toBe('1  alice@example.com · Personal · plus · just read\n   no limit named\n');
    const { accounts } = dataOf(usageCommand, await runCli(home, ['usage', '--json'], atNoon));
    expect(accounts[0]?.quota).toEqual({
      source: 'cache',
      observedAt: '2026-11-21T12:00:00.000Z',
      certainty: 'unknown',
      windows: [],
    });
  });

  test('is a window that has reset since it was seen', async () => {
    const { home } = await homeOfAlice(provider);
    setUsage(provider, alice, 90, 30);
    await runCli(home, ['usage'], atNoon);
    const later = await runCli(home, ['usage', '--cached'], at(180));
    expect(said(later)).toMatchInlineSnapshot(`
      "1  alice@example.com · Personal · plus · seen 3h ago
         7d   70% left, resets 2026-11-24 12:00, in 2d 21h
         5h   unknown since its reset at 14:05, 55m ago
         credits none
      "
    `);
    const { accounts } = dataOf(usageCommand, await runCli(home, ['usage', '--cached', '--json'], at(180)));
    expect(accounts[0]?.lapsedWindows).toEqual([{ id: '5h', resetAt: '2026-11-21T14:05:00.000Z' }]);
    expect(accounts[0]?.quota?.windows.map(({ id }) => id)).toEqual(['7d']);
    expect(accounts[0]?.quota).not.toHaveProperty('usableNowPercent');
  });

  test('is a window that makes no sense, and the rest is not the whole truth', async () => {
    const { home } = await homeOfAlice(provider);
    const primary_window = { used_percent: 'much', limit_window_seconds: 18_000 };
    setUsage(provider, alice, 0, 0, { rate_limit: { ...limitAtNoon(0, 30), primary_window } });
    expect(said(await runCli(home, ['usage'], atNoon))).toContain('another window could not be understood\n');
    const { accounts } = dataOf(usageCommand, await runCli(home, ['usage', '--json'], atNoon));
    expect(accounts[0]?.incomplete).toBe(true);
  });
});

describe('whom it asks', () => {
  test('everybody who is enabled, and a disabled account when it is named', async () => {
    const { home } = await seededHome(provider);
    await runCli(home, ['usage'], atNoon);
    const asked = usageRequests().map(({ headers }) => headers['chatgpt-account-id']);
    expect(asked).toHaveLength(3);
    provider.requests.clear();
    const named = await runCli(home, ['usage', 'bob'], atNoon);
    expect(named.exitCode).toBe(0);
    expect(said(named)).toContain('3  bob@example.com · Studio · team · just read\n');
    expect(usageRequests()).toHaveLength(1);
  });

  test('nobody when everybody is disabled, and says so', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', alice, { enabled: false });
    const result = await runCli(seeded.home, ['usage'], atNoon);
    expect(result.exitCode).toBe(3);
    expect(said(result)).toContain('every account is disabled\n  → codex-auth enable <account>, or name one\n');
    expect(usageRequests()).toHaveLength(0);
  });

  test('an account of another pool when it is named, under its position there', async () => {
    const { home } = await seededHome(provider);
    const pool = join(home.root, 'projects', makeProject(home), 'openai-codex-accounts.json');
    const { accounts, ...others } = readJson(home.poolFile) as { accounts: unknown[] };
    writeJson(home.poolFile, { ...others, accounts: accounts.slice(1) });
    writeJson(pool, { version: 3, accounts: accounts.slice(0, 1), activeIndex: 0 });
    const result = await runCli(home, ['usage', 'carol', '--json'], atNoon);
    expect(dataOf(usageCommand, result).accounts).toMatchObject([{ index: 3, quota: { source: 'live' } }]);
  });

  test('the provider again only when the numbers are old, or --live says so, and nobody with --cached', async () => {
    const { home } = await homeOfAlice(provider);
    const asked = async (options: CliOptions, ...argv: string[]) => {
      provider.requests.clear();
      const { accounts } = dataOf(usageCommand, await runCli(home, ['usage', '--json', ...argv], options));
      return [usageRequests().length, accounts[0]?.quota?.source];
    };
    expect(await asked(atNoon, '--cached')).toEqual([0, undefined]);
    expect(await asked(atNoon)).toEqual([1, 'live']);
    expect(await asked(at(4))).toEqual([0, 'cache']);
    expect(await asked(at(4), '--live')).toEqual([1, 'live']);
    expect(await asked(at(8))).toEqual([0, 'cache']);
    expect(await asked(at(9))).toEqual([1, 'live']);
    expect(await asked(at(600), '--cached')).toEqual([0, 'cache']);
  });

  test('--live and --cached contradict each other', async () => {
    const { home } = await homeOfAlice(provider);
    for (const command of ['usage', 'forecast', 'best', 'report']) {
      const { exitCode, stderr } = await runCli(home, [command, '--cached', '--live'], atNoon);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("'--live' cannot be used with option '--cached'");
    }
    expect(provider.requests.all).toHaveLength(0);
  });
});

describe('as a file', () => {
  test('--csv has a row for each account, with the reason where there are no numbers', async () => {
    const seeded = await homeOfAlice(provider);
    await seeded.addAccount('acc_bob', { ...bob, expiresInSeconds: -3_600 });
    setUsage(provider, alice, 90, 30.5);
    const { stdout, exitCode } = await runCli(seeded.home, ['usage', '--csv'], atNoon);
    expect(exitCode).toBe(1);
    expect(stdout.replaceAll(seeded.home.poolFile, '<pool>')).toMatchInlineSnapshot(`
      "file,account_id,email,plan_type,5h_used_pct,5h_reset_at,weekly_used_pct,weekly_reset_at,upstream_status,error
      <pool>,11111111-1111-4111-8111-111111111111,alice@example.com,plus,90,2026-11-21T14:05:00.000Z,30.5,2026-11-24T12:00:00.000Z,ok,
      <pool>,33333333-3333-4333-8333-333333333333,bob@example.com,team,,,,,needs-refresh,the access token has expired
      "
    `);
  });

  test('--csv names the pool that an account lives in, which may be another one than that of the project', async () => {
    const { home } = await homeOfAlice(provider);
    const key = makeProject(home);
    writeFlatFile(home, 'bob.json', await provider.issueTokens(bob));
    await runCli(home, ['import', 'bob.json', '--yes'], atNoon);
    const fileOf = async (selector: string) => {
      const { stdout } = await runCli(home, ['usage', selector, '--csv'], atNoon);
      return stdout.split('\n')[1]?.split(',')[0];
    };
    expect(await fileOf('alice')).toBe(home.poolFile);
    expect(await fileOf('bob')).toBe(join(home.root, 'projects', key, 'openai-codex-accounts.json'));
  });

  test('--out writes the file and leaves the terminal alone', async () => {
    const { home } = await homeOfAlice(provider);
    setUsage(provider, alice, 90, 30);
    const path = join(home.cwd, 'usage.csv');
    const printed = await runCli(home, ['usage', '--csv'], atNoon);
    const written = await runCli(home, ['usage', '--csv', '--cached', '--out', 'usage.csv'], atNoon);
    expect(written.stdout).toBe('');
    expect(readFileSync(path, 'utf8')).toBe(printed.stdout.replace(',ok,', ',cached,'));
  });

  test('--mask hides the addresses in all of them', async () => {
    const { home } = await seededHome(provider);
    for (const argv of [[], ['--csv'], ['--json'], ['--out', 'usage.txt']]) {
      const result = await runCli(home, ['usage', '--mask', ...argv], atNoon);
      const text = said(result) + (argv[0] === '--out' ? readFileSync(join(home.cwd, 'usage.txt'), 'utf8') : '');
      expect(text).not.toContain('alice@');
      expect(text).toContain('a***');
    }
  });
});
