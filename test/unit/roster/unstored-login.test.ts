import { describe, expect, it, test } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import type { Identity } from '../../../src/core/accounts/identity.js';
import { emptyFlaggedPool, emptyPool } from '../../../src/core/accounts/pool.js';
import type { AuthFileContent } from '../../../src/core/codex/auth-file.js';
import type { ScopeContent } from '../../../src/core/pools/scope-records.js';
import { unstoredAccount } from '../../../src/core/roster/unstored-login.js';
import { Secret } from '../../../src/core/secret.js';

const person = { userId: 'user-1', accountId: 'account-1', email: 'one@example.com' };
const loginOf = (identity: Identity): AuthFileContent => ({
  kind: 'login',
  login: {
    identity,
    tokens: { refreshToken: new Secret('rt'), accessToken: new Secret('at'), generation: 0 },
    extras: { top: {}, tokens: {} },
  },
});
const record = (id: string, identity: Identity): Account => ({
  ...identity,
  id,
  enabled: true,
  tokens: { generation: 0 },
  raw: {},
});
const pool = (...accounts: Account[]): ScopeContent => ({
  pool: { ...emptyPool, accounts },
  flagged: emptyFlaggedPool,
});

describe('the login of the official client', () => {
  const idOf = (identity: Identity, ...scopes: ScopeContent[]) => unstoredAccount(scopes, loginOf(identity))?.id;

  it('is an account with all that it holds, and with a mark', () => {
    expect(unstoredAccount([], loginOf(person))).toMatchObject({ ...person, enabled: true, isUnstored: true });
  });

  it('has the same id whenever it is looked at, and another one than every other login', () => {
    const id = idOf(person);
    expect(id).toMatch(/^acc_[0-9a-f]{12}$/);
    expect(idOf({ ...person, email: 'renamed@example.com' }, pool(record('a', { userId: 'user-2' })))).toBe(id);
    expect(idOf({ ...person, accountId: 'account-2' })).not.toBe(id);
    expect(idOf({ email: person.email })).not.toBe(idOf({ email: 'two@example.com' }));
  });

  it('takes no id that a record of somebody else has', () => {
    const taken = record(idOf(person) ?? '', { userId: 'user-2', accountId: 'account-2' });
    expect(idOf(person, pool(taken))).toMatch(/^acc_[0-9a-f]{12}$/);
    expect(idOf(person, pool(taken))).not.toBe(taken.id);
  });

  test.each<[string, ScopeContent]>([
    ['a pool has', pool(record('a', person))],
    [
      'is set aside',
      { pool: emptyPool, flagged: { ...emptyFlaggedPool, accounts: [{ ...record('a', person), flag: flagged() }] } },
    ],
    [
      'the person removed',
      { pool: { ...emptyPool, removed: [{ ...person, removedAt: 1 }] }, flagged: emptyFlaggedPool },
    ],
  ])('is no account beside the one that %s', (_, scope) => {
    expect(unstoredAccount([pool(), scope], loginOf(person))).toBeUndefined();
  });

  test.each<[string, AuthFileContent | undefined]>([
    ['nothing', undefined],
    ['an API key', { kind: 'unadoptable', reason: 'api-key' }],
  ])('is none where there is %s', (_, content) => {
    expect(unstoredAccount([], content)).toBeUndefined();
  });
});

function flagged() {
  return { at: 1, reason: 'manual', verificationCount: 0 };
}
