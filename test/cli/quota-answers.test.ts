import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { bestCommand } from '../../src/cli/commands/best.js';
import { exportCommand } from '../../src/cli/commands/export.js';
import { forecastCommand } from '../../src/cli/commands/forecast.js';
import { listCommand } from '../../src/cli/commands/list.js';
import { reportCommand } from '../../src/cli/commands/report.js';
import { usageCommand } from '../../src/cli/commands/usage.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { refused } from '../support/provider/faults.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { deactivatedWorkspace, usageAnswers } from '../support/provider/usage-answers.js';
import { alice, carol, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import { at, atNoon, dataOf, emptyHome, known, said, setProviderToNoon, setUsage, twoHome } from '../support/seed.js';
import { clockAt } from '../support/stored-accounts.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

type Who = { readonly accountId: string };

function answer(who: Who, members: Readonly<Record<string, unknown>>): void {
  provider.scenario.setUsage(who.accountId, { overrides: members });
}

const best = async ({ home }: RefreshHome, argv: readonly string[] = [], options: CliOptions = atNoon) =>
  dataOf(bestCommand, await runCli(home, ['best', '--json', ...argv], options));
const forecast = async ({ home }: RefreshHome, argv: readonly string[] = [], options: CliOptions = atNoon) =>
  dataOf(forecastCommand, await runCli(home, ['forecast', '--json', ...argv], options));
const usage = async ({ home }: RefreshHome, argv: readonly string[] = [], options: CliOptions = atNoon) =>
  dataOf(usageCommand, await runCli(home, ['usage', '--json', ...argv], options));
const text = async ({ home }: RefreshHome, argv: readonly string[], options: CliOptions = atNoon) =>
  said(await runCli(home, argv, options));

describe('an account that the provider refuses', () => {
  test.each([
    ['live', ['--live']],
    ['with the tokens at hand', []],
  ])('is never recommended, whatever little the other has left: asked %s', async (_, argv) => {
    const seeded = await twoHome(provider);
    setUsage(provider, carol, 92, 30);
    provider.scenario.on('usage', refused(401, 'account_deactivated'), { accountId: alice.accountId });
    expect((await best(seeded, argv)).recommendation?.id).toBe('acc_carol');
    expect((await best(seeded, ['--switch', ...argv], at(1))).recommendation?.id).toBe('acc_carol');
  });

  test.each([
    [403, 'token_revoked'],
    [403, 'subscription_expired'],
    [400, 'session_expired'],
  ])('is none of those that are, with %d %s', async (status, code) => {
    const seeded = await twoHome(provider);
    setUsage(provider, carol, 92, 30);
    provider.scenario.on('usage', refused(status, code), { accountId: alice.accountId });
    for (const [minute, argv] of [[], ['--live'], ['--cached']].entries()) {
      expect((await best(seeded, argv, at(minute))).recommendation?.id).toBe('acc_carol');
    }
  });

  test('is not recommended later either, until an answer says otherwise', async () => {
    const seeded = await twoHome(provider);
    setUsage(provider, carol, 92, 30);
    await best(seeded);
    provider.scenario.on('usage', refused(401, 'account_deactivated'), { accountId: alice.accountId });
    await best(seeded, [], at(10));
    const later = await forecast(seeded, ['--cached'], at(20));
    expect(later.recommendation?.id).toBe('acc_carol');
    expect(later.accounts[0]).toMatchObject({ state: 'refused', availability: 'unavailable' });
    expect(later.accounts[0]?.reasons[0]).toBe('the provider has deactivated this account, as of 12:10, 10m ago');
    expect(await text(seeded, ['list'], at(20))).toMatch(/alice@example\.com .* refused /);

    provider.scenario.off('usage');
    await usage(seeded, ['--live'], at(30));
    expect((await forecast(seeded, ['--cached'], at(31))).accounts[0]?.state).toBe('ready');
  });

  test('is not said to be unread where it has just been asked', async () => {
    const seeded = await twoHome(provider);
    provider.scenario.on('usage', refused(401, 'account_deactivated'), { accountId: alice.accountId });
    await best(seeded);
    const shown = await text(seeded, ['list'], at(1));
    expect(shown).toMatch(/alice@example\.com .* refused /);
    expect(shown).not.toContain('not read yet');
    expect(shown).toContain('1 refused by the provider: codex-auth forecast --explain\n');
    expect(await text(seeded, ['status'], at(1))).toContain(
      'Quota       not read, because the provider refuses the account: codex-auth forecast --explain\n',
    );
  });

  test('because its workspace has been switched off is told so, and no health is lost for it', async () => {
    const seeded = await twoHome(provider);
    setUsage(provider, carol, 92, 30);
    provider.scenario.on('usage', deactivatedWorkspace(), { accountId: alice.accountId });
    const { accounts, recommendation } = await forecast(seeded);
    expect(recommendation?.id).toBe('acc_carol');
    expect(accounts[0]).toMatchObject({ state: 'refused', failure: { providerCode: 'deactivated_workspace' } });
    const shown = await text(seeded, ['usage'], at(1));
    expect(shown).toContain('its workspace has been deactivated');
    expect(shown).not.toContain('makes no sense');
    expect(await text(seeded, ['list'], at(2))).toMatch(/alice@example\.com .* refused /);
    expect((await runCli(seeded.home, ['usage', '--live'], at(3))).exitCode).toBe(1);
  });

  test('by where the request comes from is nobody’s fault', async () => {
    const seeded = await twoHome(provider);
    await best(seeded);
    provider.scenario.on('usage', refused(403, 'unsupported_country_region_territory'));
    const result = await runCli(seeded.home, ['best'], at(10));
    expect(said(result)).toMatch(/VPN and the proxy/);
    expect((await forecast(seeded, ['--cached'], at(11))).accounts.map(({ state }) => state)).toEqual([
      'ready',
      'ready',
    ]);
  });
});

describe('one window of a week in the first slot', () => {
  test('is what an account is judged by', async () => {
    const seeded = await twoHome(provider);
    answer(alice, usageAnswers.onlyAWeek(provider.scenario.now(), 99));
    answer(carol, usageAnswers.onlyAWeek(provider.scenario.now(), 60));
    const { recommendation } = await best(seeded);
    expect(recommendation).toMatchObject({
      id: 'acc_carol',
      reason: '40% left of its 7d window; the next one has only 1% left of its 7d window',
    });
    const explained = await text(seeded, ['forecast', '--explain'], at(1));
    expect(explained).toContain('only 1% left of its 7d window');
    expect(explained).not.toMatch(/\bample\b|short window|\b5h\b|\d %/);
  });
});

describe('a plan without limits', () => {
  test.each([
    ['unlimited credits', () => usageAnswers.unlimitedCredits()],
    ['requests that pass and no window', (nowMs: number) => usageAnswers.noWindows(nowMs)],
  ])('stands before any window: %s', async (_, answerOf) => {
    const seeded = await twoHome(provider);
    setUsage(provider, alice, 0, 0);
    answer(carol, answerOf(provider.scenario.now()));
    expect((await best(seeded)).recommendation).toMatchObject({ id: 'acc_carol', reason: 'nothing limits it' });
    const { accounts } = await usage(seeded);
    expect(accounts[1]?.quota).toMatchObject({ unlimited: true, usableNowPercent: 100, certainty: 'known' });
    expect(await text(seeded, ['list'])).toMatch(/carol@example\.com .* unlimited .*\n.*just read/);
    expect(await text(seeded, ['best'])).toContain('· unlimited ·');
    expect(await text(seeded, ['usage'])).toContain('unlimited');
  });
});

describe('a budget', () => {
  test('is a window with a share and a reset', async () => {
    const seeded = await twoHome(provider);
    answer(alice, usageAnswers.budget(provider.scenario.now(), 4));
    answer(carol, usageAnswers.budget(provider.scenario.now(), 99));
    const { accounts, recommendation } = await forecast(seeded);
    expect(recommendation?.id).toBe('acc_carol');
    expect(accounts[0]?.quota).toMatchObject({
      usableNowPercent: 4,
      windows: [{ id: 'budget', remainingPercent: 4, resetsAt: '2026-12-01T12:00:00.000Z' }],
    });
    expect(await text(seeded, ['usage'], at(1))).toContain('budget 4% left, resets 2026-12-01 12:00, in 9d 23h');
  });

  test('that is spent is exhausted until its reset', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', alice, known);
    answer(alice, usageAnswers.budget(provider.scenario.now(), 0));
    expect((await forecast(seeded)).accounts[0]).toMatchObject({
      state: 'exhausted',
      availableAt: '2026-12-01T12:00:00.000Z',
      reasons: ['budget used up, resets 2026-12-01 12:00, in 10d'],
    });
  });

  test.each([
    ['in a currency', { limit: '$100.00', used: '$96.10' }],
    ['in thousands', { limit: '1,000.00', used: '961.00' }],
    ['by what is left', { limit: '100', remaining: '3.9' }],
  ])('whose amounts are told %s is ranked by them', async (_, individual_limit) => {
    const seeded = await twoHome(provider);
    setUsage(provider, carol, 40, 60);
    answer(alice, { rate_limit: null, spend_control: { reached: false, individual_limit } });
    expect((await best(seeded)).recommendation?.id).toBe('acc_carol');
    const shown = await text(seeded, ['usage']);
    expect(shown).toContain('budget 3% left');
    expect(shown).not.toMatch(/no limit named|unknown/);
  });

  test('whose reset has passed is unknown since then', async () => {
    const seeded = await twoHome(provider);
    answer(alice, usageAnswers.budget(provider.scenario.now(), 0));
    await usage(seeded);
    const shown = await text(seeded, ['usage', 'alice', '--cached'], at(11 * 1440));
    expect(shown).toContain('budget unknown since its reset at 2026-12-01 12:00, 1d ago\n');
    expect(shown).not.toMatch(/resets|reached|spend/);
  });

  test.each([
    ['without an amount', null, 'spend   limit reached\n'],
    ['of nothing', { limit: '0', used: '0' }, 'spend   0 of 0, limit reached\n'],
  ])('that is reached %s says what is known', async (_, individual_limit, line) => {
    const seeded = await twoHome(provider);
    answer(alice, { rate_limit: null, spend_control: { reached: true, individual_limit } });
    const shown = await text(seeded, ['usage']);
    expect(shown).toContain(line);
    expect(shown).not.toMatch(/no limit named|unknown/);
  });

  test('without numbers, as everybody has one, is not printed', async () => {
    const seeded = await twoHome(provider);
    expect(await text(seeded, ['usage'])).not.toMatch(/spend|budget|unknown/);
  });
});

