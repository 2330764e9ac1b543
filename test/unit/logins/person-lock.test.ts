import { expect, it } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import { withPersonLock } from '../../../src/core/logins/person-lock.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import type { Root } from '../../../src/core/storage/root.js';
import { accountOf, testRoot } from '../../support/stored-accounts.js';

/** Whether the second account has to wait while the first one's lock is held. */
async function excludeEachOther(root: Root, first: Account, second: Account): Promise<boolean> {
  let isInside = false;
  let overlapped = false;
  const enter = async () => {
    overlapped ||= isInside;
    isInside = true;
    await root.clock.sleep(60);
    isInside = false;
  };
  await Promise.all([first, second].map((account) => withPersonLock(root, account, {}, enter)));
  return !overlapped;
}

const home = accountOf('a', { userId: 'alice', accountId: 'home', refresh: 'rt-1' });
const studio = accountOf('b', { userId: 'alice', accountId: 'studio', refresh: 'rt-2' });
const bob = accountOf('c', { userId: 'bob', accountId: 'studio', refresh: 'rt-3' });
const nameless = { ...accountOf('d', { refresh: 'rt-1' }), tokens: { ...home.tokens, generation: 0 } };

it.each<[string, Account, Account, boolean]>([
  ['two workspaces of one person', home, studio, true],
  ['two members of one workspace', studio, bob, false],
  ['two records that nobody can name, with one token', nameless, { ...nameless, id: 'e' }, true],
  ['a nameless record and one with another token', nameless, bob, false],
])('%s', async (_who, first, second, expected) => {
  expect(await excludeEachOther(testRoot(), first, second)).toBe(expected);
});

it('a record that does not say whose it is waits for the person whose token it shares', async () => {
  const root = testRoot();
  await withStore(root, {}, (store) => {
    store.savePool(undefined, { ...store.scope(undefined).pool, accounts: [home, nameless] });
  });
  expect(await excludeEachOther(root, home, nameless)).toBe(true);
});

it('is not taken in a root of another user', async () => {
  const root = testRoot();
  await withStore(root, {}, () => undefined);
  const stranger = { ...root, effectiveUserId: (root.effectiveUserId ?? 0) + 1 };
  await expect(withPersonLock(stranger, home, {}, async () => undefined)).rejects.toMatchObject({
    code: 'storage-wrong-owner',
  });
});
