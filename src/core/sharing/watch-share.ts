import { AppError } from '../errors.js';
import { withDatabase } from './database.js';
import { newsChannel } from './schema.js';
import { readShare } from './share-file.js';
import type { ShareDeps } from './share-session.js';

/** Longer than anything: the connection is held until it ends. */
const heldMs = 2_000_000_000;
const leastPauseMs = 1_000;
const longestPauseMs = 300_000;
/** A pooler in transaction mode takes a LISTEN and announces nothing: this often it is looked whether anything is new. */
const politeMs = 60_000;

/**
 * Calls `onNews` when another machine has changed something, and in any case now and then, until the signal. Resolves then; with
 * nothing shared it waits for that to change.
 */
export async function watchShare(deps: ShareDeps, onNews: () => void, signal: AbortSignal): Promise<void> {
  const { clock } = deps.root;
  const rhythm = beat(deps, onNews, signal);
  let pauseMs = leastPauseMs;
  while (!signal.aborted) {
    const startedAt = clock.monotonicMs();
    await listenOnce(deps, onNews, signal);
    // What lasted was good; what breaks at once is left alone for longer and longer.
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
    // The rounds meet the same trouble, and say it.
    if (!(error instanceof AppError) && !signal.aborted) throw error;
  }
}

async function pause({ root: { clock } }: ShareDeps, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
