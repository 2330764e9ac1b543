import { AppError } from '../errors.js';
import { withDatabase } from './database.js';
import { newsChannel } from './schema.js';
import { readShare } from './share-file.js';
import type { ShareDeps } from './share-session.js';

/** More than three weeks, and less than a timer can hold: the connection is kept until it breaks. */
const heldMs = 2_000_000_000;
const leastPauseMs = 1_000;
const longestPauseMs = 300_000;
/** How often `onNews` is called unasked: a pooler in transaction mode takes a LISTEN, and announces nothing. */
const politeMs = 60_000;

/**
 * Calls `onNews` when another machine has changed something, and every minute in any case. Resolves when the signal is
 * aborted; while the root takes part in no pool it only waits.
 */
export async function watchShare(deps: ShareDeps, onNews: () => void, signal: AbortSignal): Promise<void> {
  const { clock } = deps.root;
  const rhythm = beat(deps, onNews, signal);
  let pauseMs = leastPauseMs;
  while (!signal.aborted) {
    const startedAt = clock.monotonicMs();
    await listenOnce(deps, onNews, signal);
    // After a connection that lasted the pause is short again; after each that broke early it doubles.
    pauseMs = clock.monotonicMs() - startedAt > longestPauseMs ? leastPauseMs : Math.min(pauseMs * 2, longestPauseMs);
    await pause(deps, pauseMs, signal);
  }
  await rhythm;
}

async function beat(deps: ShareDeps, onNews: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(deps, politeMs, signal);
    if (!signal.aborted && readShare(deps.root) !== undefined) onNews();
  }
}

async function listenOnce(deps: ShareDeps, onNews: () => void, signal: AbortSignal): Promise<void> {
  try {
    const state = readShare(deps.root);
    if (state === undefined) return;
    await withDatabase(state.url, { clock: deps.root.clock, deadlineMs: heldMs, signal }, async (database) => {
      await database.listen(newsChannel, onNews);
      await database.ended;
    });
  } catch (error) {
    // The exchange of each round fails in the same way, and reports it.
    if (!(error instanceof AppError) && !signal.aborted) throw error;
  }
}

async function pause({ root: { clock } }: ShareDeps, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
