import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { signIn } from '../support/accounts.js';
import { type CliOptions, muchLater, runCli, runJson } from '../support/cli.js';
import { filesOf, flaggedFileOf, setAside } from '../support/flagged-records.js';
import { makeProject } from '../support/project-home.js';
import { refused, usageLimitReached } from '../support/provider/faults.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { startProvider } from '../support/provider/start.js';
import { alice, aliceAtStudio, bob, carol, RefreshHome } from '../support/refresh-home.js';
import { readJson } from '../support/stored-accounts.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let home: RefreshHome;
beforeEach(() => {
  home = new RefreshHome(temporaryDirectory(), provider);
});

async function verify(argv: readonly string[] = [], options: CliOptions = {}) {
  const { exitCode, document, stderr } = await runJson(home.home, ['verify-flagged', ...argv], options);
  return { exitCode, data: document.data, error: document.error, warnings: document.warnings, stderr };
}

const refreshes = () => provider.requests.refreshes();
const probes = () => provider.requests.to(endpointPaths.usage);
const counters = [
  'restored',
  'healthy',
  'stillFlagged',
  'rateLimited',
  'unverified',
  'wouldRestore',
  'wouldStayFlagged',
  'unknown',
] as const;

function expectSum(data: Record<string, number>): void {
  expect(counters.reduce((sum, name) => sum + (data[name] ?? Number.NaN), 0)).toBe(data['total']);
}

const outcomes = (data: { results: { id: string; outcome: string; reason?: string }[] }) =>
  Object.fromEntries(data.results.map(({ id, outcome, reason }) => [id, [outcome, reason]]));

describe('without an account that is set aside', () => {
  it('says so and is done', async () => {
    await home.addAccount('acc_alice', alice);
    const { exitCode, data } = await verify();
    expect({ exitCode, data }).toEqual({
      exitCode: 0,
      data: {
        dryRun: false,
        restore: true,
        total: 0,
        ...Object.fromEntries(counters.map((name) => [name, 0])),
        results: [],
      },
    });
    const { stdout } = await runCli(home.home, ['verify-flagged', '--dry-run']);
    expect(stdout).toBe('✓ No account is set aside.\n');
  });

  it('is done in an empty home as well', async () => {
    expect((await verify()).exitCode).toBe(0);
  });
});

