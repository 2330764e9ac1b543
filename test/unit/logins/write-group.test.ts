import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { WriteGroup } from '../../../src/core/logins/write-group.js';

interface Gate {
  readonly isOpen: Promise<void>;
  readonly open: () => void;
}

function gate(): Gate {
  let open: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { isOpen, open };
}

function setUp(clock = systemClock) {
  const groups: number[][] = [];
  const group = new WriteGroup<number, number>(clock);
  const writeAll = async (items: readonly number[]) => {
    groups.push([...items]);
    await nextRound();
    return groups.length;
  };
  const add = (item: number, after: Promise<void>, isUrgent = false) =>
    group.expect(async () => {
      await after;
      return group.write(item, writeAll, { isUrgent });
    });
  return { group, groups, add, writeAll };
}

it('one alone is written at once', async () => {
  const { groups, add } = setUp({ ...systemClock, sleep: () => new Promise(() => undefined) });
  expect(await add(1, Promise.resolve())).toBe(1);
  expect(groups).toEqual([[1]]);
});

it('those whose time comes close together are written together, when nobody else is expected', async () => {
  const { groups, add } = setUp({ ...systemClock, sleep: () => new Promise(() => undefined) });
  const last = gate();
  const all = Promise.all([add(1, Promise.resolve()), add(2, Promise.resolve()), add(3, last.isOpen)]);
  await nextRound();
  await nextRound();
  expect(groups).toEqual([]);
  last.open();
  expect(await all).toEqual([1, 1, 1]);
  expect(groups).toEqual([[1, 2, 3]]);
});

it('an expected task that leads to no write is not waited for any longer', async () => {
  const { group, groups, add } = setUp({ ...systemClock, sleep: () => new Promise(() => undefined) });
  const other = gate();
  const failing = group.expect(async () => {
    await other.isOpen;
    throw new Error('refused');
  });
  const written = add(1, Promise.resolve());
  await nextRound();
  expect(groups).toEqual([]);
  other.open();
  await expect(failing).rejects.toThrow('refused');
  await written;
  expect(groups).toEqual([[1]]);
});

it('nobody waits longer than a second for the others, and what is urgent takes the rest along at once', async () => {
  const slept: number[] = [];
  const patience = gate();
  const sleep = (ms: number) => {
    slept.push(ms);
    return patience.isOpen;
  };
  const { groups, add } = setUp({ ...systemClock, sleep });
  const never = add(9, new Promise(() => undefined));
  const first = add(1, Promise.resolve());
  await nextRound();
  expect(groups).toEqual([]);
  patience.open();
  await first;
  expect([groups, slept]).toEqual([[[1]], [1_000]]);

  const waiting = add(2, Promise.resolve());
  await Promise.all([add(3, Promise.resolve(), true), waiting]);
  expect(groups).toEqual([[1], [2, 3]]);
  expect(await Promise.race([never, 'still expected'])).toBe('still expected');
});

it('what arrives during a write comes with the next one, and a write that fails fails for all in it and no others', async () => {
  const group = new WriteGroup<number, string>(systemClock);
  const begun = gate();
  const proceed = gate();
  const groups: number[][] = [];
  const writeAll = async (items: readonly number[]) => {
    groups.push([...items]);
    begun.open();
    await proceed.isOpen;
    if (items.includes(1)) throw new Error('disk full');
    return 'written';
  };
  const add = (item: number) => group.expect(() => group.write(item, writeAll, { isUrgent: false }));
  const failed = [add(1), add(2)].map((each) => each.catch(String));
  await begun.isOpen;
  const later = [add(3), add(4)];
  await nextRound();
  proceed.open();
  expect(await Promise.all(failed)).toEqual(['Error: disk full', 'Error: disk full']);
  expect(await Promise.all(later)).toEqual(['written', 'written']);
  expect(groups).toEqual([
    [1, 2],
    [3, 4],
  ]);
});
