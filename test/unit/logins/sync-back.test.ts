import { describe, expect, it } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import { withAccount, withTombstone } from '../../../src/core/accounts/pool.js';
import { parseAuthFile } from '../../../src/core/codex/auth-file.js';
import { syncBack } from '../../../src/core/logins/sync-back.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import type { Store } from '../../../src/core/pools/store.js';
import { Secret } from '../../../src/core/secret.js';
import { authFileOf } from '../../support/auth-files.js';
import { accountOf, type TokenWords, testRoot, tokensOf } from '../../support/stored-accounts.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const alice = { userId: 'alice', accountId: 'home', email: 'alice@example.com' };

/** The file of the official client, with a login of Alice issued at second 1000 unless `changes` say otherwise. */
const contentOf = (changes: Parameters<typeof authFileOf>[0] = {}) =>
  parseAuthFile(JSON.stringify(authFileOf(changes)));

/** The store after the content of `auth.json` was copied back into it. */
function copiedBack<T>(
  accounts: readonly Account[],
  content: ReturnType<typeof contentOf>,
  look: (store: Store, kind: string) => T,
) {
  return withStore(testRoot(), {}, (store) => {
    store.savePool(undefined, { ...store.scope(undefined).pool, accounts });
    return look(store, syncBack(store, content, 'p').kind);
  });
}

const refreshesOf = (store: Store) =>
  store.scopes().flatMap(({ pool }) => pool.accounts.map(({ tokens }) => tokens.refreshToken?.reveal()));

