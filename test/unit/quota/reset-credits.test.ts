import { describe, expect, it } from 'vitest';
import { parseResetCredits, spendableCredits } from '../../../src/core/quota/reset-credits.js';
import type { ResetCredits } from '../../../src/core/quota/usage.js';

const now = Date.UTC(2026, 10, 21, 12);

describe('the reset credits of an answer', () => {
  it('are counted in whole numbers that make sense', () => {
    expect(parseResetCredits({ available_count: 2.9, applicable_available_count: '1' })).toEqual({
      availableCount: 2,
      applicableCount: 1,
    });
    expect(parseResetCredits({ available_count: 1e6 })).toEqual({ availableCount: 1e6 });
    expect(parseResetCredits({ available_count: 0 })).toEqual({ availableCount: 0 });
    expect(parseResetCredits({ available_count: 1e6 + 1, applicable_available_count: -1 })).toEqual({});
  });

  it('are listed up to a hundred, each by its id', () => {
    const many = Array.from({ length: 101 }, (_, n) => ({ id: `rc_${n}`, description: 'd' }));
    const { credits } = parseResetCredits({ credits: many }) ?? {};
    expect(credits).toHaveLength(100);
    expect(credits?.at(-1)).toEqual({ id: 'rc_99', description: 'd' });
  });
});

describe('the credits to spend', () => {
  const [soon, later] = [now + 1, now + 2];

  it.each<[string, ResetCredits, object]>([
    ['are those that help now', { availableCount: 3, applicableCount: 1 }, { count: 1 }],
    ['may be none of them', { availableCount: 3, applicableCount: 0 }, { count: 0 }],
    ['are else those there are', { availableCount: 3 }, { count: 3 }],
    ['are else those listed', { credits: [{ id: 'a' }, { id: 'b', status: 'available' }] }, { count: 2 }],
    ['are none where nothing is known', {}, { count: 0 }],
    ['are not those that were spent', { credits: [{ id: 'a', status: 'redeemed' }, { id: 'b' }] }, { count: 1 }],
    ['are not those that have ended', { credits: [{ id: 'a', expiresAt: now }] }, { count: 0 }],
    [
      'end with the first of them',
      { credits: [{ id: 'a', expiresAt: later }, { id: 'b', expiresAt: soon }, { id: 'c' }] },
      { count: 3, expiresAt: soon },
    ],
    [
      'do not end with one that was spent',
      {
        availableCount: 1,
        credits: [
          { id: 'a', status: 'redeemed', expiresAt: soon },
          { id: 'b', expiresAt: later },
        ],
      },
      { count: 1, expiresAt: later },
    ],
  ])('%s', (_, credits, expected) => {
    expect(spendableCredits(credits, now)).toEqual(expected);
  });
});