describe('credits', () => {
  async function withCredits() {
    const seeded = await twoHome(provider);
    answer(alice, usageAnswers.onCredits(provider.scenario.now()));
    answer(carol, usageAnswers.onlyAWeek(provider.scenario.now(), 100));
    return seeded;
  }

  test('are named, and used only when that is allowed', async () => {
    const seeded = await withCredits();
    const silent = await runCli(seeded.home, ['best', '--switch'], atNoon);
    expect(silent.exitCode).toBe(1);
    expect(said(silent)).toContain(
      '1  alice@example.com would go on with credits (489.25): codex-auth best --allow-credits\n',
    );
    const asked = await best(seeded, ['--allow-credits']);
    expect(asked.recommendation).toMatchObject({
      id: 'acc_home',
      reason: 'no account has quota left, and this one goes on with credits (489.25)',
    });
    expect((await forecast(seeded)).accounts[0]).toMatchObject({ state: 'on-credits', availability: 'delayed' });
  });

  test('that would enable a model are not said to be all that is left', async () => {
    const seeded = await twoHome(provider);
    for (const who of [alice, carol]) answer(who, usageAnswers.modelUnavailable(provider.scenario.now()));
    const credits = { has_credits: true, unlimited: false, balance: '10' };
    answer(alice, { ...usageAnswers.modelUnavailable(provider.scenario.now()), credits });
    expect((await best(seeded, ['--model', 'gpt-6-astra', '--allow-credits'])).recommendation).toMatchObject({
      id: 'acc_home',
      reason: 'no account is ready, and this one goes on with credits (10)',
    });
  });

  test('stand behind every account that has quota', async () => {
    const seeded = await withCredits();
    setUsage(provider, carol, 95, 97);
    expect((await best(seeded, ['--allow-credits'])).recommendation?.id).toBe('acc_carol');
  });

  test.each([
    ['a balance of nothing', { balance: '0' }],
    ['a negative balance', { balance: '-3.50' }],
  ])('of %s are none', async (_, credits) => {
    const seeded = await withCredits();
    const members = usageAnswers.onCredits(provider.scenario.now(), credits.balance);
    answer(alice, members);
    const { onCredits, recommendation } = await best(seeded, ['--allow-credits']);
    expect({ onCredits, recommendation }).toEqual({});
  });
});