describe('an account that the provider has revived', () => {
  const pauses = { coolingDownUntil: 9e12, cooldownReason: 'rate-limit', rateLimitResetTimes: { codex: 9e12 } };

  it('was set aside when its token was refused, and is back with full health and no pause', async () => {
    const before = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: 5 }, { note: 'kept', ...pauses });
    provider.revokeAccount(alice);
    expect((await runCli(home.home, ['check'])).exitCode).toBe(1);
    expect(home.records()).toEqual([]);
    expect(home.flagged()).toMatchObject([{ recordId: 'acc_alice', flaggedReason: 'refresh_token_invalidated' }]);
    expect(home.state().accounts['acc_alice']?.health?.score).toBe(40);

    provider.reviveAccount(alice);
    const { exitCode, data } = await verify();
    expect(exitCode).toBe(0);
    expect(data.results).toEqual([
      {
        id: 'acc_alice',
        email: alice.email,
        accountId: alice.accountId,
        outcome: 'restored',
        previousReason: 'refresh_token_invalidated',
        lastVerified: expect.stringMatching(/^\d{4}-/),
        verificationCount: 1,
      },
    ]);
    expect(home.flagged()).toEqual([]);
    const [restored] = home.records();
    expect(restored).toMatchObject({ recordId: 'acc_alice', note: 'kept' });
    expect(restored?.refreshToken).toBe(provider.issued.all.at(-1)?.refresh_token);
    expect(restored?.refreshToken).not.toBe(before.refresh_token);
    for (const key of [...Object.keys(pauses), 'flaggedAt', 'flaggedReason', 'lastVerified', 'verificationCount']) {
      expect(restored).not.toHaveProperty(key);
    }
    expect(home.state().accounts['acc_alice']).toMatchObject({ health: { score: 100 }, quota: { planType: 'plus' } });
    expect(home.state().accounts['acc_alice']?.health).not.toHaveProperty('cooldown');
    const listed = await runJson(home.home, ['list']);
    expect(listed.document.data.accounts).toMatchObject([{ id: 'acc_alice', health: { score: 100 } }]);
  });

  it('stays disabled when the person had disabled it', async () => {
    await home.addAccount('acc_alice', alice, { enabled: false });
    setAside(home, ['acc_alice']);
    expect((await verify()).data.restored).toBe(1);
    expect(home.records()).toMatchObject([{ recordId: 'acc_alice', enabled: false }]);
  });

  it('is called what its new tokens say', async () => {
    await home.addAccount('acc_alice', alice, { email: 'old@example.com' });
    setAside(home, ['acc_alice']);
    expect((await verify()).data.restored).toBe(1);
    expect(home.records()).toMatchObject([{ email: alice.email, accountId: alice.accountId }]);
  });

  it('goes back to the pool of the project that it came from', async () => {
    await home.addAccount('acc_bob', bob);
    await home.addAccount('acc_alice', alice);
    setAside(home, ['acc_alice']);
    const project = join(home.home.root, 'projects', makeProject(home.home));
    mkdirSync(project, { recursive: true });
    const flaggedFile = join(project, basename(flaggedFileOf(home.home)));
    renameSync(flaggedFileOf(home.home), flaggedFile);

    expect(await verify(['--global'])).toMatchObject({
      exitCode: 0,
      data: { total: 0 },
      warnings: [expect.stringContaining('1 elsewhere')],
    });
    expect((await verify()).data.restored).toBe(1);
    const pool = readJson(join(project, basename(home.home.poolFile)));
    expect(pool).toMatchObject({ accounts: [{ recordId: 'acc_alice' }] });
    expect(readJson(flaggedFile)).toMatchObject({ accounts: [] });
    expect(home.records().map(({ recordId }) => recordId)).toEqual(['acc_bob']);
  });

  it('is refreshed although its access token is still good, and its quota is read once', async () => {
    await home.addAccount('acc_alice', alice);
    setAside(home, ['acc_alice']);
    await verify();
    expect(refreshes().map(({ status }) => status)).toEqual([200]);
    expect(probes().map(({ headers }) => headers['chatgpt-account-id'])).toEqual([alice.accountId]);
  });

  it('is restored without a look at its quota with --no-probe', async () => {
    await home.addAccount('acc_alice', alice);
    setAside(home, ['acc_alice']);
    expect((await verify(['--no-probe'])).data.restored).toBe(1);
    expect(probes()).toEqual([]);
  });

  it('is restored by a new sign-in as well', async () => {
    await home.addAccount('acc_alice', alice, { accountLabel: 'home' });
    setAside(home, ['acc_alice']);
    provider.revokeAccount(alice);
    provider.reviveAccount(alice);
    expect((await signIn(home.home, provider, alice)).exitCode).toBe(0);
    expect(home.flagged()).toEqual([]);
    expect(home.records()).toMatchObject([{ recordId: 'acc_alice', accountLabel: 'home' }]);
  });
});

