import { type Account, describeAccount } from '../../accounts/account.js';
import { placeName } from '../../logins/copies.js';
import { copyAhead, historyOf } from '../../logins/newest.js';
import { type Check, judge, type Problem, skipped } from '../finding.js';
import { keepersOf } from '../world/share-facts.js';
import type { World } from '../world/world.js';
import { hasClosedFile, nameSome, pooledAccounts } from './records.js';

export const tokensCheck: Check = {
  id: 'tokens',
  title: 'Tokens',
  inspect(world) {
    const { now, settings } = world;
    const accounts = pooledAccounts(world).filter(({ enabled }) => enabled);
    if (accounts.length === 0 && hasClosedFile(world)) return skipped('needs the account files');
    const history = historyOf(world.lineage);
    const spent = pooledAccounts(world).filter(
      ({ tokens: { refreshToken } }) => refreshToken && history.isSpent(refreshToken),
    );
    const keepers = keepersOf(world.share);
    const [keptElsewhere, ours] = partition(
      accounts,
      ({ id, tokens }) => tokens.refreshToken === undefined && keepers.has(id),
    );
    const waiting = keptElsewhere.filter(({ tokens }) => hasEnded(tokens, now));
    const lost = ours.filter(({ tokens }) => tokens.refreshToken === undefined && hasEnded(tokens, now));
    const accessOnly = ours.filter(({ tokens }) => tokens.refreshToken === undefined && !hasEnded(tokens, now));
    const partial = accounts.filter(({ tokens }) => tokens.refreshToken !== undefined && tokens.idToken === undefined);
    const isOver = ({ accessToken, expiresAt }: Account['tokens']) =>
      accessToken === undefined || (expiresAt !== undefined && expiresAt - settings.tokenRefreshSkewMs < now);
    const expired = accounts.filter(
      (account) => account.tokens.refreshToken !== undefined && !spent.includes(account) && isOver(account.tokens),
    );
    const problems: Problem[] = spent.map((account) => spentProblem(account, world));
    if (lost.length > 0) {
      problems.push({
        severity: 'error',
        message: `${nameSome(lost)}: the login has ended, and has no refresh token`,
        command: 'codex-auth login',
      });
    }
    if (accessOnly.length > 0) {
      problems.push({
        severity: 'warn',
        message: `${nameSome(accessOnly)}: no refresh token, so it cannot be renewed here and ends with its access token`,
        command: 'codex-auth login',
      });
    }
    for (const account of waiting) {
      problems.push({
        severity: 'warn',
        message: `${describeAccount(account)}: its access token has ended, and ${keepers.get(account.id)} keeps it`,
        command: 'codex-auth sync  (on that machine first, if it was not on since)',
      });
    }
    if (partial.length > 0) {
      problems.push({
        severity: 'warn',
        message: `${nameSome(partial)}: no id token, which a switch needs`,
        command: 'codex-auth fix',
      });
    }
    if (expired.length > 0) {
      problems.push({
        severity: 'warn',
        message: `${nameSome(expired)}: access token expired`,
        command: 'codex-auth check',
      });
    }
    return judge(problems, accounts.length === 0 ? 'none to look at' : 'valid');
  },
};

function partition<T>(all: readonly T[], isFirst: (each: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((each) => !isFirst(each))];
}

/** While its access token lives, a login that cannot be renewed is as good as any. */
function hasEnded({ accessToken, expiresAt }: Account['tokens'], now: number): boolean {
  return accessToken === undefined || (expiresAt !== undefined && expiresAt <= now);
}

/** An old copy of the pool came back: whoever sends this token ends the login for good. */
function spentProblem(account: Account, { copies, lineage }: World): Problem {
  const name = account.email ?? account.id;
  const message = `${name}: its refresh token was exchanged already, so an older copy of the pool has come back`;
  const here = copies.filter(({ place }) => place !== 'other-root');
  const ahead = copyAhead(account, here, historyOf(lineage));
  if (ahead === undefined) return { severity: 'error', message, command: 'codex-auth login, to sign in to it again' };
  const from = placeName(ahead);
  return { severity: 'error', message, repair: { kind: 'adopt-newest', accountId: account.id, name, from } };
}