describe('what is printed of an answer contradicts nothing else in it', () => {
  const week = (used: number, more = {}) => ({
    ...usageAnswers.onlyAWeek(provider.scenario.now(), used),
    ...more,
  });

  test('where unlimited credits go on after a used up window', async () => {
    const seeded = await twoHome(provider);
    answer(alice, week(100, { credits: { has_credits: true, unlimited: true, balance: null } }));
    const shown = await text(seeded, ['usage', 'alice']);
    expect(shown).toContain('unlimited');
    expect(shown).not.toContain('reached');
  });

  test('where a model has a limit and nothing else has one', async () => {
    const seeded = await twoHome(provider);
    answer(alice, { ...usageAnswers.unlimitedCredits(), ...usageAnswers.sparkPreview(provider.scenario.now(), 30) });
    expect(await text(seeded, ['usage', 'alice'])).toMatch(/Spark-Preview 5h 70% left.*\n {3}unlimited\n/);
  });

  test('where a used up window has reset since', async () => {
    const seeded = await twoHome(provider);
    answer(alice, week(100, { rate_limit_reached_type: { type: 'rate_limit_reached' } }));
    expect(await text(seeded, ['usage', 'alice'])).toContain('rate limit reached');
    const later = await text(seeded, ['usage', 'alice', '--cached'], at(4 * 1440));
    expect(later).toContain('unknown since its reset');
    expect(later).not.toContain('reached');
  });

  test('where the used up window of a model has reset since', async () => {
    const seeded = await twoHome(provider);
    answer(alice, usageAnswers.sparkPreview(provider.scenario.now()));
    await usage(seeded);
    expect(await text(seeded, ['usage', 'alice', '--cached'], at(181))).not.toContain('reached');
  });

  test('where a model is available again since', async () => {
    const seeded = await twoHome(provider);
    answer(alice, usageAnswers.modelUnavailable(provider.scenario.now()));
    expect(await text(seeded, ['usage', 'alice'])).toContain('gpt-6-astra is not available before 18:00');
    expect(await text(seeded, ['usage', 'alice', '--cached'], at(361))).not.toContain('not available');
  });

  test.each([
    ['the only window', { primary_window: { used_percent: 'most' } }],
    ['the limit itself', ['unlimited']],
  ])('where %s cannot be understood', async (_, rate_limit) => {
    const seeded = await twoHome(provider);
    answer(alice, { rate_limit });
    const shown = await text(seeded, ['usage', 'alice']);
    expect(shown).toContain('a window could not be understood\n');
    expect(shown).not.toMatch(/another|no limit named/);
  });

  test('where one window of two cannot be understood', async () => {
    const seeded = await twoHome(provider);
    const { rate_limit } = usageAnswers.onlyAWeek(provider.scenario.now(), 20);
    answer(alice, { rate_limit: { ...(rate_limit as object), secondary_window: { used_percent: null } } });
    const explained = await text(seeded, ['forecast', '--explain']);
    expect(explained).toContain('1: a part of its quota is unknown\n');
    expect(explained).not.toContain('quota unknown\n');
  });

  test.each([
    ['a list', [], 'it is no JSON object'],
    ['something else', { status: 'ok' }, 'it says nothing about usage'],
  ])('where the answer is %s', async (_, body, reason) => {
    const seeded = await twoHome(provider);
    provider.scenario.on('usage', { kind: 'status', status: 200, body });
    expect(await text(seeded, ['usage'])).toContain(`the provider's answer (200) cannot be read: ${reason}`);
  });
});