describe('the login in auth.json', () => {
  it.each<[string, TokenWords, string]>([
    ['is stored when it is newer', { iat: 900, refresh: 'rt-old' }, 'rt-file'],
    ['is not stored when ours is newer', { iat: 1100, refresh: 'rt-ours' }, 'rt-ours'],
    [
      'is stored when it was received later in the same second',
      { iat: 1000, lastRefresh: 5, refresh: 'rt-old' },
      'rt-file',
    ],
  ])('%s', async (_what, words, expected) => {
    await copiedBack([accountOf('a', { ...alice, ...words })], contentOf(), (store, kind) => {
      expect(kind).toBe('known');
      expect(refreshesOf(store)).toEqual([expected]);
    });
  });

  it('also moves the other workspaces of that login on', async () => {
    const shared = { refresh: 'rt-old', iat: 900 };
    const accounts = [
      accountOf('a', { ...alice, ...shared }),
      accountOf('b', { ...alice, accountId: 'studio', ...shared }),
    ];
    await copiedBack(accounts, contentOf(), (store) => expect(refreshesOf(store)).toEqual(['rt-file', 'rt-file']));
  });

  it('leaves the other workspaces alone when it is a new login, by its owner id', async () => {
    const shared = { refresh: 'rt-old', iat: 900 };
    const authFile = { top: {}, tokens: { login_owner_id: 'owner-0' } };
    const accounts = [
      accountOf('a', { ...alice, ...shared }, { authFile }),
      accountOf('b', { ...alice, accountId: 'studio', ...shared }),
    ];
    await copiedBack(accounts, contentOf(), (store) => expect(refreshesOf(store)).toEqual(['rt-file', 'rt-old']));
  });

  it('is found among the flagged, tokens and extras', async () => {
    await withStore(testRoot(), {}, (store) => {
      const flag = { at: 1, reason: 'r', verificationCount: 0 };
      const setAside = { ...accountOf('a', { ...alice, iat: 900 }), flag };
      store.saveFlagged(undefined, { ...store.scope(undefined).flagged, accounts: [setAside] });
      expect(syncBack(store, contentOf(), undefined)).toMatchObject({ kind: 'known', wasNewer: true });
      const [account] = store.scope(undefined).flagged.accounts;
      expect(account?.tokens.refreshToken?.reveal()).toBe('rt-file');
      expect(account?.authFile?.top).toEqual({ OPENAI_API_KEY: 'sk-made-up' });
    });
  });

  it('gives an account of another tool the id token that it lacks, and not an older access token', async () => {
    const tokens = tokensOf({ ...alice, iat: 2000, refresh: 'rt-file', withIdToken: false });
    await copiedBack([accountOf('a', alice, { tokens })], contentOf(), (store, kind) => {
      const stored = store.scope(undefined).pool.accounts[0]?.tokens;
      expect(kind).toBe('known');
      expect(stored?.idToken?.reveal()).toBe(authFileOf().tokens['id_token']);
      expect(stored?.accessToken?.equals(tokens.accessToken)).toBe(true);
    });
  });

  it('that is ours already is not called newer because the file says when it was received', async () => {
    const file = authFileOf().tokens;
    const tokens = {
      generation: 1,
      refreshToken: new Secret('rt-file'),
      accessToken: new Secret(`${file['access_token']}`),
      idToken: new Secret(`${file['id_token']}`),
    };
    await withStore(testRoot(), {}, (store) => {
      store.savePool(undefined, withAccount(store.scope(undefined).pool, accountOf('a', alice, { tokens })));
      expect(syncBack(store, contentOf(), undefined)).toMatchObject({ kind: 'known', wasNewer: false });
      expect(store.scope(undefined).pool.accounts[0]?.tokens.lastRefresh).toBe(Date.parse('2026-11-21T01:50:18.829Z'));
    });
  });

  it('gives its extras to its own account only', async () => {
    const other = accountOf('b', { ...alice, accountId: 'studio', refresh: 'rt-b' });
    await copiedBack([accountOf('a', { ...alice, iat: 900 }), other], contentOf({ top: { theirs: 1 } }), (store) => {
      const [a, b] = store.scope(undefined).pool.accounts;
      expect(a?.authFile?.top).toEqual({ OPENAI_API_KEY: 'sk-made-up', theirs: 1 });
      expect(a?.provenance).toEqual({ issuer: 'https://auth.openai.com', clientId: 'app_made_up' });
      expect(b).not.toHaveProperty('authFile');
    });
  });

  it('of a colleague in the same workspace is an account of its own', async () => {
    const bob = { userId: 'bob', accountId: 'home', email: 'bob@example.com', iat: 5000 };
    const content = contentOf({
      tokens: { id_token: tokenFor(bob), access_token: tokenFor(bob), refresh_token: 'rt-bob' },
    });
    await copiedBack([accountOf('a', { ...alice, refresh: 'rt-a' })], content, (store, kind) => {
      expect(kind).toBe('adopted');
      expect(refreshesOf(store)).toEqual(['rt-a', 'rt-bob']);
      expect(store.scope('p').pool.accounts).toMatchObject([{ userId: 'bob', enabled: true }]);
    });
  });

  it('of an account that was removed does not bring it back', async () => {
    await withStore(testRoot(), {}, (store) => {
      store.savePool(undefined, withTombstone(store.scope(undefined).pool, alice, 1));
      expect(syncBack(store, contentOf(), undefined)).toEqual({ kind: 'removed-earlier' });
      expect(refreshesOf(store)).toEqual([]);
    });
  });

  describe('that another provider issued, under the same ids and later', () => {
    const [ours, theirs] = ['https://one.example', 'https://two.example'];
    const provenance = (issuer: string) => ({ issuer, clientId: 'app' });
    const issued = (issuer: string | undefined, tokens: object = {}) => {
      const token = tokenFor({ ...alice, issuer, iat: 2000 });
      return contentOf({ tokens: { id_token: token, access_token: token, oauth_provenance: null, ...tokens } });
    };
    const from = (issuer: string) => ({ oauth_provenance: { issuer, client_id: 'app' } });

    it.each<[string, string | undefined, Partial<Account>, ReturnType<typeof contentOf>]>([
      ['by the tokens themselves', ours, {}, issued(theirs)],
      ['by the tokens, wherever ours came from', ours, { provenance: provenance(ours) }, issued(theirs)],
      ['by both', ours, { provenance: provenance(ours) }, issued(theirs, from(theirs))],
      ['by where they came from', undefined, { provenance: provenance(ours) }, issued(undefined, from(theirs))],
    ])('is not taken: %s', async (_what, issuer, more, content) => {
      const accounts = [accountOf('a', { ...alice, issuer, iat: 900, refresh: 'rt-ours' }, more)];
      await withStore(testRoot(), {}, (store) => {
        store.savePool(undefined, { ...store.scope(undefined).pool, accounts });
        expect(syncBack(store, content, 'p')).toEqual({ kind: 'unadoptable', reason: 'other-issuer' });
        expect(refreshesOf(store)).toEqual(['rt-ours']);
      });
    });

    it.each<[string, string | undefined, Partial<Account>, ReturnType<typeof contentOf>]>([
      ['a final slash makes no difference', ours, {}, issued(`${ours}/`)],
      ['our copy does not say', undefined, {}, issued(theirs)],
      ['theirs does not say', ours, {}, issued(undefined)],
      // One of the two came through a proxy in front of the provider.
      ['they came another way', ours, { provenance: provenance('https://p.example') }, issued(ours, from(ours))],
      ['the provider has changed its name', ours, { provenance: provenance(ours) }, issued(theirs, from(ours))],
    ])('is taken as always where that is not known or not so: %s', async (_what, issuer, more, content) => {
      const accounts = [accountOf('a', { ...alice, issuer, iat: 900, refresh: 'rt-ours' }, more)];
      await copiedBack(accounts, content, (store, kind) => {
        expect(kind).toBe('known');
        expect(refreshesOf(store)).toEqual(['rt-file']);
      });
    });
  });

  it('that nobody can adopt changes nothing', async () => {
    const accounts = [accountOf('a', { ...alice, iat: 900, refresh: 'rt-old' })];
    const chimera = contentOf({ tokens: { account_id: 'studio' } });
    await copiedBack(accounts, chimera, (store, kind) => {
      expect(kind).toBe('unadoptable');
      expect(refreshesOf(store)).toEqual(['rt-old']);
    });
    expect(await withStore(testRoot(), {}, (store) => syncBack(store, undefined, undefined))).toEqual({
      kind: 'nothing-there',
    });
  });
});