describe('several accounts that are set aside', () => {
  async function mixed(): Promise<void> {
    await home.addAccount('acc_alice', alice);
    await home.addAccount('acc_bob', bob);
    await home.addAccount('acc_carol', carol);
    await home.addAccount('acc_studio', aliceAtStudio);
    setAside(home, ['acc_alice', 'acc_bob', 'acc_carol']);
    provider.revokeAccount(bob, { code: 'refresh_token_reused' });
    provider.scenario.on('usage', usageLimitReached(3600), { accountId: carol.accountId });
  }

  it('get an outcome each, and the counters add up', async () => {
    await mixed();
    const { exitCode, data } = await verify();
    expect(exitCode).toBe(0);
    expect(outcomes(data)).toEqual({
      acc_alice: ['restored', undefined],
      acc_bob: ['still-flagged', 'refresh_token_reused'],
      acc_carol: ['rate-limited', 'rate-limited'],
    });
    expectSum(data);
    expect(home.records().map(({ recordId }) => recordId)).toEqual(['acc_studio', 'acc_alice']);
    expect(home.flagged()).toMatchObject([
      { recordId: 'acc_bob', flaggedReason: 'refresh_token_reused', verificationCount: 3, flaggedAt: 1000 },
      { recordId: 'acc_carol', flaggedReason: 'refresh_token_invalidated', verificationCount: 3 },
    ]);
    const newest = provider.issued.all.filter(({ accountId }) => accountId === carol.accountId).at(-1);
    expect(home.record('acc_carol').refreshToken).toBe(newest?.refresh_token);
  });

  it('read as one line each and a summary', async () => {
    await mixed();
    provider.scenario.on('usage', refused(503, 'unavailable'), { accountId: alice.accountId });
    const { exitCode, stdout } = await runCli(home.home, ['verify-flagged']);
    expect(exitCode).toBe(1);
    expect(stdout).toBe(
      [
        '! alice@example.com could not be verified: the provider has a problem (“stand-in: unavailable”)',
        '✗ bob@example.com stays set aside: its refresh token has been spent by somebody else (“stand-in: refresh_token_reused”) → codex-auth login',
        '! carol@example.com works, but stays set aside for now: the provider limits it at the moment',
        '3 flagged accounts: 1 still flagged, 1 rate limited, 1 not verified',
        '',
      ].join('\n'),
    );
  });

  it('under one dead login stay where they are, although each has a good access token', async () => {
    const { refresh_token: refreshToken } = await home.addAccount('acc_alice', alice);
    await home.addAccount('acc_studio', { ...aliceAtStudio, refreshToken });
    setAside(home, ['acc_alice', 'acc_studio']);
    provider.revokeAccount(alice);
    const { data } = await verify();
    expect(data).toMatchObject({ stillFlagged: 2, restored: 0 });
    expect(home.records()).toEqual([]);
  });

  it('under one login that works again are restored by one refresh', async () => {
    const { refresh_token: refreshToken } = await home.addAccount('acc_alice', alice);
    await home.addAccount('acc_studio', { ...aliceAtStudio, refreshToken });
    setAside(home, ['acc_alice', 'acc_studio']);
    expect((await verify()).data.restored).toBe(2);
    expect(refreshes()).toHaveLength(1);
    expect(home.record('acc_alice').refreshToken).toBe(home.record('acc_studio').refreshToken);
  });

  it('are asked about several at once, no more than the setting says, and a terminal shows how far it is', async () => {
    await home.addAccount('acc_alice', alice);
    await home.addAccount('acc_bob', bob);
    await home.addAccount('acc_carol', carol);
    setAside(home, ['acc_alice', 'acc_bob', 'acc_carol']);
    provider.scenario.latencyMs = 200;
    const { stderr } = await runCli(home.home, ['verify-flagged'], {
      terminal: { columns: 100 },
      variables: { CODEX_AUTH_PROBE_CONCURRENCY: '2' },
    });
    expect(stderr).toContain('Verifying 3/3');
    expect(provider.requests.maxConcurrent(endpointPaths.token)).toBe(2);
  });

  it('are not to blame when the provider refuses this program, but one alone is', async () => {
    await home.addAccount('acc_alice', alice);
    await home.addAccount('acc_bob', bob);
    setAside(home, ['acc_alice', 'acc_bob']);
    provider.scenario.on('token', refused(401, 'invalid_client'));
    const both = await verify();
    expect(both).toMatchObject({ exitCode: 1, data: { unverified: 2 } });
    expect(both.warnings.join()).toContain('refuses this program');
    provider.scenario.off('token');
    provider.scenario.on('token', refused(401, 'invalid_client'), { times: 1 });
    const one = await verify([], { variables: { CODEX_AUTH_PROBE_CONCURRENCY: '1' } });
    expect(outcomes(one.data)).toEqual({
      acc_alice: ['still-flagged', 'invalid_client'],
      acc_bob: ['restored', undefined],
    });
  });
});

