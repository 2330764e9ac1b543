import { expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import type { HttpOutcome } from '../../../src/core/http/client.js';
import { repeatUnsent } from '../../../src/core/oauth/token-endpoint.js';

const unsent: HttpOutcome = { kind: 'unsent', reason: 'refused', message: 'refused' };
const noAnswer: HttpOutcome = { kind: 'no-answer', reason: 'reset', message: 'reset' };
const answer: HttpOutcome = { kind: 'answer', status: 200, headers: {}, body: '{}' };

/** Sends get these outcomes in turn, each after `eachMs` of a clock that only this function moves. */
async function play(outcomes: readonly HttpOutcome[], eachMs: number, budgetMs: number) {
  let now = 0;
  const clock = {
    ...systemClock,
    monotonicMs: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const deadlines: number[] = [];
  const left = [...outcomes];
  const send = async (deadlineMs: number) => {
    deadlines.push(deadlineMs);
    now += eachMs;
    return left.shift() ?? unsent;
  };
  return { outcome: await repeatUnsent(clock, send, budgetMs), deadlines };
}

test('an answer ends it', async () => {
  expect(await play([answer], 10, 15_000)).toEqual({ outcome: answer, deadlines: [15_000] });
});

test('no answer ends it as well, because the token may be spent', async () => {
  expect(await play([noAnswer, answer], 10, 15_000)).toEqual({ outcome: noAnswer, deadlines: [15_000] });
  expect(await play([unsent, noAnswer, answer], 10, 15_000)).toMatchObject({ outcome: noAnswer });
});

test('what was not sent is sent again, three times at most, within one deadline', async () => {
  const { outcome, deadlines } = await play([], 10, 15_000);
  expect(outcome).toBe(unsent);
  expect(deadlines).toEqual([15_000, 14_740, 13_730]);
});

test('no attempt begins with less than half of the time', async () => {
  expect((await play([], 7_000, 15_000)).deadlines).toEqual([15_000, 7_750]);
  expect((await play([], 7_400, 15_000)).deadlines).toEqual([15_000]);
});
