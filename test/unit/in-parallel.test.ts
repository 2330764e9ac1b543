import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { giveTurn, inParallel, takeTurn } from '../../src/core/in-parallel.js';

const numbers = Array.from({ length: 20 }, (_, index) => index);

it('keeps the order of the items, and never more at once than it may', async () => {
  let atWork = 0;
  let most = 0;
  const results = await inParallel(numbers, 3, async (number) => {
    atWork += 1;
    most = Math.max(most, atWork);
    for (let round = 0; round < number % 4; round += 1) await nextRound();
    atWork -= 1;
    return number * 2;
  });
  expect(results).toEqual(numbers.map((number) => number * 2));
  expect(most).toBe(3);
});

it('begins the next item while one has given up its turn, and lets it go on when there is room again', async () => {
  let begun = 0;
  let atWork = 0;
  let most = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  await inParallel(numbers, 3, async () => {
    begun += 1;
    if (begun === numbers.length) open();
    giveTurn();
    await all;
    await takeTurn();
    atWork += 1;
    most = Math.max(most, atWork);
    await nextRound();
    atWork -= 1;
  });
  expect([begun, most]).toEqual([20, 3]);
});

it('begins nothing new when every turn has met a failure', async () => {
  const begun: number[] = [];
  const run = inParallel(numbers, 2, async (number) => {
    begun.push(number);
    await nextRound();
    throw new Error('ended');
  });
  await expect(run).rejects.toThrow('ended');
  for (let round = 0; round < 50; round += 1) await nextRound();
  expect(begun).toEqual([0, 1]);
});

it('a task that fails keeps those that have a turn from nothing', async () => {
  const done: number[] = [];
  const run = inParallel(numbers, 2, async (number) => {
    await nextRound();
    if (number === 3) throw new Error('three');
    done.push(number);
  });
  await expect(run).rejects.toThrow('three');
  while (done.length < 19) await nextRound();
});

it('outside of it there is no turn to give up', async () => {
  giveTurn();
  await takeTurn();
});