describe('with --no-restore', () => {
  it('an account that works is healthy, and only the verification and the tokens change', async () => {
    await home.addAccount('acc_bob', bob);
    const before = await home.addAccount('acc_alice', alice, { note: 'kept', coolingDownUntil: 9e12 });
    setAside(home, ['acc_alice'], { flaggedReason: 'refresh_token_reused', lastError: 'spent twice' });
    const pool = filesOf(home.home)[home.home.poolFile];
    const [record] = home.flagged();

    const { exitCode, data } = await verify(['--no-restore']);
    expect({ exitCode, healthy: data.healthy, restore: data.restore }).toEqual({
      exitCode: 0,
      healthy: 1,
      restore: false,
    });
    expect(filesOf(home.home)[home.home.poolFile]).toBe(pool);
    const [after] = home.flagged();
    const changed = Object.keys({ ...record, ...after }).filter(
      (key) => !isDeepStrictEqual(record?.[key], after?.[key]),
    );
    const tokens = ['accessToken', 'expiresAt', 'idToken', 'lastRefresh', 'refreshToken', 'tokenGeneration'];
    expect(changed.filter((key) => !tokens.includes(key)).sort()).toEqual(['lastVerified', 'verificationCount']);
    expect(after?.refreshToken).not.toBe(before.refresh_token);
    expect(provider.fateOf(after?.refreshToken ?? '')).toBe('live');
    expect(after?.['verificationCount']).toBe(3);
  });
});

describe('when something is in the way', () => {
  it('of the network, the account is not verified, nothing is lost, and the exit code is 1', async () => {
    const gone = await startProvider();
    home = new RefreshHome(temporaryDirectory(), gone);
    const tokens = await home.addAccount('acc_alice', alice);
    setAside(home, ['acc_alice']);
    await gone.stop();
    const { exitCode, data } = await verify();
    expect(exitCode).toBe(1);
    expect(outcomes(data)).toEqual({ acc_alice: ['unverified', 'offline'] });
    expect(home.flagged()).toMatchObject([{ refreshToken: tokens.refresh_token, verificationCount: 3 }]);
  });

  it('of the answer, the token is not sent again before its time', async () => {
    await home.addAccount('acc_alice', alice);
    setAside(home, ['acc_alice']);
    provider.scenario.on('token', { kind: 'resetAfterProcessing' }, { times: 1 });
    expect(outcomes((await verify()).data)).toEqual({ acc_alice: ['unverified', 'unknown-outcome'] });
    expect(refreshes()).toHaveLength(1);
    expect(outcomes((await verify()).data)).toEqual({ acc_alice: ['unverified', 'unknown-outcome'] });
    expect(refreshes()).toHaveLength(1);
    // The successor of the token was lost on the way, which a later run finds out.
    expect(outcomes((await verify([], muchLater)).data)).toEqual({ acc_alice: ['still-flagged', 'rotation-lost'] });
  });

  it('of reading the flagged file, the exit code is 1 and the error names it', async () => {
    await home.addAccount('acc_alice', alice);
    writeFileSync(flaggedFileOf(home.home), '{"version": 1, "accounts": [');
    const { exitCode, error } = await verify();
    expect(exitCode).toBe(1);
    expect(error).toMatchObject({ code: 'storage-corrupt', details: { path: flaggedFileOf(home.home) } });
  });

  it('Ctrl-C ends it with 130, and what was learnt is kept', async () => {
    await home.addAccount('acc_alice', alice);
    const before = await home.addAccount('acc_bob', bob);
    await home.addAccount('acc_carol', carol);
    setAside(home, ['acc_alice', 'acc_bob', 'acc_carol']);
    provider.scenario.on('usage', { kind: 'hang' }, { accountId: bob.accountId });
    const interruption = new AbortController();
    const running = runCli(home.home, ['verify-flagged'], {
      signal: interruption.signal,
      variables: { CODEX_AUTH_PROBE_CONCURRENCY: '1' },
    });
    await expect.poll(() => probes().length, { timeout: 10_000 }).toBe(2);
    interruption.abort();
    expect((await running).exitCode).toBe(130);
    expect(home.records()).toMatchObject([{ recordId: 'acc_alice' }]);
    const [ofBob, ofCarol] = home.flagged();
    expect(ofBob).toMatchObject({ recordId: 'acc_bob', verificationCount: 3 });
    expect(ofBob?.refreshToken).not.toBe(before.refresh_token);
    expect(ofCarol).toMatchObject({ recordId: 'acc_carol', verificationCount: 2 });
    expect(refreshes()).toHaveLength(2);
  });
});

