import { keyOf } from '../roster/roster.js';
import { checkLabel, refuseAddressOfAnother } from '../session/account-label.js';
import { openRoster } from '../session/selection.js';
import type { Session } from '../session/session.js';
import { takeInAny } from '../session/take-in.js';
import { assertOurs } from '../storage/adoption.js';
import { assertRoom } from '../storage/room.js';
import { browserConsent } from './browser-consent.js';
import { type DevicePage, deviceConsent } from './device-consent.js';
import { type ExpectedPerson, expectedFrom } from './expected-person.js';
import { type StoredLogin, storeLogin } from './store-login.js';

interface Wishes {
  /** What the account is to be called. */
  readonly label?: string | undefined;
  /** The email of who is to sign in; anybody else is refused, and nothing is stored. */
  readonly expect?: string | undefined;
}

export interface SignInRequest extends Wishes {
  /** Sign in with a code that is entered on any device, instead of a browser that comes back to this machine. */
  readonly device?: boolean;
  /** Called once with the page where the person signs in, and the code to enter there if there is one. */
  readonly show: (page: { readonly url: string } & Partial<DevicePage>) => void;
}

/**
 * Checks the wishes before anybody signs in for nothing. Throws `usage` for what cannot be a label or an address, and
 * where no account can be kept.
 */
export function checkWishes(session: Session, { label: wanted, expect }: Wishes) {
  const label = wanted === undefined ? undefined : checkLabel(wanted);
  refuseAddressOfAnother(session, label);
  const expected: ExpectedPerson | undefined = expect === undefined ? undefined : expectedFrom(expect);
  assertOurs(session.root);
  assertRoom(session.root);
  return { label, expected };
}

/**
 * Signs a person in and stores the login among the accounts of the session. Throws as {@link checkWishes}, the consent
 * and {@link storeLogin}.
 */
export async function signIn(
  session: Session,
  { show, device = false, ...wishes }: SignInRequest,
): Promise<StoredLogin> {
  const { label, expected } = checkWishes(session, wishes);
  const scope = session.writingScope();
  const scopeKey = keyOf(scope);
  await takeInAny(session, openRoster(session, scope), scopeKey);
  const whom = expected === undefined ? {} : { loginHint: expected.email };
  const consent = device
    ? await deviceConsent(session, (page) => void show(page))
    : await browserConsent(session, whom, { show: (url) => show({ url }) });
  return storeLogin(session, consent, { scopeKey, label, expected });
}
