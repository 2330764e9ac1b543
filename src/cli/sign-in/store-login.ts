import { flockHelpers } from '../../core/codex/credential-lock.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { type Enrolment, enrolSignedIn, type ProvenLogin } from '../../core/logins/enrolment.js';
import type { OpenEntry } from '../../core/logins/open-entry.js';
import { withPersonLock } from '../../core/logins/person-lock.js';
import { forgetTrouble } from '../../core/logins/restoring.js';
import { redeemGrant } from '../../core/logins/sign-in.js';
import { withStore } from '../../core/logins/with-store.js';
import { writeBack } from '../../core/logins/write-back.js';
import type { Store } from '../../core/pools/store.js';
import { findWorkspaceName } from '../../core/provider/workspace-switch.js';
import type { Context } from '../program/context.js';
import type { ObtainedGrant } from './grant.js';
import { type ExpectedPerson, refuseStranger } from './questions.js';

export interface Placement {
  readonly scopeKey: string | undefined;
  readonly label: string | undefined;
  readonly expected: ExpectedPerson | undefined;
}

export interface StoredLogin extends Enrolment {
  /** 1-based position in its pool. */
  readonly index: number;
}

/** Redeems the consent and stores the login; the browser shows how that went. */
export function storeLogin(context: Context, obtained: ObtainedGrant, placement: Placement): Promise<StoredLogin> {
  return context.uninterrupted(async () => {
    try {
      const stored = await redeemAndStore(context, obtained, placement);
      const { email } = stored.account;
      await obtained.finish(definedOnly({ kind: 'signed-in' as const, email: email && context.io.shown(email) }));
      return stored;
    } catch (error) {
      const message = error instanceof AppError ? context.io.shown(error.message) : 'see the terminal';
      await obtained.finish({ kind: 'failed', message });
      throw error;
    }
  });
}

async function redeemAndStore(context: Context, { grant }: ObtainedGrant, placement: Placement): Promise<StoredLogin> {
  const { root, clock, signal } = context;
  const access = context.provider();
  const callOptions = { ...access.callOptions, signal };
  const http = await context.http();
  const deps = { root, clock, http, provider: access.provider, callOptions };
  const { scopeKey, label, expected } = placement;
  const refuse = (login: ProvenLogin) => refuseStranger(login, expected);
  const { login, entry } = await redeemGrant(deps, grant, { scopeKey, label, refuse });
  try {
    const workspaceName = await findWorkspaceName(http, access.provider, login, callOptions);
    if (signal.aborted) throw interrupted();
    return await store(context, definedOnly({ ...login, workspaceName }), entry, scopeKey);
  } catch (error) {
    if (!(error instanceof LeftInJournal)) entry.discard();
    throw error;
  }
}

async function store(
  context: Context,
  login: ProvenLogin,
  entry: OpenEntry,
  wantedScope: string | undefined,
): Promise<StoredLogin> {
  const { root, signal } = context;
  const person = { id: '', ...login.identity, tokens: login.tokens };
  try {
    const stored = await withPersonLock(root, person, { signal }, () =>
      withStore(root, { signal }, async (open) => {
        const enrolment = enrolSignedIn(open, login, wantedScope);
        if (enrolment.outcome !== 'added') forgetTrouble(open, enrolment.account.id);
        await giveToHomes(context, open);
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

/** Those that hold what the account had before. The login is stored by now, so that whatever goes wrong here is a warning. */
async function giveToHomes({ home, warn }: Context, open: Store): Promise<void> {
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
