import { describe, expect, it } from 'vitest';
import { type Pool, wasRemoved, withActive, withoutAccount, withTombstone } from '../../../src/core/accounts/pool.js';
import { decodeFlagged, decodePool, encodeFlagged, encodePool } from '../../../src/core/pools/pool-codec.js';

const records = ['a', 'b', 'c'].map((recordId) => ({ recordId, refreshToken: `rt-${recordId}` }));

function poolOf(json: unknown): Pool {
  const decoded = decodePool(json);
  if (decoded.kind !== 'ok') throw new Error(`not read: ${JSON.stringify(decoded)}`);
  return decoded.value;
}

const written = (json: unknown, change: (pool: Pool) => Pool = (pool) => pool) => encodePool(change(poolOf(json)));

describe('what is no pool', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'malformed'],
    ['a list', [], 'malformed'],
    ['an empty object', {}, 'malformed'],
    ['accounts that are no list', { version: 3, accounts: {} }, 'malformed'],
    ['no accounts', { version: 3 }, 'malformed'],
    ['a version that is no number', { version: 'three', accounts: [] }, 'malformed'],
    ['no version where there should be one', { version: null, accounts: [] }, 'malformed'],
    ['a version that nobody wrote', { version: 2, accounts: [] }, 'malformed'],
    ['a newer version', { version: 4, accounts: [] }, 'newer-version'],
    ['a newer version as text', { version: '4', accounts: [] }, 'newer-version'],
    ['a slightly newer version', { version: 3.1, accounts: [] }, 'newer-version'],
  ])('refuses %s', (_what, json, kind) => {
    expect(decodePool(json).kind).toBe(kind);
  });

  it('refuses a flagged file in the same way', () => {
    expect(decodeFlagged([]).kind).toBe('malformed');
    expect(decodeFlagged({ version: 1 }).kind).toBe('malformed');
    expect(decodeFlagged({ version: 2, accounts: [] }).kind).toBe('newer-version');
    expect(decodeFlagged({ accounts: [] }).kind).toBe('ok');
  });
});

describe('the choice', () => {
  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['the position in a pool of another tool', { activeIndex: 1 }, 'b'],
    ['a position in words', { activeIndex: '2' }, 'c'],
    ['no position', {}, undefined],
    ['a position that is not there', { activeIndex: 9 }, undefined],
    ['a position before the first', { activeIndex: -1 }, undefined],
    ['an id that is not there', { activeId: 'gone', activeIndex: 1 }, 'b'],
  ])('is read from %s', (_what, choice, expected) => {
    expect(poolOf({ version: 3, accounts: records, ...choice }).activeId).toBe(expected);
  });

  it('counts positions where the file has them, odd entries included', () => {
    const accounts = [null, records[0], 'odd', records[1]];
    const json = { version: 3, accounts, activeIndex: 3, activeIndexByFamily: { codex: 1 } };
    expect(poolOf(json)).toMatchObject({ activeId: 'b', activeIdByFamily: { codex: 'a' } });
    expect(written(json)).toMatchObject({ activeIndex: 1, activeIndexByFamily: { codex: 0 }, activeId: 'b' });
  });

  const ours = () => written({ version: 3, accounts: records }, (pool) => withActive(pool, 'b'));

  it('is written as a position for other tools', () => {
    expect(ours()).toMatchObject({ activeId: 'b', activeIndex: 1, activeIndexWritten: 1 });
  });

  it('follows another tool that moved the position', () => {
    expect(poolOf({ ...ours(), activeIndex: 2 }).activeId).toBe('c');
  });

  it('stays when another tool has put the accounts in another order', () => {
    const reordered = [records[2], records[1], records[0]];
    expect(poolOf({ ...ours(), accounts: reordered, activeIndex: 0 }).activeId).toBe('b');
  });

  it('follows another tool that removed the account which was our choice', () => {
    expect(poolOf({ ...ours(), accounts: [records[0], records[2]], activeIndex: 1 }).activeId).toBe('c');
  });

  it('stays when another tool has dropped the position', () => {
    const { activeIndex: _, ...rest } = ours();
    expect(poolOf(rest).activeId).toBe('b');
  });

  it('is nobody after the account was removed, although a position has to be written', () => {
    const file = encodePool(withoutAccount(poolOf(ours()), 'b'));
    expect(file).toMatchObject({ activeIndex: 0 });
    expect(file).not.toHaveProperty('activeId');
    expect(poolOf(file).activeId).toBeUndefined();
  });

  it('covers every model family, and remembers what was chosen before', () => {
    const json = { version: 3, accounts: records, activeIndex: 0, activeIndexByFamily: { codex: 0, mini: '2' } };
    const file = written(json, (pool) => withActive(pool, 'b'));
    expect(file).toMatchObject({ activeIndexByFamily: { codex: 1, mini: 1 }, previousId: 'a' });
  });

  it('keeps families that it could not read', () => {
    const families = { codex: 0, odd: { x: 1 }, far: 17, none: null };
    const file = written({ version: 3, accounts: records, activeIndexByFamily: families });
    expect(file['activeIndexByFamily']).toEqual(families);
  });
});

