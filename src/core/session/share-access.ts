import { flockHelpers } from '../codex/credential-lock.js';
import { readShareKey } from '../sharing/key-store.js';
import type { ShareDeps } from '../sharing/share-session.js';
import type { Session } from './session.js';

/** What an exchange with the shared pool works with. The key is read when it is first needed. */
export function shareDeps(session: Session): ShareDeps {
  const { root, home, signal, warn } = session;
  const { unansweredRetryMs } = session.settings();
  return { root, home, flockHelpers, key: async () => readShareKey(root), signal, warn, unansweredRetryMs };
}
