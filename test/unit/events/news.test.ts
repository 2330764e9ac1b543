import { describe, expect, it } from 'vitest';
import { eventIn, eventSchemas } from '../../../src/core/events/event.js';
import { emptyMemory } from '../../../src/core/events/memory.js';
import { type AccountSight, creditNoticeMs, type HomeSight, newsIn } from '../../../src/core/events/news.js';

const noon = Date.UTC(2026, 10, 21, 12);
const hourMs = 3_600_000;
const rules = { lowPercent: 10 };
const alice = { id: 'acc_a', name: 'alice@example.com' };
const bob = { id: 'acc_b', name: 'bob@example.com' };
const inUse = (remainingPercent: number, resetsAt = noon + hourMs) => ({
  windows: [{ id: '5h', remainingPercent, resetsAt }],
});

type Look = readonly [hours: number, accounts: readonly AccountSight[], homes?: readonly HomeSight[]];

/** One look after the other; what each of them is told as `name: who`. */
function told(...looks: readonly Look[]): string[][] {
  let memory = emptyMemory;
  return looks.map(([hours, accounts, homes = []]) => {
    const news = newsIn({ at: noon + hours * hourMs, accounts, homes }, memory, rules);
    // As it would come back from the disk.
    memory = JSON.parse(JSON.stringify(news.memory));
    for (const event of news.events) expect(eventSchemas[event.name].safeParse(event).error).toBeUndefined();
    expect(news.events.map((event) => eventIn(JSON.parse(JSON.stringify(event))))).toEqual(news.events);
    return news.events.map(({ name, accounts: about }) => `${name}: ${about.map(({ id }) => id).join(' ')}`);
  });
}

describe('what is told', () => {
  it('a low window, once for each of its periods', () => {
    const nextReset = noon + 6 * hourMs;
    expect(
      told(
        [0, [{ ...alice, ...inUse(40) }]],
        [0.1, [{ ...alice, ...inUse(10) }]],
        [0.2, [{ ...alice, ...inUse(8) }]],
        // The quota hovers around the threshold.
        [0.3, [{ ...alice, ...inUse(12) }]],
        [0.4, [{ ...alice, ...inUse(9) }]],
        [2, [{ ...alice, ...inUse(5, nextReset) }]],
        [2.1, [{ ...alice, ...inUse(90, nextReset) }]],
        [2.2, [{ ...alice, ...inUse(3, nextReset) }]],
      ),
    ).toEqual([[], ['quota-low: acc_a'], [], [], [], ['quota-low: acc_a'], [], ['quota-low: acc_a']]);
  });

  it('the end of the quota and its return, and nothing while nobody knows', () => {
    const empty = { ...alice, exhausted: { availableAt: noon + hourMs }, ...inUse(0) };
    expect(
      told([0, [empty]], [0.1, [empty]], [1.1, [alice]], [1.2, [{ ...alice, ...inUse(100) }]], [1.3, [empty]]),
    ).toEqual([['exhausted: acc_a'], [], [], ['available-again: acc_a'], ['exhausted: acc_a']]);
  });

  it('setting aside and coming back, for all that it happened to at once', () => {
    const aside = (who: AccountSight) => ({ ...who, setAside: 'its token was revoked' });
    expect(
      told(
        [0, [alice, bob]],
        [1, [aside(alice), aside(bob)]],
        [2, [aside(alice), aside(bob)]],
        [3, [alice, aside(bob)]],
        [4, []],
        [5, [bob]],
      ),
    ).toEqual([[], ['set-aside: acc_a acc_b'], [], ['restored: acc_a'], [], []]);
  });

  it('apart from each other what has different reasons', () => {
    const needs = (who: AccountSight, reason: string) => ({ ...who, signInNeeded: reason });
    expect(told([0, [needs(alice, 'one'), needs(bob, 'another')]], [1, [needs(alice, 'a third')]])).toEqual([
      ['sign-in-needed: acc_a', 'sign-in-needed: acc_b'],
      [],
    ]);
  });

  it('a login that has moved, and not the one that is there at the first look', () => {
    const at = (accountId?: string): HomeSight => ({ home: '/h', ...(accountId === undefined ? {} : { accountId }) });
    const both = [alice, bob];
    expect(
      told([0, both, [at('acc_a')]], [1, both, [at('acc_b')]], [2, both, [at()]], [3, both, [at('acc_b')]]),
    ).toEqual([[], ['login-moved: acc_b'], [], ['login-moved: acc_b']]);
  });

  it('a reset credit that ends within three days', () => {
    const credits = { count: 2, expiresAt: noon + creditNoticeMs + hourMs };
    const seen = { ...alice, ...inUse(50), credits };
    expect(told([0, [seen]], [2, [seen]], [3, [alice]], [4, [seen]])).toEqual([[], ['credit-expiring: acc_a'], [], []]);
  });
});