describe('version 1', () => {
  it('becomes version 3 with everything that was in it', () => {
    const json = {
      accounts: [
        { refreshToken: 'rt', rateLimitResetTime: 5, mine: 1 },
        { refreshToken: 'rt-2', rateLimitResetTime: null, rateLimitResetTimes: { mini: 7 } },
        { refreshToken: 'rt-3', rateLimitResetTime: 9, rateLimitResetTimes: 'odd' },
        'odd',
      ],
      activeIndex: 1,
      theirs: true,
    };
    expect(decodePool(json)).toMatchObject({ kind: 'ok', migratedFrom: 1 });
    const file = written(json);
    expect(file).toMatchObject({ version: 3, theirs: true, activeIndex: 1 });
    expect(file['accounts']).toMatchObject([
      { refreshToken: 'rt', rateLimitResetTimes: { codex: 5 }, mine: 1 },
      { refreshToken: 'rt-2', rateLimitResetTimes: { codex: null, mini: 7 } },
      { refreshToken: 'rt-3', rateLimitResetTime: 9, rateLimitResetTimes: 'odd' },
      'odd',
    ]);
    expect(decodePool(file)).not.toHaveProperty('migratedFrom');
  });
});

describe('removals', () => {
  it('are remembered, also those of another spelling and those that cannot be read', () => {
    const removed = [
      { email: 'A@example.com', removedAt: '5', note: 'x' },
      'odd',
      { removedAt: null, email: 'b@example.com' },
    ];
    const json = { version: 3, accounts: [], removed };
    const pool = poolOf(json);
    expect(wasRemoved(pool, { email: 'a@example.com' })).toBe(true);
    expect(wasRemoved(pool, { email: 'b@example.com' })).toBe(true);
    expect(written(json)['removed']).toEqual(removed);
    const more = written(json, (before) => withTombstone(before, { userId: 'u', accountId: 'a' }, 9));
    expect(more['removed']).toEqual([...removed, { userId: 'u', accountId: 'a', removedAt: 9 }]);
  });
});

describe('records', () => {
  it('that share an id are told apart, the same way at every read', () => {
    const json = { version: 3, accounts: [{ recordId: 'x' }, { recordId: 'x' }, { recordId: 'x-2' }] };
    const ids = poolOf(json).accounts.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(poolOf(json).accounts.map(({ id }) => id)).toEqual(ids);
    expect(poolOf(written(json)).accounts.map(({ id }) => id)).toEqual(ids);
  });

  it('of a flagged file keep what they had, and so does the file', () => {
    const json = { version: 1, accounts: [{ recordId: 'x', flaggedReason: 'r', odd: 1 }, 7], theirs: [1] };
    const decoded = decodeFlagged(json);
    expect(decoded.kind === 'ok' && encodeFlagged(decoded.value)).toEqual(json);
  });
});
