import { flagAccount } from '../core/logins/flagging.js';
import type { RefreshOutcome } from '../core/logins/refresh-outcome.js';
import { settleClientRefusals } from '../core/logins/refusal.js';
import { withStore } from '../core/logins/with-store.js';
import type { Context } from './context.js';

/**
 * A refused client is this program's problem when it happens to several accounts, and the account's when it happens to
 * one alone. Takes every outcome of the run.
 */
export async function settleRefusedClients(context: Context, outcomes: readonly RefreshOutcome[]): Promise<void> {
  const verdict = settleClientRefusals(outcomes);
  if (verdict.kind === 'client-problem') {
    context.warn('the provider refuses this program for several accounts, so none was set aside; is there an update?');
  }
  if (verdict.kind !== 'flag') return;
  await withStore(context.root, {}, (store) => {
    flagAccount(store, verdict.account.id, verdict);
  });
}
