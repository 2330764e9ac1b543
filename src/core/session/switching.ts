import type { Account } from '../accounts/account.js';
import type { Activated } from '../logins/activate.js';
import { type ActivationChoices, activateAccount } from './activation.js';
import type { Session } from './session.js';
import { noteAdoption, takeInFirst } from './take-in.js';

export interface SwitchTarget {
  readonly account: Account;
  /** The pool it lives in; undefined for the global one. */
  readonly scopeKey: string | undefined;
  /** The pool of the scope whose choice it is. */
  readonly choosingScopeKey: string | undefined;
}

/** Makes an account the official client's login; one that only the client has so far is stored first. */
export async function switchAccount(
  session: Session,
  target: SwitchTarget,
  choices: ActivationChoices,
): Promise<Activated> {
  await takeInFirst(session, target.account, target.scopeKey);
  const activated = await activateAccount(session, target, choices);
  noteAdoption(session, activated.adopted);
  return activated;
}