describe('a model', () => {
  test.each(['GPT-6 Sol (Preview)', 'gpt-6-sol-preview-2026-11-02', 'GPT 6 Sol'])(
    'whose limit is called %s is not taken for one without a limit',
    async (limit_name) => {
      const seeded = await twoHome(provider);
      const [limit] = usageAnswers.sparkPreview(provider.scenario.now())['additional_rate_limits'] as [object];
      answer(alice, { additional_rate_limits: [{ ...limit, limit_name, metered_feature: 'codex_sol' }] });
      expect((await best(seeded, ['--model', 'gpt-6-sol'])).recommendation?.id).toBe('acc_carol');
    },
  );

  test.each(['gpt-5.3-codex-spark', 'GPT-5.3-Codex-Spark-Preview', 'codex_bengalfox', 'gpt 5.3 codex spark'])(
    'called %s finds its limit by any of its names',
    async (model) => {
      const seeded = await twoHome(provider);
      answer(alice, usageAnswers.sparkPreview(provider.scenario.now()));
      expect((await best(seeded, ['--model', model])).recommendation?.id).toBe('acc_carol');
      expect((await best(seeded)).recommendation?.id).toBe('acc_home');
    },
  );

  test.each([['best'], ['forecast']])(
    'that nobody knows is an error of %s that lists the known ones',
    async (command) => {
      const seeded = await twoHome(provider);
      answer(alice, usageAnswers.sparkPreview(provider.scenario.now()));
      const result = await runCli(seeded.home, [command, '--model', 'gpt-5.3-codex'], atNoon);
      expect(result.exitCode).toBe(2);
      expect(result.stderr).toMatch(
        /no model is called "gpt-5\.3-codex"; known are GPT-5\.3-Codex-Spark-Preview, .*gpt-5\.5/s,
      );
    },
  );

  test.each([
    ['limit_reached', { limit_reached: true }],
    ['allowed', { allowed: false }],
  ])('whose own limit is refused without a window is said to be: %s', async (_, members) => {
    const seeded = await twoHome(provider);
    const [limit] = usageAnswers.sparkPreview(provider.scenario.now())['additional_rate_limits'] as [object];
    answer(alice, { additional_rate_limits: [{ ...limit, rate_limit: members }] });
    expect(await text(seeded, ['usage', 'alice'])).toMatch(/\n {3}GPT-5\.3-Codex-Spark-Preview \w+ \w+/);
    const { accounts, recommendation } = await forecast(seeded, ['--model', 'gpt-5.3-codex-spark']);
    expect(recommendation?.id).toBe('acc_carol');
    expect(accounts[0]?.reasons[0]).toBe('the provider refuses requests for GPT-5.3-Codex-Spark-Preview');
  });

  test('that is not available blocks the account for it until then', async () => {
    const seeded = await twoHome(provider);
    answer(alice, usageAnswers.modelUnavailable(provider.scenario.now()));
    const argv = ['--model', 'gpt-6-astra'];
    expect((await best(seeded, argv)).recommendation?.id).toBe('acc_carol');
    const { accounts } = await forecast(seeded, argv);
    expect(accounts[0]).toMatchObject({
      availability: 'delayed',
      reasons: ['gpt-6-astra is not available before 18:00, in 6h', expect.any(String)],
    });
    expect((await best(seeded, ['--model', 'gpt-6-sol'])).recommendation?.id).toBe('acc_home');
    expect(await text(seeded, ['usage'])).toContain(
      'gpt-6-astra is not available before 18:00, in 6h; credits would enable it',
    );
    expect((await best(seeded, [...argv, '--cached'], at(361))).recommendation?.id).toBe('acc_home');
  });
});

