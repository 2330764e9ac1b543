import type { Clock } from '../clock.js';
import type { HttpOutcome } from '../http/client.js';

/** Pauses before the second and the third attempt; there is no fourth (P4). */
const pausesMs = [250, 1_000];

/** Repeats a request only while it is proven that nothing of its body left this machine (P4). */
export async function repeatUnsent(clock: Clock, send: () => Promise<HttpOutcome>): Promise<HttpOutcome> {
  let outcome = await send();
  for (const pauseMs of pausesMs) {
    if (outcome.kind !== 'unsent') return outcome;
    await clock.sleep(pauseMs);
    outcome = await send();
  }
  return outcome;
}
