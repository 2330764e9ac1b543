import { type Account, describeAccount } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { holdsForeignTokens } from '../lineage/foreign-tokens.js';
import { readEntries } from '../lineage/journal.js';
import { withJournal } from '../lineage/journal-overlay.js';
import { outcomeError } from '../logins/describe-outcome.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { clientIdOf, foreignIssuer } from '../provider/foreign-issuer.js';
import type { Provider } from '../provider/provider.js';
import { reasonIn } from '../provider-reason.js';
import { accountsElsewhere } from '../roster/roster.js';
import type { Secret } from '../secret.js';
import { removedMeanwhile } from './change-account.js';
import { openRoster } from './selection.js';
import type { Session } from './session.js';

/**
 * Ends a login at the provider. Reads its token here, so that the caller has to hold its lock. Two workspaces of one
 * person can share a login; ending it for one would end it for the other, which is refused.
 */
export async function revokeLogin(session: Session, id: string): Promise<void> {
  const roster = openRoster(session, session.writingScope());
  const accounts = [...roster.accounts, ...accountsElsewhere(roster).map(({ account }) => account)];
  const account = accounts.find((each) => each.id === id);
  if (account === undefined) throw removedMeanwhile();
  const { refreshToken } = account.tokens;
  if (refreshToken === undefined) {
    throw new AppError('usage', `${describeAccount(account)} has no refresh token that could be revoked`, {
      hint: `codex-auth remove ${id}`,
    });
  }
  refuseShared(session, id, refreshToken);
  const { provider, callOptions } = session.provider();
  refuseForeign(account, provider);
  const { revokeToken } = await import('../oauth/token-endpoint.js');
  const client = { ...provider, clientId: clientIdOf(account, provider) };
  const outcome = await revokeToken(await session.http(), client, refreshToken, callOptions);
  if (outcome.kind === 'revoked') return;
  const reason = outcome.message.replace(/\.$/, '');
  throw new AppError(outcome.code, `the login could not be revoked, so nothing was removed: ${reason}`, {
    hint: `try again, or codex-auth remove ${id}, without --revoke`,
    details: { ...reasonIn(outcome) },
  });
}

/** Throws where another account shares the token, also if it is set aside or has its newest tokens in the journal. */
function refuseShared({ root }: Session, id: string, refreshToken: Secret): void {
  const journal = readEntries(root.paths.journal);
  const records = recordsOf(readAllScopes(root.paths)).map((each) => withJournal(each, journal));
  const stored = records.find((each) => each.id === id)?.tokens.refreshToken;
  const isShared = ({ tokens }: Account) =>
    tokens.refreshToken !== undefined && [refreshToken, stored].some((token) => tokens.refreshToken?.equals(token));
  const sharer = records.find((each) => each.id !== id && isShared(each));
  if (sharer === undefined) return;
  throw new AppError('usage', `${describeAccount(sharer)} shares this login and would lose it too`, {
    hint: `codex-auth remove ${id}, without --revoke`,
  });
}

/** Throws for tokens of another issuer, which are sent to nobody else (P20), and for the tokens of another account. */
function refuseForeign(account: Account, provider: Provider): void {
  if (holdsForeignTokens(account)) throw outcomeError({ kind: 'foreign-tokens', account });
  const issuer = foreignIssuer(account, provider);
  if (issuer === undefined) return;
  throw outcomeError({ kind: 'issuer-mismatch', account, issuer });
}
