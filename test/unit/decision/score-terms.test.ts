import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/decision/decide.js';
import type { AccountFacts } from '../../../src/core/decision/facts.js';
import { scoreTerms } from '../../../src/core/decision/ranking.js';
import { account, health, now, quota, withoutQuota } from './accounts.js';

/** `name points because`, a line for each part. */
function terms(facts: AccountFacts, sessionAccountId = 'nobody'): string[] {
  return decide([facts], { now, sessionAccountId })
    .accounts.flatMap((decided) => scoreTerms(decided))
    .map(({ name, points, because }) => `${name} ${points} ${because}`);
}

describe('the parts of a score', () => {
  it('say what each is for', () => {
    expect(terms(account('a', 1))).toEqual([
      'ready 10 it can be used now',
      'order 150 not kept for last',
      'health 80 healthy (health 100)',
      'headroom 16 nothing tighter than 60% left of its 7d window',
      'lapse 0.7059 60% left of its 7d window and 100h until it resets: 0.6% an hour would use it all',
      'window 0.52 80% left of its 5h window, full again in 3h of 5h',
    ]);
  });

  it('name the conversation and the choice of the person', () => {
    const preferred = terms(account('a', 1, { priority: 'first' }), 'a');
    expect(preferred).toContain('session 300 the conversation runs on it and it is healthy');
    expect(preferred).toContain('preferred 4 preferred by you');
    const last = terms(account('a', 1, { priority: 'last', health: health(60) }), 'a');
    expect(last).toContain('order 0 kept for last by you');
    expect(last).toContain('health 40 degraded (health 60)');
    expect(last.join()).not.toMatch(/session|preferred/);
  });

  it('do not exist where the account is not ready', () => {
    expect(terms(account('a', 1, { enabled: false }))).toEqual([]);
    expect(terms(account('a', 1, { quota: quota({ fiveHours: [0, 3] }) }))).toEqual([]);
  });

  it.each<[string, AccountFacts, string]>([
    ['unlimited', account('a', 1, { quota: quota({ rest: { allowed: true } }) }), '24 nothing limits it'],
    ['unknown', withoutQuota(account('a', 1)), '8 what is left is not known'],
    [
      'unknown beside a window that is known',
      account('a', 1, { quota: quota({ fiveHours: [80, 3], rest: { incomplete: true } }) }),
      '8 what is left is not known',
    ],
    ['little', account('a', 1, { quota: quota({ fiveHours: [4, 3] }) }), '0 only 4% left of its 5h window'],
  ])('of an account whose headroom is %s', (_, facts, expected) => {
    expect(terms(facts)).toContain(`headroom ${expected}`);
  });

  it.each<[string, AccountFacts, string | undefined]>([
    ['of nothing that is known', withoutQuota(account('a', 1)), undefined],
    [
      'of a window without a reset',
      account('a', 1, {
        quota: quota({
          rest: { windows: [{ id: '7d', durationSeconds: 604_800, usedPercent: 16, remainingPercent: 84 }] },
        }),
      }),
      '0.6667 84% left of its 7d window and no reset is named: 0.5% an hour would use it all',
    ],
    [
      'of a window whose short ones have been counted',
      account('a', 1, { ratio: { short: '5h', long: '7d', shortPercent: 155, longPercent: 10 } }),
      '0.7826 60% left of its 7d window and 100h until it resets: 0.6% an hour would use it all, and it holds about 15 windows of 5h',
    ],
    [
      'of a window that resets within the minute',
      account('a', 1, { quota: quota({ week: [60, 0.01] }) }),
      '0.9917 60% left of its 7d window and 0h until it resets: 30% an hour would use it all',
    ],
  ])('tell what would be lost %s', (_, facts, expected) => {
    const lapse = terms(facts).filter((term) => term.startsWith('lapse'));
    expect(lapse).toEqual(expected === undefined ? [] : [`lapse ${expected}`]);
  });

  it.each<[string, AccountFacts, string | undefined]>([
    ['of nothing that is known', withoutQuota(account('a', 1)), undefined],
    [
      'of a window that nobody has used yet',
      account('a', 1, { quota: quota({ fiveHours: [100, 5], week: [60, 100] }) }),
      '0.67 its 5h window is full and starts with the first use',
    ],
    [
      'of a window without a reset',
      account('a', 1, {
        quota: quota({
          rest: { windows: [{ id: '5h', durationSeconds: 18_000, usedPercent: 20, remainingPercent: 80 }] },
        }),
      }),
      '0.6 80% left of its 5h window',
    ],
    [
      'of a window without a length',
      account('a', 1, {
        quota: quota({
          rest: { windows: [{ id: 'unknown', usedPercent: 20, remainingPercent: 80, resetsAt: now + 5_400_000 }] },
        }),
      }),
      '0.6 80% left of its window of unknown length',
    ],
  ])('tell how the short window stands %s', (_, facts, expected) => {
    const window = terms(facts).filter((term) => term.startsWith('window'));
    expect(window).toEqual(expected === undefined ? [] : [`window ${expected}`]);
  });
});
