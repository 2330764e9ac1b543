import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withStore } from '../../../src/core/logins/with-store.js';
import { readAllScopes, readScope } from '../../../src/core/pools/scope-files.js';
import { scopeFiles } from '../../../src/core/storage/paths.js';
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

describe('an account in two scopes', () => {
  function rootWithCopies(inGlobal: object, inProject: object) {
    const root = testRoot();
    writeJson(root.paths.globalPool, { version: 3, accounts: [inGlobal], activeIndex: 0 });
    writeJson(scopeFiles(root.paths, 'p').pool, { version: 3, accounts: [inProject] });
    return root;
  }
  const shown = ({ paths }: ReturnType<typeof testRoot>) =>
    readAllScopes(paths).map(({ pool }) => pool.accounts.map(({ tokens }) => tokens.refreshToken?.reveal()));
  const stored = ({ paths }: ReturnType<typeof testRoot>) =>
    [paths.globalPool, scopeFiles(paths, 'p').pool].map((path) => (readJson(path)['accounts'] as unknown[]).length);
  const settle = (root: ReturnType<typeof testRoot>) => withStore(root, {}, () => undefined);

  it('because a move was cut short is where it went, with the newest tokens of either', async () => {
    for (const [iatBefore, iatAfter] of [
      [1, 1],
      [9, 1],
      [1, 9],
    ] as const) {
      const root = rootWithCopies(
        record(iatBefore, { movedAt: 3 }),
        record(iatAfter, { movedAt: 5, movedFrom: 'global' }),
      );
      const newest = `rt-${Math.max(iatBefore, iatAfter)}`;
      expect(shown(root)).toEqual([[], [newest]]);
      expect(readAllScopes(root.paths)[0]?.pool).not.toHaveProperty('activeId');
      await settle(root);
      expect(stored(root)).toEqual([0, 1]);
      expect(shown(root)).toEqual([[], [newest]]);
    }
  });

  it('that no move explains is left to fix', async () => {
    for (const [inGlobal, inProject] of [
      [{}, {}],
      [{ movedAt: 5 }, { movedAt: 9 }],
      [{ movedAt: 9 }, { movedAt: 5, movedFrom: 'global' }],
      [{}, { movedAt: 5, movedFrom: 'elsewhere' }],
      [{}, { movedAt: 5, movedFrom: 'global', accountId: 'acc-2' }],
    ] as const) {
      const root = rootWithCopies(record(1, inGlobal), record(2, inProject));
      await settle(root);
      expect(stored(root)).toEqual([1, 1]);
    }
  });

  it('is one in the flagged files, too, and with it set aside in the one and usable in the other', async () => {
    const root = rootWithCopies(record(1, {}), { ...record(1, {}), recordId: 'y', accountId: 'acc-2' });
    const flagged = { ...record(1, { movedAt: 5, movedFrom: 'global' }), flaggedAt: 5, flaggedReason: 'manual' };
    writeJson(scopeFiles(root.paths, 'p').flagged, { version: 1, accounts: [flagged] });
    await settle(root);
    expect(stored(root)).toEqual([0, 1]);
    expect(readJson(scopeFiles(root.paths, 'p').flagged)).toMatchObject({ accounts: [{ recordId: 'x' }] });
  });

  it('keeps aside a login that only the copy has which goes', async () => {
    const other = { ...record(1, {}), refreshToken: 'rt-of-another-tool' };
    const root = rootWithCopies(other, record(9, { movedAt: 5, movedFrom: 'global' }));
    await settle(root);
    const kept = readdirSync(root.paths.kept).map((name) => readJson(join(root.paths.kept, name)));
    expect(kept).toMatchObject([{ accounts: [{ recordId: 'x', refreshToken: 'rt-of-another-tool' }] }]);
    expect(shown(root)).toEqual([[], ['rt-9']]);
  });
});
