import { expect, test } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import type { Root } from '../../../src/core/storage/root.js';
import { accountOf, testRoot } from '../../support/stored-accounts.js';

const alice = { userId: 'user-alice', accountId: 'acc-home', email: 'alice@example.com' };
const atStudio = { ...alice, accountId: 'acc-studio' };

async function save(root: Root, key: string, accounts: readonly Account[]): Promise<void> {
  await withStore(root, {}, (store) => store.savePool(key, { ...store.scope(key).pool, accounts }));
}

test('a newer token that the pool of one checkout has goes to every workspace that shared the old one', async () => {
  const root = testRoot();
  await save(root, 'project-1', [
    accountOf('home', { ...alice, iat: 1, refresh: 'rt-1' }),
    accountOf('studio', { ...atStudio, iat: 1, refresh: 'rt-1' }),
  ]);
  await save(root, 'checkout-1', [accountOf('old', { ...alice, iat: 2, refresh: 'rt-2' })]);
  const projects = () => [{ key: 'project-1', legacyKeys: ['checkout-1'], onMerged: () => undefined }];
  const merged = await withStore({ ...root, projects }, {}, (store) => store.scope('project-1').pool.accounts);
  expect(merged.map(({ id, tokens }) => `${id} ${tokens.refreshToken?.reveal()}`)).toEqual([
    'home rt-2',
    'studio rt-2',
  ]);
});