test('the plan of the newest answer is the one that list, report and export tell', async () => {
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', alice, { ...known, planType: 'free' });
  answer(alice, { plan_type: 'plus' });
  await usage(seeded);
  const listed = dataOf(listCommand, await runCli(seeded.home, ['list', '--json'], at(1)));
  expect(listed.accounts[0]?.plan).toBe('plus');
  expect(await text(seeded, ['list'], at(1))).toContain('plus');
  const reported = dataOf(reportCommand, await runCli(seeded.home, ['report', '--json'], at(1)));
  expect(reported.accounts[0]?.plan).toBe('plus');
  const out = join(seeded.home.directory, 'pool.json');
  const argv = ['export', '--format', 'pool', '--out', out, '--yes', '--json'];
  const exported = dataOf(exportCommand, await runCli(seeded.home, argv, at(1)));
  expect(exported.accounts[0]?.plan).toBe('plus');
  expect(JSON.parse(readFileSync(out, 'utf8')).accounts[0].planType).toBe('plus');
});

test('the plan that a check is told counts from then on', async () => {
  const seeded = await twoHome(provider);
  answer(alice, { plan_type: 'free' });
  await usage(seeded);
  expect(await text(seeded, ['list'], at(1))).toMatch(/alice@example\.com +free/);
  await runCli(seeded.home, ['check'], at(2));
  expect(await text(seeded, ['list'], at(3))).toMatch(/alice@example\.com +plus/);
  await usage(seeded, ['--live'], at(4));
  expect(await text(seeded, ['list'], at(5))).toMatch(/alice@example\.com +free/);
});

