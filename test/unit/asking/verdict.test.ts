import { describe, expect, it } from 'vitest';
import type { Probe } from '../../../src/core/asking/usage-endpoint.js';
import { judgeAccessToken, judgeProbe, judgeRefresh } from '../../../src/core/asking/verdict.js';
import { AppError } from '../../../src/core/errors.js';
import type { RefreshOutcome } from '../../../src/core/logins/refresh-outcome.js';
import { quotaWindow } from '../../../src/core/quota/window.js';
import { Secret } from '../../../src/core/secret.js';
import { accountOf } from '../../support/stored-accounts.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const account = accountOf('x');
const now = 1_000_000;
const refusal = (severity: 'hard' | 'soft' | 'client', message = '') => ({
  kind: 'refused' as const,
  severity,
  code: 'some_code',
  status: 401,
  message,
});

describe('a refresh', () => {
  it.each<[string, RefreshOutcome, object]>([
    ['that worked', { kind: 'usable', account, how: 'refreshed' }, { kind: 'works' }],
    ['that brought a newer copy of somebody else', { kind: 'usable', account, how: 'adopted' }, { kind: 'works' }],
    [
      'refused for good',
      { kind: 'refused', account, refusal: refusal('hard', 'No.') },
      { kind: 'dead', reason: 'some_code', providerCode: 'some_code', providerMessage: 'No.' },
    ],
    [
      'refused after an answer was lost',
      { kind: 'refused', account, refusal: refusal('hard'), flaggedAs: 'rotation-lost' },
      { kind: 'dead', reason: 'rotation-lost', providerCode: 'some_code' },
    ],
    [
      'refused once more',
      { kind: 'refused', account, refusal: refusal('soft') },
      { kind: 'dead', reason: 'some_code', providerCode: 'some_code' },
    ],
    [
      'refused to this program',
      { kind: 'refused', account, refusal: refusal('client') },
      { kind: 'client-refused', reason: 'some_code', providerCode: 'some_code' },
    ],
    ['without a token to send', { kind: 'no-refresh-token', account }, { kind: 'dead', reason: 'no-refresh-token' }],
    [
      'for another workspace, into which the way was closed for a moment',
      { kind: 'other-workspace', account, because: { kind: 'timeout', message: 'm' } },
      { kind: 'unverified', reason: 'timeout' },
    ],
    ['for another workspace', { kind: 'other-workspace', account }, { kind: 'dead', reason: 'other-workspace' }],
    ['with a token that was spent', { kind: 'spent-token', account }, { kind: 'dead', reason: 'spent-token' }],
    [
      'that brought no access token',
      { kind: 'no-access-token', account, message: 'm' },
      { kind: 'dead', reason: 'no-access-token' },
    ],
    [
      'that could not be given to the official client',
      { kind: 'no-place', account, problem: new AppError('storage-unreadable', 'm') },
      { kind: 'unverified', reason: 'no-place' },
    ],
    [
      'of tokens that are somebody else’s',
      { kind: 'foreign-tokens', account },
      { kind: 'unverified', reason: 'foreign-tokens' },
    ],
    [
      'that was not sent',
      { kind: 'unsent', reason: 'refused', account, message: 'refused' },
      { kind: 'unverified', reason: 'offline' },
    ],
    [
      'that the proxy did not carry',
      { kind: 'unsent', reason: 'proxy', account, message: 'it answered 407' },
      { kind: 'unverified', reason: 'proxy' },
    ],
    [
      'without an answer',
      { kind: 'unknown', account, message: 'cut' },
      { kind: 'unverified', reason: 'unknown-outcome' },
    ],
    [
      'turned away for too many requests',
      { kind: 'rate-limited', account },
      { kind: 'unverified', reason: 'rate-limited' },
    ],
    [
      'behind a challenge page',
      { kind: 'obstructed', account, obstruction: { kind: 'obstructed', by: 'challenge', status: 403 } },
      { kind: 'unverified', reason: 'challenge' },
    ],
    [
      'that is the official client’s business',
      { kind: 'left-to-client', account, pid: 1 },
      { kind: 'unverified', reason: 'left-to-client' },
    ],
    [
      'at another address',
      { kind: 'issuer-mismatch', account, issuer: 'x' },
      { kind: 'unverified', reason: 'issuer-mismatch' },
    ],
  ])('%s', (_, outcome, expected) => {
    expect(judgeRefresh(outcome)).toEqual(expected);
  });
});

