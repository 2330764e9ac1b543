import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describeOutcome } from '../../../src/core/logins/describe-outcome.js';
import type { RefreshOutcome, RefusedRefresh } from '../../../src/core/logins/refresh-outcome.js';
import { settleClientRefusals, settleRefusal } from '../../../src/core/spending/refusal.js';
import { refused } from '../../support/provider/faults.js';
import { alice, aliceAtStudio, carol, RefreshHome } from '../../support/refresh-home.js';
import { accountOf } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { useProvider } from '../../support/use-provider.js';

const provider = useProvider();

const expired = { expiresInSeconds: -60 };
const newHome = () => new RefreshHome(temporaryDirectory(), provider);

describe('a refresh token that is dead', () => {
  test.each([
    ['refresh_token_expired', 401],
    ['refresh_token_reused', 401],
    ['refresh_token_invalidated', 400],
    ['invalid_grant', 400],
    ['account_deleted', 403],
    ['something_new', 401],
  ])('by %s (%d) sets the account aside at once, with the provider’s own code', async (code, status) => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', refused(status, code));
    expect(await home.run('1').refresh('a')).toMatchObject({ kind: 'refused', flaggedAs: code });
    expect(home.records()).toEqual([]);
    expect(home.flagged()).toMatchObject([{ recordId: 'a', flaggedReason: code, lastError: `stand-in: ${code}` }]);
    expect(home.state().accounts['a']?.health).toMatchObject({ score: 40 });
    expect(home.journal()).toEqual([]);
    expect(home.lineage()).toContain(`"detail":"${code}"`);
  });

  test('sets aside every workspace of its login', async () => {
    const home = newHome();
    const { refresh_token } = await home.addAccount('personal', { ...alice, ...expired });
    await home.addAccount('studio', { ...aliceAtStudio, ...expired, refreshToken: refresh_token });
    await home.addAccount('other', carol);
    provider.revokeAccount(alice);
    await home.run('1').refresh('studio');
    expect(home.flagged().map(({ recordId }) => recordId)).toEqual(['personal', 'studio']);
    expect(home.records().map(({ recordId }) => recordId)).toEqual(['other']);
  });

  test('that somebody else has spent is no reason to flag when its successor can be read', async () => {
    const home = newHome();
    const old = await home.addAccount('a', { ...carol, ...expired, issuedAt: Date.now() - 900_000 });
    let answer: (value?: unknown) => void = () => undefined;
    const until = new Promise((resolve) => {
      answer = resolve;
    });
    provider.scenario.on('token', { kind: 'held', until }, { times: 1 });
    const refresh = home.run('1').refresh('a');
    await expect.poll(() => provider.requests.refreshes()).toHaveLength(1);
    // The official client is faster with the same token, and writes what it got.
    const response = await fetch(`${provider.issuer}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
        grant_type: 'refresh_token',
        refresh_token: old.refresh_token,
      }),
    });
    home.writeAuthFile(JSON.parse(await response.text()));
    answer();
    const newest = home.authFile().tokens.refresh_token;
    expect(await refresh).toMatchObject({ kind: 'usable', how: 'adopted' });
    expect(home.record('a').refreshToken).toBe(newest);
    expect(home.flagged()).toEqual([]);
  });

  test('is not held against an account that has another one by the time of the verdict', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    const account = home.account('a');
    writeFileSync(home.home.poolFile, JSON.stringify({ version: 3, accounts: [], activeIndex: 0 }));
    await home.addAccount('a', carol);
    const refusal = { kind: 'refused', severity: 'hard', code: 'invalid_grant', status: 400, message: '' } as const;
    const settled = await settleRefusal(home.run('1').deps, { kind: 'refused', account, refusal });
    expect(settled.flaggedAs).toBeUndefined();
    expect(home.flagged()).toEqual([]);
  });

  test('of an account that was set aside before is refused again without harm', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.revokeAccount(carol);
    await home.run('1').refresh('a');
    expect(await home.run('2').refresh('a')).toMatchObject({ kind: 'refused' });
    expect(home.flagged()).toHaveLength(1);
  });
});

describe('a refusal that is no verdict about the token', () => {
  test('counts, and the third in a row sets the account aside', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', refused(400, 'invalid_request'));
    const outcomes: RefreshOutcome[] = [];
    for (const run of ['1', '2', '3']) outcomes.push(await home.run(run).refresh('a'));
    expect(outcomes.map((outcome) => outcome.kind === 'refused' && outcome.flaggedAs)).toEqual([
      undefined,
      undefined,
      'invalid_request',
    ]);
    expect(home.flagged()).toHaveLength(1);
  });

  test('begins to count anew after a refresh that worked', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', refused(400, 'invalid_request'), { times: 2 });
    for (const run of ['1', '2', '3']) await home.run(run).refresh('a');
    provider.scenario.on('token', refused(400, 'invalid_request'));
    const { accessToken } = home.account('a').tokens;
    for (const run of ['4', '5']) await home.run(run).refresh('a', { ...(accessToken && { rejected: accessToken }) });
    expect(home.flagged()).toEqual([]);
  });

  test('because of this program flags nothing by itself', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', refused(401, 'invalid_client'));
    expect(await home.run('1').refresh('a')).toMatchObject({ kind: 'refused', refusal: { severity: 'client' } });
    expect(home.flagged()).toEqual([]);
    expect(home.journal()).toEqual([]);
  });
});

describe('refusals of this program in one run', () => {
  const outcome = (id: string, severity: 'client' | 'hard', code = 'invalid_client'): RefusedRefresh => ({
    kind: 'refused',
    account: accountOf(id),
    refusal: { kind: 'refused', severity, code, status: 401, message: 'unknown client' },
  });
  const fine: RefreshOutcome = { kind: 'usable', account: accountOf('fine'), how: 'valid' };

  test('mean nothing when there are none', () => {
    expect(settleClientRefusals([fine, outcome('a', 'hard', 'invalid_grant')])).toEqual({ kind: 'none' });
  });

  test('are about the account when it is the only one, however often it was asked about', () => {
    expect(settleClientRefusals([fine, outcome('a', 'client'), outcome('a', 'client')])).toMatchObject({
      kind: 'flag',
      account: { id: 'a' },
      reason: 'invalid_client',
      lastError: 'unknown client',
    });
  });

  test('are about this program when there are two', () => {
    const both = [outcome('a', 'client'), outcome('b', 'client', 'unauthorized_client')];
    expect(settleClientRefusals(both)).toEqual({
      kind: 'client-problem',
      codes: ['invalid_client', 'unauthorized_client'],
    });
  });
});

describe('what a person is told', () => {
  const account = accountOf('a', {}, { email: 'me@example.com' });
  const refusal = {
    kind: 'refused',
    severity: 'hard',
    code: 'refresh_token_reused',
    status: 401,
    message: '',
  } as const;

  test.each<[RefreshOutcome, string, RegExp, RegExp]>([
    [{ kind: 'left-to-client', account, pid: 7 }, 'lock-busy', /pid 7.*me@example.com/, /nothing/],
    [{ kind: 'no-refresh-token', account }, 'sign-in-needed', /no refresh token/, /^codex-auth login$/],
    [
      { kind: 'issuer-mismatch', account, issuer: 'https://x.example' },
      'issuer-mismatch',
      /x\.example/,
      /CODEX_AUTH_ISSUER/,
    ],
    [{ kind: 'other-workspace', account }, 'sign-in-needed', /another workspace/, /login/],
    [
      { kind: 'no-access-token', account, message: 'empty' },
      'provider-error',
      /without a usable access token: empty/,
      /later/,
    ],
    [
      { kind: 'refused', account, refusal, flaggedAs: 'refresh_token_reused' },
      'sign-in-needed',
      /another program has/,
      /login/,
    ],
    [{ kind: 'refused', account, refusal, flaggedAs: 'rotation-lost' }, 'sign-in-needed', /got no answer/, /login/],
    [
      { kind: 'refused', account, refusal: { ...refusal, severity: 'client', code: 'invalid_client' } },
      'provider-error',
      /this program \(invalid_client, 401\)/,
      /update/,
    ],
    [
      { kind: 'refused', account, refusal: { ...refusal, severity: 'soft', code: 'odd', message: 'Go away' } },
      'provider-error',
      /odd, 401.*Go away/,
      /later/,
    ],
    [{ kind: 'unsent', reason: 'dns', account, message: 'no route' }, 'offline', /no route/, /network/],
    [{ kind: 'unsent', reason: 'proxy', account, message: 'it answered 407' }, 'proxy', /407/, /check the proxy/],
    [{ kind: 'rate-limited', account }, 'rate-limited', /429/, /minute/],
    [
      { kind: 'obstructed', account, obstruction: { kind: 'obstructed', by: 'challenge', status: 403 } },
      'challenge',
      /403/,
      /VPN.*proxy.*network/,
    ],
    [
      { kind: 'obstructed', account, obstruction: { kind: 'obstructed', by: 'region', status: 403 } },
      'region',
      /where this machine is/,
      /VPN.*proxy/,
    ],
    [
      { kind: 'unknown', account, message: 'm', obstruction: { kind: 'obstructed', by: 'page', status: 200 } },
      'intercepted',
      /in place of the provider/,
      /VPN.*proxy/,
    ],
    [
      { kind: 'other-workspace', account, because: { kind: 'server', status: 503 } },
      'provider-error',
      /could not be entered.*503/,
      /again/,
    ],
    [
      { kind: 'other-workspace', account, because: { kind: 'forbidden', status: 403, providerCode: 'no_seat' } },
      'sign-in-needed',
      /another workspace.*no_seat, 403/,
      /login/,
    ],
    [
      {
        kind: 'refused',
        account,
        refusal: { ...refusal, code: 'account_deactivated' },
        flaggedAs: 'account_deactivated',
      },
      'sign-in-needed',
      /closed or blocked the account me@example.com \(account_deactivated, 401\); the account has been set aside/,
      /verify-flagged/,
    ],
    [
      { kind: 'refused', account, refusal: { ...refusal, severity: 'soft', code: 'odd' }, flaggedAs: 'odd' },
      'provider-error',
      /set aside/,
      /verify-flagged/,
    ],
    [{ kind: 'unknown', account, message: 'no answer' }, 'unknown-outcome', /nobody knows.*no answer/, /again/],
  ])('about %j', (outcome, code, message, hint) => {
    const described = describeOutcome(outcome);
    expect(described.code).toBe(code);
    expect(described.message).toMatch(message);
    expect(described.hint).toMatch(hint);
  });
});
