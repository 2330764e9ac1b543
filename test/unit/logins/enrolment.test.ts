import { describe, expect, it } from 'vitest';
import type { Account, FlaggedAccount } from '../../../src/core/accounts/account.js';
import { wasRemoved, withTombstone } from '../../../src/core/accounts/pool.js';
import { definedOnly } from '../../../src/core/defined-only.js';
import { enrol, type ProvenLogin } from '../../../src/core/logins/enrolment.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import type { Store } from '../../../src/core/pools/store.js';
import { accountOf, readJson, type TokenWords, testRoot, tokensOf } from '../../support/stored-accounts.js';

const alice = { userId: 'alice', accountId: 'home', email: 'alice@example.com' };
const studio = { ...alice, accountId: 'studio' };

const loginOf = (words: TokenWords, more: Partial<ProvenLogin> = {}): ProvenLogin => {
  const { userId, accountId, email } = { ...alice, ...words };
  return {
    identity: definedOnly({ userId, accountId, email }),
    tokens: tokensOf({ ...alice, refresh: 'rt-new', ...words }),
    ...more,
  };
};

const flagged = (account: Account): FlaggedAccount => ({
  ...account,
  flag: { at: 1, reason: 'r', verificationCount: 3 },
});

interface Given {
  readonly global?: readonly Account[];
  readonly project?: readonly Account[];
  readonly flagged?: readonly FlaggedAccount[];
}

function storeWith<T>(given: Given, task: (store: Store) => T): Promise<T> {
  return withStore(testRoot(), {}, (store) => {
    store.savePool(undefined, { ...store.scope(undefined).pool, accounts: given.global ?? [] });
    if (given.project !== undefined) store.savePool('p', { ...store.scope('p').pool, accounts: given.project });
    if (given.flagged !== undefined) {
      store.saveFlagged('p', { ...store.scope('p').flagged, accounts: given.flagged });
    }
    return task(store);
  });
}

const show = (store: Store) =>
  store
    .scopes()
    .flatMap(({ key, pool, flagged: setAside }) => [
      ...pool.accounts.map(({ id, tokens }) => `${key ?? 'global'} ${id} ${tokens.refreshToken?.reveal()}`),
      ...setAside.accounts.map(({ id, tokens }) => `flagged ${id} ${tokens.refreshToken?.reveal()}`),
    ]);

describe('signing in', () => {
  it('as somebody new adds an account to the scope asked for', async () => {
    const enrolment = await storeWith({}, (store) => enrol(store, loginOf({}), 'p'));
    expect(enrolment).toMatchObject({ outcome: 'added', scopeKey: 'p', account: { ...alice, enabled: true } });
  });

  it('at another provider that knows the same ids keeps the login of the first', async () => {
    const [ours, theirs] = ['https://one.example', 'https://two.example'];
    const known = accountOf('a', { ...alice, issuer: ours, refresh: 'rt-ours' });
    await storeWith({ global: [known] }, (store) => {
      expect(enrol(store, loginOf({ issuer: ours, refresh: 'rt-again' }), undefined)).not.toHaveProperty('keptFile');
      const { keptFile = '', ...enrolment } = enrol(store, loginOf({ issuer: theirs }), undefined);
      expect(enrolment).toMatchObject({ outcome: 'updated', account: { id: 'a' } });
      expect(show(store)).toEqual(['global a rt-new']);
      expect(readJson(keptFile)).toMatchObject({ version: 3, accounts: [{ refreshToken: 'rt-again' }] });
    });
  });

  it('again updates the account where it lives, and leaves label, position and the disabled flag', async () => {
    const known = accountOf('a', alice, { label: 'mine', enabled: false });
    const other = accountOf('b', { ...studio, refresh: 'rt-b' });
    await storeWith({ global: [known, other] }, (store) => {
      expect(enrol(store, loginOf({}), 'p')).toMatchObject({ outcome: 'updated', scopeKey: undefined });
      expect(show(store)).toEqual(['global a rt-new', 'global b rt-b']);
      expect(store.scope(undefined).pool.accounts[0]).toMatchObject({ label: 'mine', enabled: false });
    });
  });

  it('to a second workspace of the same person is a second account', async () => {
    await storeWith({ global: [accountOf('a', alice)] }, (store) => {
      expect(enrol(store, loginOf(studio), undefined).outcome).toBe('added');
      expect(store.scope(undefined).pool.accounts).toHaveLength(2);
    });
  });

  it('goes to the record that has the ids, not to one that only has the email', async () => {
    const vague = accountOf('vague', { email: alice.email, refresh: 'rt-vague' });
    await storeWith({ global: [vague], project: [accountOf('a', alice)] }, (store) => {
      enrol(store, loginOf({}), undefined);
      expect(show(store)).toEqual(['global vague rt-vague', 'p a rt-new']);
    });
  });

  it('does not guess which of two workspaces a record without ids is', async () => {
    const vague = (id: string) => accountOf(id, { email: alice.email, refresh: `rt-${id}` });
    await storeWith({ global: [vague('x'), vague('y')] }, (store) => {
      expect(enrol(store, loginOf({}), undefined).outcome).toBe('added');
      expect(show(store).slice(0, 2)).toEqual(['global x rt-x', 'global y rt-y']);
    });
  });

  it('completes a record that had no ids', async () => {
    await storeWith({ global: [accountOf('a', { email: 'ALICE@example.com' })] }, (store) => {
      expect(enrol(store, loginOf({}), undefined)).toMatchObject({
        outcome: 'updated',
        account: { id: 'a', ...alice },
      });
    });
  });

  it('as a flagged identity restores it to the pool it came from, without the flag', async () => {
    const record = { ...accountOf('a', alice, { label: 'mine' }), raw: { flaggedReason: 'r', theirs: 1 } };
    await storeWith({ flagged: [flagged(record)] }, (store) => {
      const { outcome, scopeKey, account } = enrol(store, loginOf({}), undefined);
      expect({ outcome, scopeKey }).toEqual({ outcome: 'restored', scopeKey: 'p' });
      expect(account).toMatchObject({ id: 'a', label: 'mine', raw: { theirs: 1 } });
      expect(account).not.toHaveProperty('flag');
      expect(show(store)).toEqual(['p a rt-new']);
    });
  });

  it('forgets a removal, in every pool', async () => {
    await storeWith({ project: [] }, (store) => {
      for (const key of [undefined, 'p']) store.savePool(key, withTombstone(store.scope(key).pool, alice, 1));
      store.savePool('p', withTombstone(store.scope('p').pool, studio, 1));
      enrol(store, loginOf({}), undefined);
      const removed = (identity: typeof alice) => store.scopes().map(({ pool }) => wasRemoved(pool, identity));
      expect([removed(alice), removed(studio)]).toEqual([
        [false, false],
        [false, true],
      ]);
    });
  });

  it('keeps what auth.json held for the account, under what the new login brings', async () => {
    const authFile = { top: { OPENAI_API_KEY: 'sk-1', theirs: 1 }, tokens: { login_owner_id: 'old', more: 2 } };
    const extras = { top: { OPENAI_API_KEY: null }, tokens: { login_owner_id: 'new' } };
    const { account } = await storeWith({ global: [accountOf('a', alice, { authFile })] }, (store) =>
      enrol(store, loginOf({}, { extras }), undefined),
    );
    expect(account.authFile).toEqual({
      top: { OPENAI_API_KEY: null, theirs: 1 },
      tokens: { login_owner_id: 'new', more: 2 },
    });
  });
});
