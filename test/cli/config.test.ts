import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { configGetCommand, configListCommand, configSetCommand } from '../../src/cli/commands/config.js';
import type { Clock } from '../../src/core/clock.js';
import { settingDefinitions } from '../../src/core/setting-definitions.js';
import { type SettingName, type SettingValue, settingNames, settingVariable } from '../../src/core/settings.js';
import { type CliOptions, createTestHome, runCli, runJson } from '../support/cli.js';
import { fakeNotifier } from '../support/fake-notifier.js';
import { makeProject } from '../support/project-home.js';
import { refused } from '../support/provider/faults.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, carol, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import {
  at,
  atNoon,
  dataOf,
  emptyHome,
  factsAbout,
  homeOfAlice,
  homeUsingAlice,
  seededHome,
  setProviderToNoon,
  setUsage,
  twoHome,
} from '../support/seed.js';
import { clockAt, readJson, writeJson } from '../support/stored-accounts.js';
import { useProvider } from '../support/use-provider.js';

describe('config', () => {
  test.each([['config', 'list'], ['config', 'get', 'quotaTtlMs'], ['list']])(
    'a file named by --config that does not exist ends %s %s with exit code 2',
    async (...argv) => {
      const home = createTestHome();
      const path = join(home.directory, 'nowhere.json');
      const { exitCode, stderr } = await runCli(home, [...argv, '--config', path]);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: [
          `error: --config names ${path}, which does not exist`,
          `  → codex-auth config set <name> <value> --config ${path}  (makes it)`,
          '',
        ].join('\n'),
      });
      expect(existsSync(path)).toBe(false);
    },
  );

  test('list shows value, default and source of every setting', async () => {
    const home = createTestHome();
    await runCli(home, ['config', 'set', 'quotaTtlMs', '60000']);
    const result = await runCli(home, ['config', 'list'], { variables: { CODEX_AUTH_PROBE_CONCURRENCY: '2' } });
    expect(result.stdout.replaceAll(home.directory, '<home>')).toMatchInlineSnapshot(`
      "SETTING                       VALUE  DEFAULT  SOURCE
      perProjectAccounts             true     true  default
      tokenRefreshSkewMs               1m       1m  default
      refreshAheadMs                   0s      15m  environment
      unansweredRetryMs                5m       5m  default
      flagAfterConsecutiveFailures      3        3  default
      networkErrorCooldownMs           6s       6s  default
      quotaTtlMs                       1m       5m  file
      probeConcurrency                  2        8  environment
      fetchTimeoutMs                  15s      15s  default
      reservePercent                    0        0  default
      switchMarginPercent              12       12  default
      dwellMs                         10m      10m  default
      sessionAffinityTtlMs            20m      20m  default
      sessionAffinityMaxEntries       512      512  default
      proactiveRefreshIntervalMs       1m       1m  default
      proactiveRefreshBufferMs         5m       5m  default
      onEvent                          []       []  default
      onEventTimeoutMs                10s      10s  default
      notify                        false    false  default
      onlyEvents                       []       []  default
      lowQuotaPercent                  10       10  default
      eventQuotaIntervalMs            10m      10m  default
      renewBeforeDays                  3d       3d  default

      <home>/codex/multi-auth/settings.json
      "
    `);
    const { settings } = dataOf(configListCommand, await runCli(home, ['config', 'list', '--json']));
    expect(settings.map(({ name }) => name)).toEqual(settingNames);
    expect((await runCli(home, ['config'])).stdout).toBe((await runCli(home, ['config', 'list'])).stdout);
  });

  test('set, get and unset change one setting and keep whatever else is in the file', async () => {
    const home = createTestHome();
    const path = join(home.root, 'settings.json');
    writeJson(path, { version: 1, note: 'mine', pluginConfig: { theirSetting: { deep: [1] }, quotaTtlMs: 5 } });
    expect((await runCli(home, ['config', 'set', 'quotaTtlMs', '60000'])).stdout).toBe(
      '✓ quotaTtlMs is now 1m (file)\n',
    );
    expect((await runCli(home, ['config', 'set', 'quotaTtlMs', '60000'])).stdout).toBe(
      '✓ quotaTtlMs was already 1m (file)\n',
    );
    expect((await runCli(home, ['config', 'get', 'quotaTtlMs'])).stdout).toBe('1m\n');
    expect(readJson(path)).toEqual({
      version: 1,
      note: 'mine',
      pluginConfig: { theirSetting: { deep: [1] }, quotaTtlMs: 60_000 },
    });
    expect((await runCli(home, ['config', 'unset', 'quotaTtlMs'])).stdout).toBe('✓ quotaTtlMs is now 5m (default)\n');
    expect(readJson(path)).toEqual({ version: 1, note: 'mine', pluginConfig: { theirSetting: { deep: [1] } } });
  });

  test.each([
    ['quotaTtlMs', '5m', 300_000, '5m'],
    ['quotaTtlMs', '1m30s', 90_000, '1m30s'],
    ['quotaTtlMs', '1500', 1_500, '1s500ms'],
    ['dwellMs', '2h', 7_200_000, '2h'],
    ['renewBeforeDays', '3d', 3, '3d'],
    ['renewBeforeDays', '48h', 2, '2d'],
    ['renewBeforeDays', '5', 5, '5d'],
  ] as const)('%s takes %s, keeps %d and shows %s', async (name, typed, stored, shown) => {
    const home = createTestHome();
    expect((await runCli(home, ['config', 'set', name, typed])).stdout).toContain(`${name} is `);
    expect(readJson(join(home.root, 'settings.json'))).toMatchObject({ pluginConfig: { [name]: stored } });
    expect((await runCli(home, ['config', 'get', name])).stdout).toBe(`${shown}\n`);
    expect((await runCli(home, ['config', 'set', name, shown])).stdout).toContain('was already');
  });

  test.each([
    ['renewBeforeDays', '36h', 'a time from 0s to 365d, such as 3d', '3d'],
    ['quotaTtlMs', '2d', 'a time from 0s to 1d, such as 5m', '5m'],
    ['quotaTtlMs', 'soon', 'a time from 0s to 1d, such as 5m', '5m'],
    ['probeConcurrency', '5m', 'a whole number from 1 to 64', '8'],
    [
      'onlyEvents',
      'quota-low,late',
      'names out of quota-low, exhausted, available-again, sign-in-needed, set-aside, restored, login-moved, credit-expiring',
      'quota-low,exhausted',
    ],
  ])('%s does not take %s, and says what it takes', async (name, typed, range, preset) => {
    const { exitCode, stderr } = await runCli(createTestHome(), ['config', 'set', name, typed]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      `${name} is "${typed}", but must be ${range}\n  → codex-auth config set ${name} ${preset}\n`,
    );
  });

  test('--config names another file, for reading and for writing', async () => {
    const home = createTestHome();
    const path = join(home.directory, 'other.json');
    await runCli(home, ['config', 'set', 'quotaTtlMs', '1', '--config', path]);
    expect(readJson(path)).toEqual({ version: 1, pluginConfig: { quotaTtlMs: 1 } });
    expect(existsSync(join(home.root, 'settings.json'))).toBe(false);
    expect((await runCli(home, ['--config', path, 'config', 'get', 'quotaTtlMs'])).stdout).toBe('1ms\n');
  });

  test('the environment wins over the file, and says so where that surprises', async () => {
    const home = createTestHome();
    const variables = { CODEX_AUTH_QUOTA_TTL_MS: '7' };
    const set = await runCli(home, ['config', 'set', 'quotaTtlMs', '60000'], { variables });
    expect(set.stderr).toBe('warning: CODEX_AUTH_QUOTA_TTL_MS is set and wins over the file\n');
    const { setting } = dataOf(
      configSetCommand,
      await runCli(home, ['config', 'set', 'quotaTtlMs', '60000', '--json'], { variables }),
    );
    expect(setting).toMatchObject({ value: 7, source: 'environment', variable: 'CODEX_AUTH_QUOTA_TTL_MS' });
  });

  test('a bad value names key, value and range, wherever it comes from, and how to mend it', async () => {
    const home = createTestHome();
    const failure = async (argv: readonly string[], variables = {}) => {
      const { exitCode, document } = await runJson(home, argv, { variables });
      return [exitCode, document.error.message, document.error.hint];
    };
    const range = 'but must be a whole number from 1 to 64';
    expect(await failure(['config', 'set', 'probeConcurrency', '0'])).toEqual([
      2,
      `probeConcurrency is "0", ${range}`,
      'codex-auth config set probeConcurrency 8',
    ]);
    expect(await failure(['list'], { CODEX_AUTH_PROBE_CONCURRENCY: 'many' })).toEqual([
      2,
      `CODEX_AUTH_PROBE_CONCURRENCY is "many", ${range}`,
      'unset CODEX_AUTH_PROBE_CONCURRENCY',
    ]);
    writeJson(join(home.root, 'settings.json'), { version: 1, pluginConfig: { probeConcurrency: 1.5 } });
    expect(await failure(['list'])).toEqual([
      2,
      `probeConcurrency is 1.5, ${range}`,
      'codex-auth config unset probeConcurrency',
    ]);
    const other = join(home.cwd, 'other.json');
    writeJson(other, { version: 1, pluginConfig: { probeConcurrency: 1.5 } });
    expect(await failure(['list', '--config', other])).toEqual([
      2,
      `probeConcurrency is 1.5, ${range}`,
      `codex-auth config unset probeConcurrency --config ${other}`,
    ]);
    expect(await failure(['config', 'set', 'perProjectAccounts', 'maybe'])).toEqual([
      2,
      'perProjectAccounts is "maybe", but must be true or false',
      'codex-auth config set perProjectAccounts true',
    ]);
  });

  test('a bad value of one setting keeps no other from being read or changed', async () => {
    const home = createTestHome();
    writeJson(join(home.root, 'settings.json'), { version: 1, pluginConfig: { probeConcurrency: 'x' } });
    expect((await runCli(home, ['config', 'set', 'quotaTtlMs', '1'])).exitCode).toBe(0);
    const { settings } = dataOf(configGetCommand, await runCli(home, ['config', 'get', 'quotaTtlMs', '--json']));
    expect(settings).toMatchObject([{ value: 1, source: 'file' }]);
    expect((await runCli(home, ['config', 'unset', 'probeConcurrency'])).exitCode).toBe(0);
    expect((await runCli(home, ['list'])).exitCode).toBe(0);
  });

  test.each([
    ['quotattl', 'set', 'codex-auth config set quotaTtlMs <value>'],
    ['quotattl', 'get', 'codex-auth config get quotaTtlMs'],
    ['refresh', 'unset', 'codex-auth config list'],
    ['colour', 'get', 'codex-auth config list'],
  ])('an unknown name "%s" to %s leads to: %s', async (name, verb, hint) => {
    const value = verb === 'set' ? ['1'] : [];
    const { exitCode, document } = await runJson(createTestHome(), ['config', verb, name, ...value]);
    expect([exitCode, document.error.message, document.error.hint]).toEqual([2, `there is no setting "${name}"`, hint]);
  });

  test.each(['{', '[]', '{"pluginConfig":[]}', '{"version":2}'])(
    'a settings file that holds %s stays as it is',
    async (content) => {
      const home = createTestHome();
      await runCli(home, ['config', 'set', 'quotaTtlMs', '1']);
      const path = join(home.root, 'settings.json');
      writeFileSync(path, content);
      for (const argv of [['config', 'set', 'quotaTtlMs', '2'], ['config', 'list'], ['list']]) {
        const { exitCode, stderr } = await runCli(home, argv);
        expect(exitCode).toBe(6);
        expect(stderr).toContain(path);
      }
      expect(readFileSync(path, 'utf8')).toBe(content);
    },
  );
});

