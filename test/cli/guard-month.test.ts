import { expect, test } from 'vitest';
import { guardMonth } from '../support/guard-month.js';
import { startProvider } from '../support/provider/start.js';
import { directoryInMemory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const provider = useProvider({ keepsState: true });

test('a month with fifty accounts: each token once in its life, and nothing early', {
  timeout: 600_000,
}, async () => {
  const lifeSeconds = 10 * 86_400;
  const month = await guardMonth(provider, directoryInMemory(), {
    accounts: 50,
    days: 30,
    lifeSeconds,
    quotaIntervalMs: 24 * hourMs,
  });
  expect(month.stderr).toBe('');
  expect(month.result).toMatchObject({ stopped: true, failed: 0, refreshed: month.refreshes });
  // Each token lives ten days, and the first one of each account ends within ten days.
  expect(month.refreshes).toBeGreaterThanOrEqual(50 * 3);
  expect(month.refreshes).toBeLessThanOrEqual(50 * 4);
  expect(month.mostSendings).toBe(1);
  expect(Math.max(...month.leftAtRefresh)).toBeLessThanOrEqual(15 * minuteMs);
  expect(Math.min(...month.leftAtRefresh)).toBeGreaterThan(0);
  expect(new Set(month.fates)).toEqual(new Set(['live']));
  expect(month.quotaReads).toBeGreaterThan(50 * 25);
  // The provider's clock goes on while a request is on its way.
  expect(month.shortestQuotaPause).toBeGreaterThanOrEqual(24 * hourMs - minuteMs);
});

test('a month in which nothing grows', async () => {
  // The stand-in remembers each request and each token, which is not what is measured here.
  const forgetful = await startProvider({
    onRequest() {
      forgetful.requests.clear();
      forgetful.issued.all.length = 0;
    },
  });
  const lifeSeconds = 10 * 86_400;
  // Whatever runs for the first time is compiled, which takes memory of its own.
  await guardMonth(forgetful, directoryInMemory(), { accounts: 50, days: 12, lifeSeconds });
  forgetful.reset();
  const month = await guardMonth(forgetful, directoryInMemory(), { accounts: 50, days: 30, lifeSeconds });
  await forgetful.stop();
  expect(month.result).toMatchObject({ refreshed: 150, failed: 0 });
  const [, second = 0] = month.heap;
  expect((month.heap.at(-1) ?? 0) / second).toBeLessThan(1.05);
});
