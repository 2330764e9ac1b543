import { newAccountId } from '../accounts/account.js';
import { logLineage } from '../lineage/lineage-log.js';
import type { Store } from '../pools/store.js';
import { type Enrolment, enrol, findAnywhere, type ProvenLogin } from './enrolment.js';
import { giveBackTokens } from './give-back-tokens.js';

/** Puts the login of a sign-in that has just succeeded into the store. */
export function enrolSignedIn(store: Store, login: ProvenLogin, scopeKey: string | undefined): Enrolment {
  const known = findAnywhere(store, login.identity)?.account;
  if (known !== undefined) giveBackTokens(store, known.id);
  const before = findAnywhere(store, login.identity)?.account;
  const accountId = before?.id ?? newAccountId();
  const tokens = { before: before?.tokens.refreshToken, after: login.tokens.refreshToken };
  // Logged first: even if the store is not written, a home with the account's login from before is known to be behind.
  logLineage(store.root, { event: 'signed-in', accountId, ...tokens });
  return enrol(store, login, scopeKey, accountId);
}
