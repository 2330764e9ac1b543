import { flockHelpers } from '../../core/codex/credential-lock.js';
import { readShareKey } from '../../core/sharing/key-store.js';
import type { ShareDeps } from '../../core/sharing/share-session.js';
import type { Context } from '../context.js';

/** What an exchange with the shared pool works with. The key is read when it is first needed. */
export function shareDeps(context: Context): ShareDeps {
  const { root, home, signal, warn } = context;
  const { unansweredRetryMs } = context.settings();
  return { root, home, flockHelpers, key: async () => readShareKey(root), signal, warn, unansweredRetryMs };
}

/** How long the database may take, in milliseconds. */
export function shareDeadlineMs({ options }: Context): number {
  return options.timeout === undefined ? usualDeadlineMs : options.timeout * 1000;
}

/** A hosted database may have to be woken up first. */
const usualDeadlineMs = 20_000;