/** An `onEvent` command that adds what it is told to a file beside the official client's login. */
const telling = { CODEX_AUTH_ON_EVENT: JSON.stringify(['sh', '-c', 'cat >> "$CODEX_HOME/told"']) };

function namesTold({ home }: RefreshHome): string[] {
  const told = join(home.codexHome, 'told');
  if (!existsSync(told)) return [];
  const lines = readFileSync(told, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line).name);
}

const typed = (value: SettingValue) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

describe('a setting that is set through the command line', () => {
  const provider = useProvider();
  beforeEach(() => setProviderToNoon(provider));

  const run = ({ home }: RefreshHome, argv: readonly string[], options: CliOptions = atNoon) =>
    runCli(home, argv, options);
  const json = async (seeded: RefreshHome, argv: readonly string[], options: CliOptions = atNoon) =>
    JSON.parse((await run(seeded, [...argv, '--json'], options)).stdout).data;
  const refreshes = () => provider.requests.refreshes().length;

  /** What can be seen of a setting: by its default, and after it has been set to `value`. */
  interface Effect {
    readonly value: SettingValue;
    readonly seen: (seeded: RefreshHome) => Promise<unknown>;
    readonly expected: readonly [byDefault: unknown, set: unknown];
    readonly home?: () => Promise<RefreshHome>;
  }

  const effects: Readonly<Record<SettingName, Effect>> = {
    perProjectAccounts: {
      value: false,
      async seen(seeded) {
        makeProject(seeded.home);
        return (await json(seeded, ['list'])).scope.kind;
      },
      expected: ['project', 'global'],
    },
    tokenRefreshSkewMs: {
      value: 600_000,
      home: () => homeOfAlice(provider, 300),
      async seen(seeded) {
        await run(seeded, ['check']);
        return refreshes();
      },
      expected: [0, 1],
    },
    refreshAheadMs: {
      value: 360_000,
      home: () => homeUsingAlice(provider, 600),
      async seen(seeded) {
        await run(seeded, ['check']);
        return refreshes();
      },
      expected: [1, 0],
    },
    unansweredRetryMs: {
      value: 60_000,
      home: () => homeOfAlice(provider, -60),
      async seen(seeded) {
        provider.scenario.on('token', { kind: 'reset' });
        await run(seeded, ['check']);
        await run(seeded, ['check'], at(2));
        return refreshes();
      },
      expected: [1, 2],
    },
    flagAfterConsecutiveFailures: {
      value: 1,
      home: () => homeOfAlice(provider, -60),
      async seen(seeded) {
        provider.scenario.on('token', refused(400, 'something_else'));
        await run(seeded, ['check']);
        return seeded.flagged().length;
      },
      expected: [0, 1],
    },
    networkErrorCooldownMs: {
      value: 90_000,
      async seen(seeded) {
        provider.scenario.on('usage', refused(500, 'x'));
        await run(seeded, ['usage']);
        return (factsAbout(seeded, 'acc_home').health?.cooldown?.until ?? 0) - noon;
      },
      expected: [6_000, 90_000],
    },
    quotaTtlMs: {
      value: 60_000,
      async seen(seeded) {
        await run(seeded, ['usage']);
        await run(seeded, ['usage'], at(2));
        return provider.requests.to(endpointPaths.usage).length;
      },
      expected: [1, 2],
    },
    probeConcurrency: {
      value: 1,
      home: () => seededHome(provider),
      async seen(seeded) {
        provider.scenario.latencyMs = 50;
        await run(seeded, ['usage']);
        return provider.requests.maxConcurrent(endpointPaths.usage);
      },
      expected: [3, 1],
    },
    fetchTimeoutMs: {
      value: 150,
      async seen(seeded) {
        provider.scenario.on('usage', { kind: 'slow', ms: 600 });
        return (await json(seeded, ['usage'])).accounts[0].failure?.code;
      },
      expected: [undefined, 'timeout'],
    },
    reservePercent: {
      value: 80,
      async seen(seeded) {
        return (await json(seeded, ['best'])).recommendation?.id;
      },
      expected: ['acc_home', undefined],
    },
    switchMarginPercent: {
      value: 0,
      home: () => twoHome(provider),
      async seen(seeded) {
        setUsage(provider, alice, 20, 30);
        setUsage(provider, carol, 10, 30);
        return (await json(seeded, ['best'])).recommendation.id;
      },
      expected: ['acc_home', 'acc_carol'],
    },
    dwellMs: {
      value: 0,
      home: () => twoHome(provider),
      async seen(seeded) {
        setUsage(provider, alice, 20, 90);
        await run(seeded, ['best', '--switch']);
        setUsage(provider, alice, 20, 10);
        setUsage(provider, carol, 20, 90);
        return (await json(seeded, ['best', '--switch', '--live'], at(1))).recommendation.id;
      },
      expected: ['acc_carol', 'acc_home'],
    },
    sessionAffinityTtlMs: {
      value: 60_000,
      async seen(seeded) {
        await run(seeded, ['best', '--session', 'a']);
        return (await json(seeded, ['best', '--session', 'a'], at(2))).session.kept;
      },
      expected: [true, false],
    },
    sessionAffinityMaxEntries: {
      value: 1,
      async seen(seeded) {
        for (const [minute, session] of ['a', 'b'].entries())
          await run(seeded, ['best', '--session', session], at(minute));
        return (await json(seeded, ['best', '--session', 'a'], at(2))).session.kept;
      },
      expected: [true, false],
    },
    proactiveRefreshIntervalMs: {
      value: 5_000,
      async seen(seeded) {
        const stopping = new AbortController();
        const pauses: number[] = [];
        const clock: Clock = {
          ...clockAt(noon),
          async sleep(ms) {
            pauses.push(ms);
            stopping.abort();
            stopping.signal.throwIfAborted();
          },
        };
        await run(seeded, ['guard'], { clock, signal: stopping.signal });
        const [pause = 0] = pauses;
        return [5_000, 60_000].find((interval) => pause >= interval && pause < interval * 1.1);
      },
      expected: [60_000, 5_000],
    },
    proactiveRefreshBufferMs: {
      value: 600_000,
      home: () => homeOfAlice(provider, 400),
      async seen(seeded) {
        await run(seeded, ['guard', '--once']);
        return refreshes();
      },
      expected: [0, 1],
    },
    onEvent: {
      value: ['sh', '-c', 'cat >> "$CODEX_HOME/told"'],
      async seen(seeded) {
        setUsage(provider, alice, 95, 0);
        await run(seeded, ['guard', '--once']);
        return namesTold(seeded);
      },
      expected: [[], ['quota-low']],
    },
    onEventTimeoutMs: {
      value: 100,
      async seen(seeded) {
        setUsage(provider, alice, 95, 0);
        const variables = { CODEX_AUTH_ON_EVENT: '["sleep","0.5"]' };
        const { stderr } = await run(seeded, ['guard', '--once'], { ...atNoon, variables });
        return stderr.includes('onEvent failed');
      },
      expected: [false, true],
    },
    notify: {
      value: true,
      async seen(seeded) {
        setUsage(provider, alice, 95, 0);
        const notifier = fakeNotifier(seeded.home.directory);
        await run(seeded, ['guard', '--once'], { ...atNoon, platform: 'linux', variables: notifier.variables });
        return notifier.notices().length;
      },
      expected: [0, 1],
    },
    onlyEvents: {
      value: ['exhausted', 'sign-in-needed'],
      async seen(seeded) {
        setUsage(provider, alice, 95, 0);
        await run(seeded, ['guard', '--once'], { ...atNoon, variables: telling });
        return namesTold(seeded);
      },
      expected: [['quota-low'], []],
    },
    lowQuotaPercent: {
      value: 30,
      async seen(seeded) {
        setUsage(provider, alice, 75, 0);
        await run(seeded, ['guard', '--once'], { ...atNoon, variables: telling });
        return namesTold(seeded);
      },
      expected: [[], ['quota-low']],
    },
    eventQuotaIntervalMs: {
      value: 3_600_000,
      async seen(seeded) {
        for (const minute of [0, 30]) await run(seeded, ['guard', '--once'], { ...at(minute), variables: telling });
        return provider.requests.to(endpointPaths.usage).length;
      },
      expected: [2, 1],
    },
    renewBeforeDays: {
      value: 5,
      home: () => homeOfAlice(provider, 4 * 86_400),
      async seen(seeded) {
        await run(seeded, ['renew']);
        return refreshes();
      },
      expected: [0, 1],
    },
  };

  test.each(settingNames)('%s changes what a command does', async (name) => {
    const { value, seen, expected, home = () => homeOfAlice(provider) } = effects[name];
    expect(value).not.toBe(settingDefinitions[name].default);
    expect(await seen(await home())).toEqual(expected[0]);

    provider.reset();
    setProviderToNoon(provider);
    const set = await home();
    expect((await run(set, ['config', 'set', name, typed(value)])).exitCode).toBe(0);
    expect(await seen(set)).toEqual(expected[1]);
  });

  test.each(settingNames)('%s is read from the environment too', async (name) => {
    const { home } = emptyHome(provider);
    const { value } = effects[name];
    const variables = { [settingVariable(name)]: typed(value) };
    const { settings } = dataOf(configGetCommand, await runCli(home, ['config', 'get', name, '--json'], { variables }));
    expect(settings).toMatchObject([{ name, value, source: 'environment' }]);
  });
});
