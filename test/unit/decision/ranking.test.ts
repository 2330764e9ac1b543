import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/decision/decide.js';
import type { AccountFacts, DecisionRequest } from '../../../src/core/decision/facts.js';
import { account, health, hourMs, now, quota, withoutQuota } from './accounts.js';

function recommended(accounts: readonly AccountFacts[], request: Partial<DecisionRequest> = {}) {
  return decide(accounts, { now, ...request }).recommendation;
}

const ranked = (...accounts: readonly AccountFacts[]) => decide(accounts, { now }).ranking;

const credits = { hasCredits: true, unlimited: false, balance: '12.50' };
const usedUp = (hours: number, rest = {}) => quota({ week: [0, hours], rest });

describe('behind those that are ready', () => {
  const ready = account('ready', 9);
  const reserved = account('reserved', 8, { reservePercent: 70 });
  const onCredits = account('credits', 7, { quota: usedUp(1, { credits }) });
  const soon = account('soon', 6, { quota: usedUp(2) });
  const later = account('later', 5, { quota: usedUp(3) });
  const disabled = account('disabled', 4, { enabled: false });

  it('stand those of which the person keeps the rest, then credits, then who is back first', () => {
    const order = ['ready', 'reserved', 'credits', 'soon', 'later', 'disabled'];
    expect(ranked(disabled, later, soon, onCredits, reserved, ready)).toEqual(order);
    expect(ranked(ready, reserved, onCredits, soon, later, disabled)).toEqual(order);
  });

  it('the one in use comes first of two that are alike, then the order of the list', () => {
    const [one, two, three] = [1, 2, 3].map((index) => account(`a${index}`, index, { enabled: false }));
    if (one === undefined || two === undefined || three === undefined) throw new Error('three accounts');
    expect(ranked(three, two, one)).toEqual(['a1', 'a2', 'a3']);
    expect(ranked(one, two, { ...three, active: true })).toEqual(['a3', 'a1', 'a2']);
  });
});

describe('an account that has nothing but credits', () => {
  const onCredits = account('credits', 1, { quota: usedUp(1, { credits }) });
  const waiting = account('waiting', 2, { quota: usedUp(2) });

  it('is named where nobody is ready, and recommended only where that is allowed', () => {
    const named = { id: 'credits', balance: '12.50' };
    const back = { id: 'credits', availableAt: now + hourMs };
    const asked = decide([waiting, onCredits], { now });
    expect(asked.recommendation).toBeUndefined();
    expect(asked).toMatchObject({ onCredits: named, nextAvailable: back });
    const allowed = decide([waiting, onCredits], { now, allowCredits: true });
    expect(allowed.recommendation).toEqual({ id: 'credits', reason: { code: 'only-credits', balance: '12.50' } });
    expect(allowed).toMatchObject({ onCredits: named, nextAvailable: back });
  });

  it('is not while somebody is ready', () => {
    const decision = decide([onCredits, account('ready', 3)], { now, allowCredits: true });
    expect(decision.recommendation).toEqual({ id: 'ready', reason: { code: 'only-ready' } });
    expect(decision).not.toHaveProperty('onCredits');
    expect(decision).not.toHaveProperty('nextAvailable');
  });

  it('is not made up where there are none', () => {
    expect(recommended([waiting], { allowCredits: true })).toBeUndefined();
    expect(decide([waiting], { now })).not.toHaveProperty('onCredits');
  });

  it('names no balance that is not known', () => {
    const silent = account('credits', 1, { quota: usedUp(1, { credits: { hasCredits: true } }) });
    expect(decide([silent], { now, allowCredits: true })).toMatchObject({
      recommendation: { reason: { code: 'only-credits' } },
      onCredits: { id: 'credits' },
    });
    expect(decide([silent], { now }).onCredits).not.toHaveProperty('balance');
  });
});

