import type { FlockHelper } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import { AppError } from '../errors.js';
import { assertOurs } from '../storage/adoption.js';
import { withLock } from '../storage/file-lock.js';
import type { Root } from '../storage/root.js';
import type { ShareDatabase } from './database.js';
import { readShare, type ShareState, writeShare } from './share-file.js';
import type { ShareKey } from './share-key.js';
import { notJoined, shareProblem } from './share-problem.js';

/** What the work with a shared pool needs from its surroundings. */
export interface ShareDeps {
  readonly root: Root;
  /** The official client's home of this run. The root names the other ones. */
  readonly home: CodexHome;
  readonly flockHelpers: readonly FlockHelper[];
  /** Finds the key of the pool on this machine; throws where it cannot be had. */
  readonly key: () => Promise<ShareKey>;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
  /** How long a refresh token is left alone after any machine has sent it and got no answer, milliseconds. */
  readonly unansweredRetryMs: number;
  /** Limits the time for a connection and everything that is asked on it, milliseconds. */
  readonly deadlineMs?: number;
}

/** One connection to the pool, while this process holds the lock of the share. */
export interface ShareSession {
  readonly deps: ShareDeps;
  readonly key: ShareKey;
  readonly database: ShareDatabase;
  state(): ShareState;
  /** Writes `share.json`, which is on disk when this returns. */
  save(state: ShareState): void;
}

/** A hosted database may have to be woken up first. */
export const defaultDeadlineMs = 10_000;

/**
 * Runs a task with a connection, one at a time in a root. The lock of a person is taken before this one, the lock of
 * the store after it. Throws `shared-pool` where nothing is shared, and the errors of the database.
 */
export async function withShare<T>(
  deps: ShareDeps,
  givenMs: number,
  task: (session: ShareSession) => Promise<T>,
): Promise<T> {
  const deadlineMs = Math.min(givenMs, deps.deadlineMs ?? givenMs);
  const known = readShare(deps.root);
  if (known === undefined) throw notJoined();
  const key = await deps.key();
  if (key.id !== known.keyId) throw wrongKey();
  const { withDatabase } = await import('./database.js');
  return withShareLock(deps, deadlineMs, async () => {
    let state = readShare(deps.root) ?? known;
    let isOver = false;
    const { signal, root } = deps;
    const work = withDatabase(state.url, { clock: root.clock, deadlineMs, signal }, (database) =>
      task({
        deps,
        key,
        database,
        state: () => state,
        save(next) {
          if (next === state) return;
          // The task was given up at its deadline, and another process may have the lock and have taken turns since.
          if (isOver) throw tooLate();
          writeShare(root, next);
          state = next;
        },
      }),
    );
    try {
      return await work;
    } finally {
      isOver = true;
    }
  });
}

function tooLate(): AppError {
  return new AppError('timeout', 'the exchange with the shared pool was given up meanwhile', {
    hint: 'codex-auth share sync',
  });
}

/** Runs a task under the lock of the share: all that changes `share.json` takes turns. */
export function withShareLock<T>(
  { root, signal }: Pick<ShareDeps, 'root' | 'signal'>,
  waitMs: number,
  task: () => Promise<T>,
): Promise<T> {
  assertOurs(root);
  const { clock, processes, paths, onWaiting } = root;
  return withLock('share', { directory: paths.locks, clock, processes, onWaiting, waitMs, signal }, task);
}

export function wrongKey() {
  const message = 'the key on this machine is not the one that the shared pool is sealed with';
  return shareProblem('wrong-key', message, 'codex-auth share join <url>, with the recovery phrase of that pool');
}
