import { flockHelpers } from '../codex/credential-lock.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { OpenEntry } from '../lineage/open-entry.js';
import { enrolSignedIn } from '../logins/enrol-signed-in.js';
import { type Enrolment, findAnywhere, type ProvenLogin } from '../logins/enrolment.js';
import { withPersonLock } from '../logins/person-lock.js';
import { forgetTrouble } from '../logins/restoring.js';
import { takeForSiblings } from '../logins/take-from-homes.js';
import { withStore } from '../logins/with-store.js';
import { writeBack } from '../logins/write-back.js';
import type { Store } from '../pools/store.js';
import { findWorkspaceName } from '../provider/workspace-switch.js';
import { warnIfShared } from '../session/account-label.js';
import type { Session } from '../session/session.js';
import type { Consent } from './consent.js';
import { type ExpectedPerson, refuseStranger } from './expected-person.js';
import { redeemGrant } from './redeem-grant.js';

export interface Placement {
  readonly scopeKey: string | undefined;
  readonly label: string | undefined;
  readonly expected: ExpectedPerson | undefined;
}

export interface StoredLogin extends Enrolment {
  /** 1-based position in its pool. */
  readonly index: number;
}

/**
 * Redeems the consent and stores the login, which no signal cuts off once it is granted; a page that is still open is
 * told how that went. Throws `login-failed`, `identity-mismatch`, a network error, `interrupted`, or what keeps the
 * login from being stored: then it waits in the journal.
 */
export function storeLogin(session: Session, consent: Consent, placement: Placement): Promise<StoredLogin> {
  return session.uninterrupted(async () => {
    const stored = await redeemAndStore(session, consent, placement).catch(async (error) => {
      const message = error instanceof AppError ? error.message : 'see the program that asked you';
      await consent.finish({ kind: 'failed', message });
      throw error;
    });
    await consent.finish({ kind: 'signed-in', ...definedOnly({ email: stored.account.email }) });
    if (stored.keptFile !== undefined) {
      session.warn(`the login that this account had from another provider is kept in ${stored.keptFile}`);
    }
    warnIfShared(session, placement.label, stored.account.id);
    return stored;
  });
}

async function redeemAndStore(session: Session, { grant }: Consent, placement: Placement): Promise<StoredLogin> {
  const { root, clock, signal } = session;
  const access = session.provider();
  const callOptions = { ...access.callOptions, signal };
  const http = await session.http();
  const deps = { root, clock, http, provider: access.provider, callOptions };
  const { scopeKey, label, expected } = placement;
  const refuse = (login: ProvenLogin) => refuseStranger(login, expected);
  const { login, entry } = await redeemGrant(deps, grant, { scopeKey, label, refuse });
  try {
    const workspaceName = await findWorkspaceName(http, access.provider, login, callOptions);
    if (signal.aborted) throw interrupted();
    return await store(session, definedOnly({ ...login, workspaceName }), entry, scopeKey);
  } catch (error) {
    if (!(error instanceof LeftInJournal)) entry.discard();
    throw error;
  }
}

async function store(
  session: Session,
  login: ProvenLogin,
  entry: OpenEntry,
  wantedScope: string | undefined,
): Promise<StoredLogin> {
  const { root, signal } = session;
  const person = { id: '', ...login.identity, tokens: login.tokens };
  try {
    const stored = await withPersonLock(root, person, { signal }, () =>
      withStore(root, { signal }, async (open) => {
        const known = findAnywhere(open, login.identity)?.account;
        if (known !== undefined) takeForSiblings(open, session.home, known.id);
        const enrolment = enrolSignedIn(open, login, wantedScope);
        if (enrolment.outcome !== 'added') forgetTrouble(open, enrolment.account.id);
        await giveToHomes(session, open);
        const { accounts } = open.scope(enrolment.scopeKey).pool;
        return { ...enrolment, index: accounts.findIndex(({ id }) => id === enrolment.account.id) + 1 };
      }),
    );
    entry.discard();
    return stored;
  } catch (error) {
    if (signal.aborted) throw interrupted();
    entry.leave();
    throw new LeftInJournal(error, root.paths.journal);
  }
}

/**
 * Gives the new login to the homes that hold the one from before. It is stored by now, so that whatever goes wrong here
 * is a warning.
 */
async function giveToHomes({ home, warn }: Session, open: Store): Promise<void> {
  try {
    await writeBack(open, { home, flockHelpers, warn });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(error.message);
  }
}

/** The tokens are received and cannot be stored now: the journal keeps them for the next command that writes (P3). */
class LeftInJournal extends AppError {
  constructor(cause: unknown, journal: string) {
    const { code, message, hint } = cause instanceof AppError ? cause : internal;
    super(code, `${message}; the new login is kept in ${journal}, and the next command that writes stores it`, {
      ...definedOnly({ hint }),
      details: { path: journal },
      cause,
    });
  }
}

const internal = { code: 'internal', message: 'something unexpected happened', hint: undefined } as const;

function interrupted(): AppError {
  return new AppError('interrupted', 'interrupted');
}
