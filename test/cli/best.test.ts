import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { bestCommand } from '../../src/cli/commands/best.js';
import { checkCommand } from '../../src/cli/commands/check.js';
import { forecastCommand } from '../../src/cli/commands/forecast.js';
import { reportCommand } from '../../src/cli/commands/report.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { rateLimited, refused } from '../support/provider/faults.js';
import type { Provider } from '../support/provider/start.js';
import { canMakeReadOnly, makeReadOnly } from '../support/read-only.js';
import { alice, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import {
  at,
  atNoon,
  credentialsOf,
  dataOf,
  emptyHome,
  known,
  said,
  setProviderToNoon,
  setUsage,
} from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

async function best({ home }: RefreshHome, argv: readonly string[] = [], options: CliOptions = atNoon) {
  return dataOf(bestCommand, await runCli(home, ['best', '--json', ...argv], options));
}

/** Two accounts that are equally good, so that only a conversation decides between them. */
async function twins(): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', alice, known);
  await seeded.addAccount('acc_carol', carol, known);
  for (const who of [alice, carol]) setUsage(provider, who, 20, 30);
  return seeded;
}

const session = (id = 'conversation-1') => ['--session', id];

describe('best', () => {
  test('is the recommendation as one line, with how old its numbers are', async () => {
    const seeded = await twins();
    setUsage(provider, alice, 99, 30);
    const result = await runCli(seeded.home, ['best'], atNoon);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "2  carol@example.com · 70% left of its 7d window; the next one has only 1% left of its 5h window · 5h 80% · 7d 70% · just read
      "
    `);
  });

  test('ends with 1 and the time when somebody is back while nobody is ready', async () => {
    const seeded = await twins();
    for (const who of [alice, carol]) setUsage(provider, who, 100, 30);
    const result = await runCli(seeded.home, ['best'], atNoon);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toBe('no account is ready before 14:05, in 2h 5m\n');
    expect((await best(seeded)).nextAvailable).toEqual({ id: 'acc_home', availableAt: '2026-11-21T14:05:00.000Z' });
  });

  test('ends with 1 when everybody is disabled, and with 3 without accounts', async () => {
    const seeded = emptyHome(provider);
    expect((await runCli(seeded.home, ['best'], atNoon)).exitCode).toBe(3);
    await seeded.addAccount('acc_home', alice, { enabled: false });
    const result = await runCli(seeded.home, ['best'], atNoon);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toBe('no account can be used: codex-auth forecast --explain\n');
  });

  test('says beside its line what could not be read', async () => {
    const seeded = await twins();
    await seeded.addAccount('acc_bob', { ...bob, expiresInSeconds: -3_600 }, known);
    const result = await runCli(seeded.home, ['best'], atNoon);
    expect(result.stdout.split('\n')).toHaveLength(2);
    expect(result.stderr).toContain(
      'warning: quota not read of account 3: the access token has expired: codex-auth check',
    );
  });

  test.skipIf(!canMakeReadOnly)('answers although nothing can be kept', async () => {
    const seeded = await twins();
    const path = join(seeded.home.root, 'account-state.json');
    writeFileSync(path, '{"version":1,"accounts":{}}');
    const release = makeReadOnly(path);
    try {
      const result = await runCli(seeded.home, ['best', ...session()], atNoon);
      expect(result.exitCode).toBe(0);
      expect(result.stderr).toContain('warning: what was learnt could not be kept: ');
    } finally {
      release();
    }
  });
});

describe('an account that stays refused', () => {
  const unauthorized = refused(401, 'token_expired');

  test.each<[string, (provider: Provider) => void]>([
    ['after a refresh that worked', () => undefined],
    ['after a refresh that was turned away', () => provider.scenario.on('token', refused(400, 'something_else'))],
    ['after a refresh that could not be made', () => provider.scenario.on('token', refused(503, 'overloaded'))],
  ])('is not ready for best, forecast and report, as it is not fine for check: %s', async (_, trouble) => {
    const seeded = await twins();
    for (const endpoint of ['usage', 'accountsCheck'] as const) {
      provider.scenario.on(endpoint, unauthorized, { accountId: alice.accountId });
    }
    trouble(provider);
    const { recommendation } = await best(seeded, ['--live']);
    expect(recommendation?.id).toBe('acc_carol');
    const checked = dataOf(checkCommand, await runCli(seeded.home, ['check', '--json'], atNoon));
    expect(checked.accounts.find(({ id }) => id === 'acc_home')?.verdict).not.toBe('fine');
    const result = await runCli(seeded.home, ['report', '--live', '--json'], at(2));
    const { forecast } = dataOf(reportCommand, result);
    expect(forecast.recommendation?.id).toBe('acc_carol');
    expect(forecast.accounts.find(({ id }) => id === 'acc_home')?.availability).not.toBe('ready');
  });

  test('is nobody to recommend where it is alone, and is not set aside for it', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', alice, known);
    provider.scenario.on('usage', unauthorized);
    const result = await runCli(seeded.home, ['best', '--live'], atNoon);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('no account can be used');
    const explained = await runCli(seeded.home, ['forecast', '--live'], atNoon);
    expect(explained.stdout).toContain('unavailable: its access token was refused, as of 12:00, now');
    expect(seeded.record('acc_home')).toBeDefined();
  });

  test.each([
    { what: 'refused', expiresInSeconds: 864_000, availability: 'unavailable' },
    { what: 'over', expiresInSeconds: -3_600, availability: 'unavailable' },
    { what: 'good for a moment', expiresInSeconds: 20, availability: 'ready' },
  ])('is $availability when its refresh is turned away and its access token is $what', async (given) => {
    const { what, expiresInSeconds, availability } = given;
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', { ...alice, expiresInSeconds }, known);
    if (what === 'refused') provider.scenario.on('usage', unauthorized);
    provider.scenario.on('token', refused(400, 'something_else'));
    const { accounts } = dataOf(forecastCommand, await runCli(seeded.home, ['forecast', '--live', '--json'], atNoon));
    expect(provider.requests.refreshes()).toHaveLength(1);
    expect(accounts).toMatchObject([{ id: 'acc_home', availability, failure: { code: 'provider-error' } }]);
  });

  test('is ready again as soon as it is let in', async () => {
    const seeded = await twins();
    setUsage(provider, carol, 99, 30);
    provider.scenario.on('usage', unauthorized, { accountId: alice.accountId, times: 2 });
    expect((await best(seeded, ['--live'])).recommendation?.id).toBe('acc_carol');
    expect((await best(seeded, ['--live'])).recommendation?.id).toBe('acc_home');
  });
});

describe('best --switch', () => {
  test('makes the recommended account the login of the official client', async () => {
    const seeded = await twins();
    setUsage(provider, alice, 99, 30);
    const result = await runCli(seeded.home, ['best', '--switch'], atNoon);
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('now using carol@example.com');
    expect(seeded.authFile().tokens.account_id).toBe(carol.accountId);
    expect(await best(seeded, ['--switch'])).toMatchObject({ switched: false, recommendation: { active: true } });
  });

  test('touches nothing without a recommendation', async () => {
    const seeded = await twins();
    for (const who of [alice, carol]) setUsage(provider, who, 100, 30);
    const before = credentialsOf(seeded);
    expect((await runCli(seeded.home, ['best', '--switch'], atNoon)).exitCode).toBe(1);
    expect(credentialsOf(seeded)).toEqual(before);
  });

  test.each([
    ['best', '--switch'],
    ['switch', '1'],
  ])('%s %s obtains the id token that the client needs', async (...argv) => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', alice, { ...known, idToken: undefined });
    const result = await runCli(seeded.home, argv, atNoon);
    expect(said(result)).not.toContain('error');
    expect(result.exitCode).toBe(0);
    expect(provider.requests.refreshes().map(({ body }) => body)).toMatchObject([{ refresh_reason: 'forced' }]);
    expect(seeded.authFile().tokens.id_token).toBe(seeded.record('acc_home').idToken);
  });

  test('says that a sign-in is needed when no id token comes', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', alice, { ...known, idToken: undefined });
    provider.scenario.refreshOmits = ['id_token'];
    const result = await runCli(seeded.home, ['switch', '1'], atNoon);
    expect(result.exitCode).toBe(4);
    expect(said(result)).toContain('has no id token');
    expect(provider.requests.refreshes()).toHaveLength(1);
  });
});

describe('best --session', () => {
  test('keeps a conversation on its account, also when another one would be better now', async () => {
    const seeded = await twins();
    expect(await best(seeded, session())).toMatchObject({
      recommendation: { id: 'acc_home' },
      session: { kept: false },
    });
    seeded.writeAuthFile(await provider.issueTokens(carol));
    expect((await best(seeded, [], at(1))).recommendation?.id).toBe('acc_carol');
    expect(await best(seeded, session(), at(1))).toMatchObject({
      recommendation: { id: 'acc_home', reason: 'the conversation already runs on it and it is healthy' },
      session: { kept: true, previousId: 'acc_home' },
    });
    expect((await best(seeded, session('conversation-2'), at(1))).recommendation?.id).toBe('acc_carol');
  });

  test('for twenty minutes of use, each of which begins them anew', async () => {
    const seeded = await twins();
    await best(seeded, session());
    expect((await best(seeded, session(), at(19))).session?.kept).toBe(true);
    expect((await best(seeded, session(), at(38))).session?.kept).toBe(true);
    expect((await best(seeded, session(), at(58))).session).toEqual({ kept: false });
  });

  test('for as many conversations as the setting allows, the oldest going first', async () => {
    const seeded = await twins();
    const two = (minutes: number): CliOptions => ({
      ...at(minutes),
      variables: { CODEX_AUTH_SESSION_AFFINITY_MAX_ENTRIES: '2' },
    });
    await best(seeded, session('a'), two(0));
    await best(seeded, session('b'), two(1));
    await best(seeded, session('c'), two(2));
    const kept = async (id: string) =>
      (await best(seeded, session(id), { ...two(3), variables: two(3).variables ?? {} })).session?.kept;
    expect(await kept('b')).toBe(true);
    expect(await kept('a')).toBe(false);
  });

  test('stores no conversation by its name', async () => {
    const seeded = await twins();
    await best(seeded, session('secret-conversation'));
    expect(readFileSync(join(seeded.home.root, 'account-state.json'), 'utf8')).not.toContain('secret-conversation');
  });

  const letGo = async (seeded: RefreshHome, minutes = 1) => {
    const data = await best(seeded, session(), at(minutes));
    expect(data.session).toMatchObject({ kept: false, previousId: 'acc_home' });
    expect(data.recommendation?.id).toBe('acc_carol');
    const kept = await best(seeded, session(), at(minutes + 1));
    expect(kept.session).toMatchObject({ kept: true, previousId: 'acc_carol' });
    return data.session?.letGoBecause;
  };

  test('lets go of an account that is disabled', async () => {
    const seeded = await twins();
    await best(seeded, session());
    await runCli(seeded.home, ['disable', '1'], atNoon);
    expect(await letGo(seeded)).toBe('disabled by you');
  });

  test('lets go of an account that is used up', async () => {
    const seeded = await twins();
    await best(seeded, session());
    setUsage(provider, alice, 100, 30);
    expect(await letGo(seeded, 6)).toBe('5h window used up, resets 14:11, in 2h 5m');
  });

  test('lets go of an account that is cooling down', async () => {
    const seeded = await twins();
    await best(seeded, session());
    provider.scenario.on('usage', rateLimited(3_600), { accountId: alice.accountId });
    expect(await letGo(seeded, 6)).toBe('cooling down after a rate limit until 13:06, in 1h');
  });

  test('lets go of an account whose health has degraded, although it is ready', async () => {
    const seeded = await twins();
    await best(seeded, session());
    provider.scenario.on('usage', refused(500, 'x'), { accountId: alice.accountId, times: 2 });
    for (const minute of [6, 12]) await runCli(seeded.home, ['usage', '1', '--live'], at(minute));
    const data = await best(seeded, [...session(), '--cached'], at(13));
    expect(data.session).toMatchObject({ kept: false, letGoBecause: 'degraded (health 60)' });
    expect(data.recommendation?.id).toBe('acc_carol');
  });

  test('lets go of an account that is set aside', async () => {
    const seeded = await twins();
    await best(seeded, session());
    provider.revokeAccount(alice, { accessTokens: 'refused' });
    await runCli(seeded.home, ['check'], atNoon);
    expect(await letGo(seeded)).toBe('flagged: its login needs attention');
  });

  test('lets go of an account that is gone', async () => {
    const seeded = await twins();
    await best(seeded, session());
    await runCli(seeded.home, ['remove', '1', '--yes'], atNoon);
    expect(await letGo(seeded)).toBe('the account is not in this pool any more');
  });

  test('says in the text why it let go', async () => {
    const seeded = await twins();
    await best(seeded, session());
    await runCli(seeded.home, ['disable', '1'], atNoon);
    expect(said(await runCli(seeded.home, ['best', ...session()], at(1)))).toContain(
      '(not the previous one: disabled by you)\n',
    );
  });
});
