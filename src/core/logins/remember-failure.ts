import type { Account } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { withKnowledge } from '../health/account-state.js';
import type { HealthEvent } from '../health/events.js';
import { applyEvent } from '../health/state.js';
import type { Secret } from '../secret.js';
import { logLineage } from './lineage-log.js';
import type { RefreshDeps } from './refresh-deps.js';
import { withStore } from './with-store.js';

/**
 * Remembers that a refresh came to nothing, and of which token nobody knows whether it is spent. Knowledge only: where it
 * cannot be written, that is a warning.
 */
export async function rememberFailure(
  { root, settings, warn }: RefreshDeps,
  { id }: Account,
  event: HealthEvent | undefined,
  inDoubt?: Secret,
): Promise<void> {
  try {
    await withStore(root, {}, (store) => {
      store.changeState((state) => {
        if (event === undefined) return state;
        const known = state.accounts[id] ?? {};
        const health = applyEvent(known.health, event, root.clock.now(), settings);
        return withKnowledge(state, id, { ...known, health });
      });
      if (inDoubt !== undefined) logLineage(root, { event: 'unknown', accountId: id, before: inDoubt });
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(error.message);
  }
}