describe('a dry run', () => {
  it('predicts from what is free, refreshes nothing and changes no byte', async () => {
    await home.addAccount('acc_alice', alice);
    await home.addAccount('acc_bob', { ...bob, expiresInSeconds: -5 });
    await home.addAccount('acc_carol', carol);
    await home.addAccount('acc_studio', aliceAtStudio);
    setAside(home, ['acc_alice', 'acc_bob', 'acc_carol', 'acc_studio']);
    provider.revokeAccount(carol, { accessTokens: 'refused' });
    provider.scenario.on('usage', usageLimitReached(60), { accountId: aliceAtStudio.accountId });
    const before = filesOf(home.home);

    const { exitCode, data } = await verify(['--dry-run']);
    expect(exitCode).toBe(0);
    expect(outcomes(data)).toEqual({
      acc_alice: ['would-restore', undefined],
      acc_bob: ['unknown-without-refresh', 'access-token-expired'],
      acc_carol: ['would-stay-flagged', 'token_revoked'],
      acc_studio: ['would-stay-flagged', 'rate-limited'],
    });
    expectSum(data);
    expect(data.results[0]).toMatchObject({ verificationCount: 2 });
    expect(data.results[0]).not.toHaveProperty('lastVerified');
    expect(refreshes()).toEqual([]);
    expect(filesOf(home.home)).toEqual(before);
  });

  it('asks nobody with --no-probe', async () => {
    await home.addAccount('acc_alice', alice);
    setAside(home, ['acc_alice']);
    const { exitCode, data } = await verify(['--dry-run', '--no-probe']);
    expect({ exitCode, wouldRestore: data.wouldRestore }).toEqual({ exitCode: 0, wouldRestore: 1 });
    expect(provider.requests.all).toEqual([]);
  });

  it('that could not read everything says so with exit code 1', async () => {
    await home.addAccount('acc_alice', alice);
    setAside(home, ['acc_alice']);
    provider.scenario.on('usage', { kind: 'reset' });
    const { exitCode, data } = await verify(['--dry-run']);
    expect(exitCode).toBe(1);
    expect(outcomes(data)).toEqual({ acc_alice: ['unknown-without-refresh', 'offline'] });
  });
});

describe('the account in use, set aside', () => {
  it('is named loudly with another one to use, and nothing is switched', async () => {
    const tokens = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: 5 });
    await home.addAccount('acc_carol', carol);
    home.writeAuthFile(tokens);
    const authFile = home.authFile();
    provider.revokeAccount(alice);
    const checked = await runCli(home.home, ['check']);
    expect(checked.stderr).toContain(
      'alice@example.com is in use and set aside, because the provider has ended its login',
    );
    expect(checked.stderr).toContain('use another: codex-auth switch 1');
    const { warnings } = await verify();
    expect(warnings.join('\n')).toContain('use another: codex-auth switch 1');
    expect(home.authFile()).toEqual(authFile);
  });

  it('is named by guard as well, as soon as it happens', async () => {
    const tokens = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -5 });
    home.writeAuthFile(tokens);
    provider.revokeAccount(alice);
    const { stderr } = await runCli(home.home, ['guard', '--once']);
    expect(stderr).toContain('alice@example.com is in use and set aside');
    expect(stderr).toContain('sign in again: codex-auth login');
  });
});
