import type { Clock } from '../clock.js';
import type { HttpOutcome } from '../http/client.js';
import { tokenDeadlineMs } from '../provider/provider.js';

/** Pauses before the second and the third attempt; there is no fourth (P4). */
const pausesMs = [250, 1_000];

/**
 * Repeats a request only while it is proven that nothing of its body left this machine (P4). All attempts together have
 * `budgetMs`, because others wait for the lock meanwhile; none begins with less than half of it, because a request that
 * is cut off after it was sent may have spent the token. An aborted signal ends it with the outcome so far.
 */
export async function repeatUnsent(
  clock: Clock,
  send: (deadlineMs: number) => Promise<HttpOutcome>,
  budgetMs = tokenDeadlineMs,
  signal?: AbortSignal,
): Promise<HttpOutcome> {
  const end = clock.monotonicMs() + budgetMs;
  let outcome = await send(budgetMs);
  for (const pauseMs of pausesMs) {
    if (outcome.kind !== 'unsent' || signal?.aborted) return outcome;
    if (clock.monotonicMs() + pauseMs > end - budgetMs / 2) return outcome;
    await clock.sleep(pauseMs, signal).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
    if (signal?.aborted) return outcome;
    outcome = await send(Math.floor(end - clock.monotonicMs()));
  }
  return outcome;
}
