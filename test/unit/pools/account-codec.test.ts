import { describe, expect, it } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import {
  decodeAccount,
  decodeFlaggedAccount,
  encodeAccount,
  encodeFlaggedAccount,
  withoutFlag,
} from '../../../src/core/pools/account-codec.js';
import { Secret } from '../../../src/core/secret.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

function decoded(entry: unknown): Account {
  const account = decodeAccount(entry);
  if (account === undefined) throw new Error('the entry was not taken for an account');
  return account;
}

const person = { userId: 'user-1', accountId: 'acc-uuid', email: 'a@example.com' };

describe('reading a record', () => {
  it.each([
    ['a number', 3],
    ['nothing', null],
    ['a list', []],
    ['a text', 'account'],
  ])('takes %s for no account', (_what, entry) => {
    expect(decodeAccount(entry)).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>, Partial<Account>]>([
    ['numbers that are spelled out', { expiresAt: '1795226162000', addedAt: ' 5 ' }, { addedAt: 5 }],
    ['empty texts', { email: '', accountLabel: '', accountId: '' }, { enabled: true }],
    ['a time of use that never was', { lastUsed: 0 }, {}],
    ['nulls', { email: null, enabled: null, lastUsed: null }, { enabled: true }],
    ['a time that no clock shows', { addedAt: 1e300, lastUsed: '99999999999999999' }, {}],
    ['a disabled account in words', { enabled: 'false' }, { enabled: false }],
    ['an enabled account in words', { enabled: 'true' }, { enabled: true }],
  ])('understands %s', (_what, entry, expected) => {
    const account = decoded({ refreshToken: 'rt', ...entry });
    expect(account).toMatchObject(expected);
    expect(account.email).toBeUndefined();
    expect(account.lastUsedAt).toBeUndefined();
  });

  it('finds out from the tokens what the record does not say', () => {
    const account = decoded({ accessToken: tokenFor({ ...person, planType: 'team' }) });
    expect(account).toMatchObject({ ...person, planType: 'team', accountIdSource: 'token' });
  });

  it("puts the token's own account id in the place of an organization id", () => {
    const account = decoded({ accountId: 'org-abc', accountIdSource: 'org', idToken: tokenFor(person) });
    expect(account).toMatchObject({ accountId: 'acc-uuid', accountIdSource: 'token' });
    expect(encodeAccount(account)).toMatchObject({ accountId: 'acc-uuid', accountIdSource: 'token' });
  });

  it('keeps an organization id that no token corrects', () => {
    expect(decoded({ accountId: 'org-abc', accessToken: 'opaque' }).accountId).toBe('org-abc');
  });

  it('believes the record where both know an id', () => {
    const account = decoded({ ...person, accountId: 'mine', accessToken: tokenFor(person) });
    expect(account.accountId).toBe('mine');
  });

  it('shows no token when it is printed', () => {
    const account = decoded({ ...person, refreshToken: 'rt-canary', accessToken: 'at-canary' });
    const { raw: _, ...shown } = account;
    expect(JSON.stringify(shown)).not.toContain('canary');
  });
});

describe('the id of a record', () => {
  it('is the one on record', () => {
    expect(decoded({ ...person, recordId: 'kept' }).id).toBe('kept');
  });

  it('is the same at every read until it is stored, also when the tokens change in between', () => {
    const first = decoded({ ...person, refreshToken: 'rt-1' });
    const second = decoded({ ...person, refreshToken: 'rt-2', lastUsed: 5 });
    expect(second.id).toBe(first.id);
    expect(encodeAccount(first)['recordId']).toBe(first.id);
    expect(decoded(encodeAccount(first)).id).toBe(first.id);
  });

  it('tells workspaces, persons and unknown logins apart', () => {
    const ids = [
      decoded(person),
      decoded({ ...person, accountId: 'other' }),
      decoded({ ...person, userId: 'user-2' }),
      decoded({ refreshToken: 'rt-1' }),
      decoded({ refreshToken: 'rt-2' }),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('writing a record', () => {
  it('keeps what it does not know and what it could not read, and the spelling of what has not changed', () => {
    const entry = {
      recordId: 'a',
      email: 'A@Example.com ',
      refreshToken: 'rt',
      expiresAt: '1795226162000',
      addedAt: 'yesterday',
      accountLabel: 7,
      enabled: 'no',
      tokenGeneration: null,
      provenance: { issuer: 'https://issuer.example', clientId: 'app', extra: [1] },
      authFile: 'gone',
      workspaces: [{ id: 'w' }],
      coolingDownUntil: '12',
      theirs: { deep: [null, { x: 1 }] },
    };
    expect(encodeAccount(decoded(entry))).toEqual(entry);
  });

  it('writes what has changed in the type it should have', () => {
    const before = decoded({ recordId: 'a', refreshToken: 'rt', expiresAt: '5', enabled: 'no', accountLabel: 'x' });
    const { label: _, ...unnamed } = before;
    const tokens = { ...before.tokens, refreshToken: new Secret('rt-2'), expiresAt: 6, generation: 3 };
    expect(encodeAccount({ ...unnamed, enabled: false, tokens })).toEqual({
      recordId: 'a',
      refreshToken: 'rt-2',
      expiresAt: 6,
      tokenGeneration: 3,
      enabled: false,
    });
  });

  it('stores an id for a record that had none', () => {
    const account = decoded(person);
    expect(encodeAccount(account)).toEqual({ ...person, recordId: account.id });
  });
});

describe('a flagged record', () => {
  const entry = {
    ...person,
    recordId: 'a',
    flaggedAt: 5,
    flaggedReason: 'invalid_grant',
    verificationCount: 2,
    more: 1,
  };

  it('is read with what is known about the flag', () => {
    const flag = { at: 5, reason: 'invalid_grant', verificationCount: 2 };
    expect(decodeFlaggedAccount({ ...entry, lastError: '' })).toMatchObject({ id: 'a', flag });
    expect(decodeFlaggedAccount({})?.flag).toEqual({ at: 0, reason: 'unknown', verificationCount: 0 });
  });

  it('keeps what it could not read', () => {
    const odd = {
      recordId: 'a',
      flaggedAt: 'noon',
      flaggedReason: [],
      verificationCount: 'x',
      lastVerified: {},
      more: 1,
    };
    const account = decodeFlaggedAccount(odd);
    expect(account && encodeFlaggedAccount(account)).toEqual(odd);
  });

  it('goes back into a pool without the flag and with everything else', () => {
    const account = decodeFlaggedAccount(entry);
    expect(account && encodeAccount(withoutFlag(account))).toEqual({ ...person, recordId: 'a', more: 1 });
  });
});