test.each([-6, 6])('resets are right on a machine whose clock is off by %d hours', async (hours) => {
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: 864_000 }, known);
  provider.scenario.setUsage(alice.accountId, { fiveHourPercent: 40, fiveHourResetsIn: 7_500, weeklyPercent: 20 });
  const off = { clock: clockAt(noon + hours * 3_600_000) };
  expect(await text(seeded, ['usage'], off)).toMatch(/5h {3}60% left, resets [^\n]*, in 2h 5m\n/);
  const { reset_after_seconds: _, ...window } = {
    used_percent: 40,
    limit_window_seconds: 18_000,
    reset_after_seconds: null,
    reset_at: Math.floor(provider.scenario.now() / 1000) + 7_560,
  };
  answer(alice, {
    rate_limit: { allowed: true, limit_reached: false, primary_window: window, secondary_window: null },
  });
  expect(await text(seeded, ['usage', '--live'], off)).toMatch(/5h {3}60% left, resets [^\n]*, in 2h [56]m\n/);
});

test.each([6, 48])(
  'what was read while the clock was %d hours ahead is unknown once it is right again',
  async (hours) => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: 864_000 }, known);
    provider.scenario.setUsage(alice.accountId, { fiveHourPercent: 40, fiveHourResetsIn: 7_500, weeklyPercent: 20 });
    await text(seeded, ['usage'], at(hours * 60));
    const argvs = [['list'], ['status'], ['usage', '--cached'], ['forecast', '--cached', '--explain'], ['segment']];
    for (const argv of argvs) {
      const shown = await text(seeded, argv, at(1));
      expect(shown).not.toMatch(/60%|80%|seen in|\(\d+[dh] |resets/);
    }
    expect(await text(seeded, ['usage', '--cached'], at(1))).toContain(
      'seen by a clock that was ahead\n   5h   unknown, because the clock has been set back since\n',
    );
    expect((await usage(seeded, [], at(2))).accounts[0]?.quota).toMatchObject({ source: 'live', certainty: 'known' });
    expect(await text(seeded, ['list'], at(3))).toContain('5h 60% (2h 4m)');
  },
);

test('a reset that is written as a date is read', async () => {
  const seeded = await twoHome(provider);
  const window = { used_percent: 100, limit_window_seconds: 18_000, reset_at: '2026-11-21T14:00:30Z' };
  answer(alice, { rate_limit: { allowed: false, limit_reached: true, primary_window: window } });
  expect((await forecast(seeded)).accounts[0]).toMatchObject({
    availability: 'delayed',
    availableAt: expect.stringMatching(/^2026-11-21T14:00/),
  });
});

test('a window of unknown length is shown and binds', async () => {
  const seeded = await twoHome(provider);
  answer(alice, usageAnswers.noLength(provider.scenario.now(), 100));
  answer(carol, usageAnswers.noLength(provider.scenario.now(), 63));
  expect((await best(seeded)).recommendation?.id).toBe('acc_carol');
  const shown = await text(seeded, ['usage']);
  expect(shown).toContain('window of unknown length 37% left, resets 2026-11-23 12:00, in 2d');
  expect(shown).not.toMatch(/could not be understood|no limit named/);
});

