import { describe, expect, it } from 'vitest';
import {
  type AccessRefusal,
  isAccessRefusal,
  refusalAfter,
  refusalIn,
  refusalText,
  standingRefusal,
} from '../../../src/core/health/access-refusal.js';
import type { BackendAnswer } from '../../../src/core/provider/backend-call.js';

const now = Date.UTC(2026, 10, 21, 12);

describe('what an answer says about being let in', () => {
  const forNow = (code: string) => ({ code, at: now });
  const lasting = (code: string): AccessRefusal => ({ code, at: now, isLasting: true });

  it.each<[string, BackendAnswer, AccessRefusal | 'cleared' | undefined]>([
    ['a good one', { kind: 'ok', body: {} }, 'cleared'],
    ['a refused token', { kind: 'unauthorized' }, forNow('unauthorized')],
    ['a refused token with a code', { kind: 'unauthorized', providerCode: 'token_expired' }, forNow('token_expired')],
    [
      'a refused token of an account that is no more',
      { kind: 'unauthorized', providerCode: 'user_deleted' },
      lasting('user_deleted'),
    ],
    ['a workspace that lets nobody in', { kind: 'closed' }, lasting('closed')],
    ['a 403 about nobody in particular', { kind: 'forbidden' }, undefined],
    ['a 403 about the token', { kind: 'forbidden', providerCode: 'token_revoked' }, forNow('token_revoked')],
    ['another refusal of the session', { kind: 'refused', providerCode: 'session_expired' }, forNow('session_expired')],
    ['a 403 with a code about the request', { kind: 'forbidden', providerCode: 'invalid_request' }, undefined],
    ...[
      'invalid_workspace_selected',
      'account_not_allowed',
      'no_entitlement',
      'organization_required',
      'organisation_required',
      'user_deactivated',
      'plan_suspended',
      'banned',
      'usage_not_included',
      'subscription_expired',
      'payment_required',
    ].map((code): [string, BackendAnswer, AccessRefusal] => [
      `a 403 with ${code}`,
      { kind: 'forbidden', providerCode: code },
      lasting(code),
    ]),
    ['another refusal of the account', { kind: 'refused', providerCode: 'account_banned' }, lasting('account_banned')],
    ['another refusal of the request', { kind: 'refused', providerCode: 'bad_request' }, undefined],
    ['a rate limit, whatever its code', { kind: 'rate-limited', providerCode: 'account_banned' }, undefined],
    ['a server error', { kind: 'server', status: 500 }, undefined],
    ['none at all', { kind: 'timeout', message: '' }, undefined],
  ])('%s', (_, answer, expected) => {
    expect(refusalIn(answer, now)).toEqual(expected);
  });

  it('is remembered until an answer says otherwise', () => {
    const before = { code: 'unauthorized', at: now - 1 };
    expect(refusalAfter(undefined, { kind: 'closed' }, now)).toEqual(lasting('closed'));
    expect(refusalAfter(before, { kind: 'closed' }, now)).toEqual(lasting('closed'));
    expect(refusalAfter(before, { kind: 'server' }, now)).toBe(before);
    expect(refusalAfter(before, undefined, now)).toBe(before);
    expect(refusalAfter(before, { kind: 'ok', body: {} }, now)).toBeUndefined();
  });
});

describe('a refusal stands', () => {
  const ofTokens = { code: 'token_expired', at: now };
  const ofAccount = { code: 'closed', at: now, isLasting: true } as const;

  it.each<[string, AccessRefusal | undefined, { lastRefresh?: number }, AccessRefusal | undefined]>([
    ['while the tokens are those that were refused', ofTokens, { lastRefresh: now }, ofTokens],
    ['where nobody knows when they were received', ofTokens, {}, ofTokens],
    ['no longer than them', ofTokens, { lastRefresh: now + 1 }, undefined],
    ['longer, where it is about the account', ofAccount, { lastRefresh: now + 1 }, ofAccount],
    ['only where there was one', undefined, {}, undefined],
  ])('%s', (_, refusal, tokens, expected) => {
    expect(standingRefusal(refusal, tokens)).toBe(expected);
  });
});

describe('a refusal in words', () => {
  it.each([
    'deactivated_workspace',
    'workspace-deactivated',
    'workspace_deactivated',
    'workspace-gone',
    'workspace_deleted',
    'account_deactivated',
    'account_deleted',
    'invalid_workspace_selected',
    'token_revoked',
    'token_expired',
    'token_invalidated',
    'invalid_token',
    'unauthorized',
    'closed',
  ])('says what %s means', (code) => {
    expect(refusalText(code)).toMatch(/^(its (workspace|login|access token)|the provider has) \w+/);
  });

  it.each(['some_new_word', 'constructor'])('quotes %s, which it does not know', (code) => {
    expect(refusalText(code)).toBe(`the provider refuses it (${code})`);
  });
});

it.each<[unknown, boolean]>([
  [{ code: 'closed', at: now }, true],
  [{ code: 'closed', at: now, isLasting: true }, true],
  [{ code: 'closed', at: now, isLasting: false }, false],
  [{ code: 5, at: now }, false],
  [{ code: 'closed', at: 'now' }, false],
  [{ at: now }, false],
  [['closed', now], false],
  [null, false],
])('%j is a stored refusal: %s', (value, expected) => {
  expect(isAccessRefusal(value)).toBe(expected);
});
