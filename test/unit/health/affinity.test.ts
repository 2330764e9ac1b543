import { describe, expect, it } from 'vitest';
import { type AffinityTable, dropExpired, lookup, readAffinity, touch } from '../../../src/core/health/affinity.js';

const limits = { ttlMs: 20 * 60_000, maxEntries: 512 };
const now = Date.UTC(2026, 10, 21, 12);

describe('a conversation keeps its account', () => {
  const table = touch({}, 'session-1', 'acc_a', now, limits);

  it.each([
    ['at once', now, 'acc_a'],
    ['within the time to live', now + limits.ttlMs - 1, 'acc_a'],
    ['but not beyond', now + limits.ttlMs, undefined],
    ['nor by a clock that was far ahead', now - limits.ttlMs, undefined],
  ])('%s', (_, at, expected) => {
    expect(lookup(table, 'session-1', at, limits)).toBe(expected);
  });

  it('longer with every use', () => {
    const later = touch(table, 'session-1', 'acc_a', now + limits.ttlMs - 1, limits);
    expect(lookup(later, 'session-1', now + limits.ttlMs, limits)).toBe('acc_a');
  });

  it('until it moves to another', () => {
    expect(lookup(touch(table, 'session-1', 'acc_b', now, limits), 'session-1', now, limits)).toBe('acc_b');
  });
});

it('other conversations are not affected', () => {
  const table = touch(touch({}, 'session-1', 'acc_a', now, limits), 'session-2', 'acc_b', now, limits);
  expect(lookup(table, 'session-1', now, limits)).toBe('acc_a');
  expect(lookup(table, 'session-2', now, limits)).toBe('acc_b');
  expect(lookup(table, 'session-3', now, limits)).toBeUndefined();
});

it('the oldest goes first when the table is full', () => {
  let table: AffinityTable = {};
  for (let n = 0; n < limits.maxEntries; n++) table = touch(table, `session-${n}`, 'acc_a', now + n, limits);
  table = touch(table, 'session-0', 'acc_a', now + 600, limits);
  table = touch(table, 'one-more', 'acc_b', now + 601, limits);
  expect(Object.keys(table)).toHaveLength(limits.maxEntries);
  expect(lookup(table, 'session-0', now + 601, limits)).toBe('acc_a');
  expect(lookup(table, 'session-1', now + 601, limits)).toBeUndefined();
  expect(lookup(table, 'session-2', now + 601, limits)).toBe('acc_a');
  expect(lookup(table, 'one-more', now + 601, limits)).toBe('acc_b');
});

it('and so it does where a clock was set back in between', () => {
  const later = touch({}, 'session-1', 'acc_a', now + 2, limits);
  const earlier = touch(later, 'session-2', 'acc_b', now, limits);
  const table = touch(earlier, 'session-3', 'acc_c', now + 3, { ...limits, maxEntries: 2 });
  expect(Object.values(table).map(({ accountId }) => accountId)).toEqual(['acc_c', 'acc_a']);
});

it('expired conversations leave the table', () => {
  const table = touch(touch({}, 'session-1', 'acc_a', now, limits), 'session-2', 'acc_b', now + limits.ttlMs, limits);
  expect(Object.keys(table)).toHaveLength(1);
});

it('expired conversations can be dropped without a new one', () => {
  const table = touch(touch({}, 'session-1', 'acc_a', now, limits), 'session-2', 'acc_b', now + 1, limits);
  const left = dropExpired(table, now + limits.ttlMs, limits);
  expect(Object.values(left)).toEqual([{ accountId: 'acc_b', at: now + 1 }]);
});

it('a table without room still holds the conversation at hand', () => {
  const none = { ...limits, maxEntries: 0 };
  const table = touch(touch({}, 'session-1', 'acc_a', now, limits), 'session-2', 'acc_b', now, none);
  expect(Object.values(table)).toEqual([{ accountId: 'acc_b', at: now }]);
});

it('the stored table names no session and survives the way through a file', () => {
  const table = touch({}, 'session-very-private', 'acc_a', now, limits);
  const stored = JSON.stringify(table);
  expect(stored).not.toContain('private');
  expect(lookup(readAffinity(JSON.parse(stored)), 'session-very-private', now, limits)).toBe('acc_a');
});

it.each(['__proto__', 'constructor', ''])('a session called %j is like any other', (sessionId) => {
  expect(lookup({}, sessionId, now, limits)).toBeUndefined();
  expect(lookup(touch({}, sessionId, 'acc_a', now, limits), sessionId, now, limits)).toBe('acc_a');
});