describe('the reason is the first rule by which the best differs from the next', () => {
  const week = (left: number, hours: number) => ({ quota: quota({ fiveHours: [80, 3], week: [left, hours] }) });
  const short = (left: number, hours: number) => ({ quota: quota({ fiveHours: [left, hours], week: [60, 100] }) });
  const unlimited = { quota: quota({ rest: { allowed: true } }) };
  const left5h = { windowId: '5h', remainingPercent: 5 };
  const left7d = { windowId: '7d', remainingPercent: 60 };

  it.each<[string, AccountFacts, AccountFacts, object]>([
    ['nobody else is ready', account('a', 1), account('b', 2, { enabled: false }), { code: 'only-ready' }],
    ['the other is kept for last', account('a', 2), account('b', 1, { priority: 'last' }), { code: 'others-last' }],
    [
      'the other is kept for last, whatever its health',
      account('a', 2, { health: health(60) }),
      account('b', 1, { priority: 'last' }),
      { code: 'others-last' },
    ],
    ['it is in better health', account('a', 2), account('b', 1, { health: health(69) }), { code: 'better-health' }],
    [
      'it is in better health, whatever the person prefers',
      account('a', 2),
      account('b', 1, { health: health(60), priority: 'first' }),
      { code: 'better-health' },
    ],
    ['nothing limits it', account('a', 2, unlimited), account('b', 1), { code: 'unlimited' }],
    [
      'it has more headroom',
      account('a', 2),
      account('b', 1, short(5, 3)),
      { code: 'more-headroom', mine: left7d, others: left5h },
    ],
    [
      'it is in use, and the other has no more by enough',
      account('a', 2, { ...short(6, 3), active: true }),
      account('b', 1, short(9, 3)),
      { code: 'already-active' },
    ],
    [
      'it has more headroom, whatever the person prefers',
      account('a', 2),
      account('b', 1, { ...short(5, 3), priority: 'first' }),
      { code: 'more-headroom', mine: left7d, others: left5h },
    ],
    [
      'nobody knows how much the other has',
      account('a', 2),
      withoutQuota(account('b', 1)),
      { code: 'more-headroom', mine: left7d },
    ],
    [
      'nobody knows how much it has, and the other has little',
      withoutQuota(account('a', 2)),
      account('b', 1, short(5, 3)),
      { code: 'more-headroom', others: left5h },
    ],
    [
      'a part of it is not known, and the other has little',
      account('a', 2, { quota: quota({ week: [60, 100], rest: { incomplete: true } }) }),
      account('b', 1, short(5, 3)),
      { code: 'more-headroom', others: left5h },
    ],
    [
      'the person prefers it',
      account('a', 2, { priority: 'first' }),
      account('b', 1, week(90, 10)),
      { code: 'preferred' },
    ],
    [
      'it has more to lose',
      account('a', 2, week(60, 50)),
      account('b', 1, week(60, 100)),
      { code: 'most-to-lose', ...left7d, resetsAt: now + 50 * hourMs },
    ],
    [
      'its window has not begun',
      account('a', 2, short(100, 5)),
      account('b', 1, short(70, 4)),
      { code: 'window-idle', windowId: '5h' },
    ],
    [
      'more is left of its window',
      account('a', 2, short(80, 3)),
      account('b', 1, short(70, 3)),
      { code: 'window-left', windowId: '5h', remainingPercent: 80, resetsAt: now + 3 * hourMs },
    ],
    [
      'it is better in both, and by more in its window',
      account('a', 2, { quota: quota({ fiveHours: [100, 1], week: [60, 99] }) }),
      account('b', 1, { quota: quota({ fiveHours: [30, 4], week: [60, 100] }) }),
      { code: 'window-left', windowId: '5h', remainingPercent: 100, resetsAt: now + hourMs },
    ],
    ['it comes first', account('a', 1), account('b', 2), { code: 'first-in-order' }],
    [
      'it comes first of those of which nothing is known',
      withoutQuota(account('a', 1)),
      withoutQuota(account('b', 2)),
      { code: 'first-in-order' },
    ],
    ['it is in use', account('a', 2, { active: true }), account('b', 1), { code: 'already-active' }],
  ])('%s', (_, best, next, reason) => {
    expect(recommended([best, next])).toEqual({ id: 'a', reason });
    expect(recommended([next, best])).toEqual({ id: 'a', reason });
  });

  it('a conversation comes before the order of the person', () => {
    const accounts = [account('a', 1, { priority: 'first' }), account('b', 2, { priority: 'last' })];
    expect(recommended(accounts, { sessionAccountId: 'b' })).toEqual({ id: 'b', reason: { code: 'keeps-session' } });
  });
});

describe('the account in use stays', () => {
  const inUse = account('a', 1, { active: true, quota: quota({ fiveHours: [80, 3], week: [60, 100] }) });
  const better = account('b', 2, { quota: quota({ fiveHours: [80, 3], week: [60, 90] }) });
  const stays = { id: 'a', reason: { code: 'already-active' } };
  const moves = {
    id: 'b',
    reason: { code: 'most-to-lose', windowId: '7d', remainingPercent: 60, resetsAt: now + 90 * hourMs },
  };
  // By how much `better` is better: (0.6667 / 0.9167 - 0.6 / 0.85) of a hundred.
  const gainPercent = 2.14;

  it.each<[string, Partial<DecisionRequest>, object]>([
    ['not, where another is better', {}, moves],
    ['where another is better by no more than the margin', { switchMarginPercent: gainPercent + 0.01 }, stays],
    ['not, where it is better by more', { switchMarginPercent: gainPercent - 0.01 }, moves],
    ['just after a switch', { dwellUntil: now + 1 }, { id: 'a', reason: { code: 'just-switched' } }],
    ['no longer than that', { dwellUntil: now }, moves],
  ])('%s', (_, request, expected) => {
    expect(recommended([inUse, better], request)).toEqual(expected);
    expect(recommended([better, inUse], request)).toEqual(expected);
  });

  it('and stands before all others', () => {
    const accounts = [better, { ...better, id: 'c', index: 3 }, inUse];
    expect(decide(accounts, { now, switchMarginPercent: 50 }).ranking).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, Partial<AccountFacts>]>([
    ['in poorer health', { health: health(60) }],
    ['kept for last', { priority: 'last' }],
    ['of little headroom', { quota: quota({ fiveHours: [2, 3], week: [60, 100] }) }],
  ])('not when it is %s, by however little', (_, changes) => {
    expect(recommended([{ ...inUse, ...changes }, better], { switchMarginPercent: 500 })?.id).toBe('b');
  });

  it('just after a switch even then, as long as it is ready', () => {
    const dwelling = { dwellUntil: now + 1 };
    expect(recommended([{ ...inUse, health: health(60) }, better], dwelling)?.id).toBe('a');
    expect(recommended([{ ...inUse, enabled: false }, better], dwelling)?.id).toBe('b');
    expect(recommended([inUse, better], { ...dwelling, sessionAccountId: 'b' })?.id).toBe('b');
  });

  it('down to half of the headroom that another one needs', () => {
    const left = (percent: number) => quota({ fiveHours: [percent, 3], week: [60, 100] });
    const headroom = (percent: number, active: boolean) =>
      decide([account('a', 1, { active, quota: left(percent) })], { now }).accounts[0]?.outlook.headroom;
    expect([headroom(10, false), headroom(9.9, false)]).toEqual(['ample', 'little']);
    expect([headroom(5, true), headroom(4.9, true)]).toEqual(['ample', 'little']);
  });
});
