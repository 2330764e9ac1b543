import { expect, it } from 'vitest';
import {
  emptyPool,
  wasRemoved,
  withAccount,
  withActive,
  withoutAccount,
  withoutTombstone,
  withTombstone,
} from '../../../src/core/accounts/pool.js';
import { accountOf } from '../../support/stored-accounts.js';

const [a, b] = [accountOf('a'), accountOf('b')];
const pool = withAccount(withAccount(emptyPool, a), b);

it('an account is replaced in its place, or comes last', () => {
  const changed = withAccount(pool, { ...a, label: 'x' });
  expect(changed.accounts.map(({ id, label }) => [id, label])).toEqual([
    ['a', 'x'],
    ['b', undefined],
  ]);
  expect(withoutAccount(changed, 'a').accounts.map(({ id }) => id)).toEqual(['b']);
});

it('choosing remembers the choice before, and choosing the same again does not', () => {
  const first = withActive({ ...pool, activeIdByFamily: { codex: 'a' } }, 'a');
  expect(first).not.toHaveProperty('previousId');
  const second = withActive(withActive(first, 'b'), 'b');
  expect(second).toMatchObject({ activeId: 'b', previousId: 'a', activeIdByFamily: { codex: 'b' } });
  expect(withActive(second, 'a')).toMatchObject({ activeId: 'a', previousId: 'b' });
});

it('a removal is remembered once, for that workspace only, until the account comes back', () => {
  const home = { userId: 'alice', accountId: 'home', email: 'alice@example.com' };
  const studio = { ...home, accountId: 'studio' };
  const removed = withTombstone(withTombstone(pool, home, 1), home, 2);
  expect(removed.removed).toEqual([{ ...home, removedAt: 2 }]);
  expect([wasRemoved(removed, home), wasRemoved(removed, studio)]).toEqual([true, false]);
  expect(withoutTombstone(removed, studio)).toBe(removed);
  expect(wasRemoved(withoutTombstone(removed, home), home)).toBe(false);
});