test('how many short windows make up a week is learnt from two answers, and explained', async () => {
  const seeded = await twoHome(provider);
  setUsage(provider, alice, 20, 30);
  await best(seeded, ['--live']);
  expect(await text(seeded, ['forecast', '--cached', '--explain'])).not.toContain('and it holds about');
  setUsage(provider, alice, 49, 31);
  await best(seeded, ['--live'], at(1));
  expect(await text(seeded, ['forecast', '--cached', '--explain'], at(1))).toContain(
    'an hour would use it all, and it holds about 20 windows of 5h\n',
  );
});

describe('staying put', () => {
  /** Reads the quota 40 times; the account in use has used `perRead` per cent more each time. */
  async function readByTurns(seeded: RefreshHome, use: Record<string, number>, perRead: number, minutes: number) {
    const who: Record<string, Who> = { acc_home: alice, acc_carol: carol };
    const path: string[] = [];
    for (let read = 0; read < 40; read += 1) {
      for (const [id, used] of Object.entries(use)) setUsage(provider, who[id] ?? alice, Math.min(100, used), 30);
      const { recommendation } = await best(seeded, ['--switch', '--live'], at(read * minutes));
      const id = recommendation?.id ?? 'nobody';
      path.push(id);
      use[id] = (use[id] ?? 0) + perRead;
    }
    return { path, switches: path.filter((id, read) => read > 0 && id !== path[read - 1]).length };
  }

  test.each([0, 1, 15])(
    'two equal accounts are used by turns of 1 %% with at most one switch, %d minutes apart',
    async (minutes) => {
      const seeded = await twoHome(provider);
      const { path, switches } = await readByTurns(seeded, { acc_home: 20, acc_carol: 20 }, 1, minutes);
      expect(path[0]).toBe('acc_home');
      expect(switches).toBeLessThanOrEqual(1);
    },
  );

  test('an account that is used up is left at once, even a moment after it was chosen', async () => {
    const seeded = await twoHome(provider);
    setUsage(provider, alice, 100, 30);
    expect((await best(seeded, ['--switch'])).recommendation?.id).toBe('acc_carol');
    setUsage(provider, alice, 20, 30);
    setUsage(provider, carol, 100, 30);
    expect((await best(seeded, ['--switch', '--live'], at(1))).recommendation?.id).toBe('acc_home');
  });
});

test('where what is known would end in "nobody", the provider is asked again at once', async () => {
  const seeded = await twoHome(provider);
  for (const who of [alice, carol]) setUsage(provider, who, 100, 30, usageAnswers.resetCredits(2));
  expect((await best(seeded)).recommendation).toBeUndefined();
  setUsage(provider, carol, 20, 30);
  expect((await best(seeded, ['--cached'], at(1))).recommendation).toBeUndefined();
  expect((await best(seeded, [], at(1))).recommendation?.id).toBe('acc_carol');
});

test('where nobody is ready, the reset credits that could help are named', async () => {
  const seeded = await twoHome(provider);
  setUsage(provider, alice, 100, 30, usageAnswers.resetCredits(2));
  setUsage(provider, carol, 100, 30);
  const expires_at = '2026-11-22T12:00:00Z';
  provider.scenario.on('resetCredits', {
    kind: 'status',
    status: 200,
    body: { credits: [{ id: 'rc_1', status: 'available', expires_at }], available_count: 2 },
  });
  const result = await runCli(seeded.home, ['best'], atNoon);
  expect(said(result)).toBe(
    'no account is ready before 14:05, in 2h 5m\n1  alice@example.com has 2 reset credits, the first of which expires 2026-11-22 12:00, in 1d\n',
  );
  expect(await text(seeded, ['report'], at(1))).toContain('1  alice@example.com has 2 reset credits');
  expect((await forecast(seeded)).resetCredits).toMatchObject([{ id: 'acc_home', count: 2 }]);
});