describe('an access token', () => {
  const tokens = (token: string | undefined, expiresAt?: number) => ({
    ...(token === undefined ? {} : { accessToken: new Secret(token) }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    generation: 1,
  });

  it.each<[string, ReturnType<typeof tokens>, object]>([
    ['that lives', tokens(tokenFor({ exp: now / 1000 + 9 })), { kind: 'works' }],
    ['that is opaque, of unknown end', tokens('opaque'), { kind: 'works' }],
    ['that is opaque and over', tokens('opaque', now), { kind: 'dead', reason: 'access-token-expired' }],
    [
      'whose own end has passed',
      tokens(tokenFor({ exp: now / 1000 - 1 })),
      { kind: 'dead', reason: 'access-token-expired' },
    ],
    [
      'that is a JWT cut off',
      tokens(tokenFor({ exp: 9e9 }).split('.').slice(0, 2).join('.')),
      { kind: 'dead', reason: 'access-token-malformed' },
    ],
    ['that ends now', tokens(tokenFor({ exp: now / 1000 })), { kind: 'dead', reason: 'access-token-expired' }],
    ['that ends later than it says', tokens(tokenFor({ exp: now / 1000 - 1 }), now + 1), { kind: 'works' }],
    ['that is opaque and looks like a JWT inside', tokens('an-eyJ'), { kind: 'works' }],
    ['that is missing', tokens(undefined), { kind: 'dead', reason: 'no-access-token' }],
  ])('%s', (_, given, expected) => {
    expect(judgeAccessToken(given, now)).toEqual(expected);
  });
});

describe('a look at the quota', () => {
  const usage = (usedPercent: number, more = {}): Probe => {
    const window = quotaWindow({ durationSeconds: 18_000, usedPercent });
    return {
      kind: 'usage',
      account,
      usage: { observedAt: now, windows: window ? [window] : [], additional: [], ...more },
    };
  };
  const answer = (given: Extract<Probe, { kind: 'answer' }>['answer']): Probe => ({
    kind: 'answer',
    answer: given,
    account,
  });

  it.each<[string, Probe, object]>([
    ['with something left', usage(99), { kind: 'works' }],
    ['with nothing left', usage(100), { kind: 'rate-limited', reason: 'quota-used-up' }],
    [
      'that is refused for another reason',
      usage(5, { allowed: false, reachedType: 'workspace_member_credits_depleted' }),
      { kind: 'rate-limited', reason: 'workspace_member_credits_depleted' },
    ],
    [
      'that says nothing about windows',
      { ...usage(0), usage: { observedAt: now, windows: [], additional: [] } } as Probe,
      { kind: 'works' },
    ],
    ['answered with 429', answer({ kind: 'rate-limited' }), { kind: 'rate-limited', reason: 'rate-limited' }],
    ['answered with 401', answer({ kind: 'unauthorized' }), { kind: 'dead', reason: 'unauthorized' }],
    ['answered with 403', answer({ kind: 'forbidden' }), { kind: 'dead', reason: 'forbidden' }],
    [
      'answered with 402',
      answer({ kind: 'closed', status: 402, providerCode: 'deactivated_workspace' }),
      { kind: 'dead', reason: 'deactivated_workspace', providerCode: 'deactivated_workspace' },
    ],
    ['answered with 503', answer({ kind: 'server', status: 503 }), { kind: 'unverified', reason: 'provider-error' }],
    [
      'answered with 401, and a code',
      answer({ kind: 'unauthorized', providerCode: 'token_revoked', providerMessage: 'No.' }),
      { kind: 'dead', reason: 'token_revoked', providerCode: 'token_revoked', providerMessage: 'No.' },
    ],
    ['answered with 402 alone', answer({ kind: 'closed' }), { kind: 'dead', reason: 'closed' }],
    [
      'that is refused to the account',
      answer({ kind: 'refused', providerCode: 'account_deleted' }),
      { kind: 'dead', reason: 'account_deleted', providerCode: 'account_deleted' },
    ],
    [
      'that is refused to the request',
      answer({ kind: 'refused', providerCode: 'bad_request' }),
      { kind: 'unverified', reason: 'provider-error', providerCode: 'bad_request' },
    ],
    [
      'answered with 429, and a reason',
      answer({ kind: 'rate-limited', providerMessage: 'Easy.' }),
      { kind: 'rate-limited', reason: 'rate-limited', providerMessage: 'Easy.' },
    ],
    [
      'answered with what makes no sense',
      answer({ kind: 'malformed', status: 200, message: 'm' }),
      { kind: 'unverified', reason: 'provider-error' },
    ],
    ['that is refused without a type', usage(5, { allowed: false }), { kind: 'rate-limited', reason: 'rate-limited' }],
    [
      'that needs a refresh first',
      { kind: 'needs-refresh', account },
      { kind: 'dead', reason: 'access-token-expired' },
    ],
    [
      'that a refresh could not bring',
      { kind: 'not-refreshed', outcome: { kind: 'spent-token', account }, account },
      { kind: 'dead', reason: 'spent-token' },
    ],
    ['after the client has switched', { kind: 'switched', account }, { kind: 'unverified', reason: 'switched' }],
    ['that nobody answered', answer({ kind: 'timeout', message: '' }), { kind: 'unverified', reason: 'timeout' }],
    ['after the client was signed out', { kind: 'signed-out', account }, { kind: 'unverified', reason: 'signed-out' }],
  ])('%s', (_, probe, expected) => {
    expect(judgeProbe(probe, now)).toEqual(expected);
  });
});
