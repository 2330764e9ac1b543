import { flagAccount } from '../logins/flagging.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { withStore } from '../logins/with-store.js';
import { settleClientRefusals } from '../spending/refusal.js';
import type { Session } from './session.js';

/**
 * A refused client is this program's problem when it happens to several accounts, and the account's when it happens to
 * one alone. Needs all outcomes of the run.
 */
export async function settleRefusedClients(session: Session, outcomes: readonly RefreshOutcome[]): Promise<void> {
  const verdict = settleClientRefusals(outcomes);
  if (verdict.kind === 'client-problem') {
    session.warn('the provider refuses this program for several accounts, so none was set aside; is there an update?');
  }
  if (verdict.kind !== 'flag') return;
  await withStore(session.root, {}, (store) => {
    flagAccount(store, verdict.account.id, verdict);
  });
}
