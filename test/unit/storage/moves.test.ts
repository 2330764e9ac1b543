import { expect, it } from 'vitest';
import { readScope } from '../../../src/core/storage/scope-files.js';
import { withStore } from '../../../src/core/storage/store.js';
import { readJson, testRoot, writeJson } from '../../support/stored-accounts.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const person = { userId: 'user-1', accountId: 'acc-1', email: 'a@example.com' };
const record = (iat: number, more: object) => ({
  recordId: 'x',
  ...person,
  refreshToken: `rt-${iat}`,
  accessToken: tokenFor({ ...person, iat }),
  ...more,
});

function rootWith(inPool: object, inFlagged: object) {
  const root = testRoot();
  writeJson(root.paths.globalPool, { version: 3, accounts: [inPool] });
  writeJson(root.paths.globalFlagged, { version: 1, accounts: [inFlagged] });
  return root;
}

const shownIn = ({ paths }: ReturnType<typeof testRoot>) => {
  const { pool, flagged } = readScope(paths, undefined);
  const shown = (accounts: typeof pool.accounts) =>
    accounts.map(({ id, tokens }) => [id, tokens.refreshToken?.reveal()]);
  return { pool: shown(pool.accounts), flagged: shown(flagged.accounts) };
};

it.each<[string, object, object, object]>([
  ['the pool, when it moved there last', { movedAt: 9 }, { movedAt: 5 }, { pool: [['x', 'rt-1']], flagged: [] }],
  ['the flagged file, when it moved there last', {}, { movedAt: 5 }, { pool: [], flagged: [['x', 'rt-1']] }],
  ['the pool, when nobody knows', {}, {}, { pool: [['x', 'rt-1']], flagged: [] }],
])('an account in both files is in %s', (_where, inPool, inFlagged, expected) => {
  expect(shownIn(rootWith(record(1, inPool), record(1, inFlagged)))).toEqual(expected);
});

it.each<[string, number, number]>([
  ['the pool', 9, 5],
  ['the flagged file', 5, 9],
])('it keeps the newest tokens of either, wherever it stays: newest in %s', async (_where, poolIat, flaggedIat) => {
  for (const inFlagged of [{}, { movedAt: 7 }]) {
    const root = rootWith(record(poolIat, {}), record(flaggedIat, inFlagged));
    const before = shownIn(root);
    expect([...before.pool, ...before.flagged]).toEqual([['x', 'rt-9']]);

    await withStore(root, {}, () => undefined);
    const files = [readJson(root.paths.globalPool), readJson(root.paths.globalFlagged)];
    expect(files.flatMap(({ accounts }) => accounts)).toMatchObject([{ recordId: 'x', refreshToken: 'rt-9' }]);
    expect(shownIn(root)).toEqual(before);
  }
});

it('finishing a move writes nothing where there is none to finish', async () => {
  const root = rootWith(record(1, {}), { ...record(1, {}), recordId: 'y', accountId: 'acc-2' });
  const before = readScope(root.paths, undefined);
  await withStore(root, {}, () => undefined);
  expect(readScope(root.paths, undefined)).toEqual(before);
});

it('two accounts that only share a record id both stay, and are told apart', () => {
  const other = { recordId: 'x', userId: 'user-2', accountId: 'acc-1', refreshToken: 'rt-other' };
  expect(shownIn(rootWith(record(1, {}), other))).toEqual({
    pool: [['x', 'rt-1']],
    flagged: [['x-flagged', 'rt-other']],
  });
});
