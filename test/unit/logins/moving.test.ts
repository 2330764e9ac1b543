import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Pool, withAccount } from '../../../src/core/accounts/pool.js';
import { flagAccount } from '../../../src/core/logins/flagging.js';
import { type Move, moveAccount } from '../../../src/core/logins/moving.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { readAllScopes } from '../../../src/core/pools/scope-files.js';
import type { Store } from '../../../src/core/pools/store.js';
import { scopeFiles } from '../../../src/core/storage/paths.js';
import { accountOf, clockAt, testRoot } from '../../support/stored-accounts.js';

const now = 1_000_000;
const alice = accountOf(
  'a',
  { userId: 'alice', accountId: 'home' },
  { label: 'work', enabled: false, movedAt: now + 5 },
);
const bob = accountOf('b', { userId: 'bob', accountId: 'home', refresh: 'rt-bob' });

function addTo(store: Store, key: string | undefined, more: Partial<Pool> = {}, accounts = [alice, bob]): void {
  const pool = accounts.reduce(withAccount, store.scope(key).pool);
  store.savePool(key, { ...pool, ...more });
}

const fromProject = (accountId: string) => ({ accountId, from: 'p', to: undefined });

const idsIn = (root: ReturnType<typeof testRoot>) =>
  readAllScopes(root.paths).map(({ key, pool, flagged }) => [
    key,
    pool.accounts.map(({ id }) => id),
    flagged.accounts.map(({ id }) => id),
  ]);

it('takes an account to another scope with everything it has, and forgets that it was chosen', async () => {
  const root = testRoot(clockAt(now));
  const moved = await withStore(root, {}, (store) => {
    addTo(store, undefined, { activeId: 'a', previousId: 'b' });
    return moveAccount(store, { accountId: 'a', from: undefined, to: 'p' });
  });
  expect(moved).toMatchObject({ kind: 'moved', isSetAside: false, index: 1 });
  expect(idsIn(root)).toEqual([
    [undefined, ['b'], []],
    ['p', ['a'], []],
  ]);
  const [global, project] = readAllScopes(root.paths);
  expect(project?.pool.accounts[0]).toMatchObject({
    label: 'work',
    enabled: false,
    // Later than its last move, however the clock stands.
    movedAt: now + 6,
    movedFrom: 'global',
  });
  expect(global?.pool).not.toHaveProperty('activeId');
  expect(global?.pool.previousId).toBe('b');
  expect(project?.pool).not.toHaveProperty('activeId');
});

it('takes an account that is set aside to where it stays set aside, there and back', async () => {
  const root = testRoot(clockAt(now));
  await withStore(root, {}, (store) => {
    addTo(store, 'p');
    flagAccount(store, 'a', { reason: 'manual' });
    expect(moveAccount(store, fromProject('a'))).toMatchObject({ kind: 'moved', isSetAside: true });
  });
  expect(idsIn(root)).toEqual([
    [undefined, [], ['a']],
    ['p', ['b'], []],
  ]);
  await withStore(root, {}, (store) => void moveAccount(store, { accountId: 'a', from: undefined, to: 'p' }));
  expect(idsIn(root)).toEqual([
    [undefined, [], []],
    ['p', ['b'], ['a']],
  ]);
});

it('forgets that the account was removed where it arrives', async () => {
  const root = testRoot();
  await withStore(root, {}, (store) => {
    addTo(store, 'p');
    addTo(store, undefined, { removed: [{ userId: 'alice', accountId: 'home', removedAt: 1 }] }, []);
    moveAccount(store, fromProject('a'));
    flagAccount(store, 'b', { reason: 'manual' });
    addTo(store, undefined, { removed: [{ userId: 'bob', accountId: 'home', removedAt: 1 }] }, []);
    moveAccount(store, fromProject('b'));
  });
  expect(readAllScopes(root.paths)[0]?.pool.removed).toEqual([]);
});

it.each<[string, string, string | undefined, Move['kind'], (store: Store) => void]>([
  ['it is there already', 'a', 'p', 'there-already', () => undefined],
  ['nobody has it any more', 'z', undefined, 'gone', () => undefined],
  [
    'another record of it is there',
    'a',
    undefined,
    'double',
    (store) => addTo(store, undefined, {}, [{ ...alice, id: 'other' }]),
  ],
  [
    'somebody else has its id there',
    'a',
    undefined,
    'double',
    (store) => addTo(store, undefined, {}, [{ ...bob, id: 'a' }]),
  ],
])('changes nothing when %s', async (_why, id, to, kind, plant) => {
  const root = testRoot();
  await withStore(root, {}, (store) => {
    addTo(store, 'p');
    plant(store);
  });
  const before = idsIn(root);
  expect(await withStore(root, {}, (store) => moveAccount(store, { accountId: id, from: 'p', to }).kind)).toBe(kind);
  expect(idsIn(root)).toEqual(before);
});

it('makes no files where nothing arrives', async () => {
  const root = testRoot();
  await withStore(root, {}, (store) => void moveAccount(store, { accountId: 'a', from: undefined, to: 'p' }));
  expect(existsSync(scopeFiles(root.paths, 'p').pool)).toBe(false);
});