describe('the order of the person', () => {
  const run = (seeded: RefreshHome, ...argv: string[]) => runCli(seeded.home, argv, atNoon);

  test('prefers an account that is ready and has something left', async () => {
    const seeded = await twoHome(provider);
    setUsage(provider, carol, 60, 80);
    expect((await run(seeded, 'prefer', 'carol')).stdout).toContain('carol@example.com is now used before the others');
    expect((await best(seeded)).recommendation).toMatchObject({ id: 'acc_carol', reason: 'you prefer it' });
    setUsage(provider, carol, 99, 80);
    expect((await best(seeded, ['--live'])).recommendation?.id).toBe('acc_home');
    expect((await run(seeded, 'prefer', 'carol', '--clear')).stdout).toContain('used like the others');
  });

  test('keeps an account for last', async () => {
    const seeded = await twoHome(provider);
    setUsage(provider, carol, 96, 97);
    await run(seeded, 'reserve', 'alice');
    expect((await best(seeded)).recommendation).toMatchObject({
      id: 'acc_carol',
      reason: 'you keep the others that are ready for last',
    });
    setUsage(provider, carol, 100, 97);
    expect((await best(seeded, ['--live'])).recommendation?.id).toBe('acc_home');
  });

  test('leaves a share of one account, or of all, alone', async () => {
    const seeded = await twoHome(provider);
    setUsage(provider, alice, 20, 85);
    setUsage(provider, carol, 90, 20);
    expect((await run(seeded, 'reserve', 'alice', '20')).stdout).toContain('is now left alone from 20% on');
    expect((await best(seeded)).recommendation?.id).toBe('acc_carol');
    expect((await forecast(seeded)).accounts[0]).toMatchObject({
      state: 'reserved',
      availableAt: '2026-11-24T12:00:00.000Z',
    });
    expect(await text(seeded, ['forecast', '--explain'])).toContain(
      '15% left of its 7d window, and you keep 20% for yourself, resets 2026-11-24 12:00, in 3d',
    );
    await run(seeded, 'config', 'set', 'reservePercent', '50');
    expect((await best(seeded)).recommendation).toBeUndefined();
    await run(seeded, 'reserve', 'alice', '--clear');
    await run(seeded, 'reserve', 'alice', '5');
    expect((await best(seeded)).recommendation?.id).toBe('acc_home');
  });

  test.each([['0'], ['100'], ['twenty']])('takes no share of %s', async (share) => {
    const seeded = await twoHome(provider);
    expect((await run(seeded, 'reserve', 'alice', share)).exitCode).toBe(2);
  });
});

describe('a provider that hangs', () => {
  const quickly: CliOptions = {
    ...atNoon,
    variables: { CODEX_AUTH_FETCH_TIMEOUT_MS: '1500', CODEX_AUTH_PROBE_CONCURRENCY: '4' },
  };

  async function tenAccounts(): Promise<RefreshHome> {
    const seeded = emptyHome(provider);
    for (let index = 0; index < 10; index += 1) {
      const who = provider.people.addAccount({ email: `person-${index}@example.com` });
      await seeded.addAccount(`acc_${index}`, who, known);
    }
    return seeded;
  }

  test('costs one time-out, however many accounts there are', async () => {
    const seeded = await tenAccounts();
    provider.scenario.on('usage', { kind: 'hang' });
    const { accounts } = await usage(seeded, [], quickly);
    expect(accounts.map(({ failure }) => failure?.code)).toEqual(Array.from({ length: 10 }, () => 'timeout'));
    expect(provider.requests.to(endpointPaths.usage)).toHaveLength(4);
  });

  test('for one account does not hold the others', async () => {
    const seeded = await tenAccounts();
    const [first] = provider.people.all().filter(({ email }) => email === 'person-0@example.com');
    provider.scenario.on('usage', { kind: 'hang' }, { accountId: first?.accountId ?? '' });
    const { accounts } = await usage(seeded, [], quickly);
    expect(accounts.map(({ failure }) => failure?.code).filter(Boolean)).toEqual(['timeout']);
    expect(provider.requests.to(endpointPaths.usage)).toHaveLength(10);
  });
});
