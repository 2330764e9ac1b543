import { type Account, describeAccount } from '../../accounts/account.js';
import { readHealth } from '../../health/state.js';
import { type LoginCopy, placeName } from '../../lineage/copies.js';
import { copyAhead, historyOf } from '../../lineage/newest.js';
import { recordsOf } from '../../pools/scope-records.js';
import { foreignIssuer } from '../../provider/foreign-issuer.js';
import { isStale } from '../../quota/snapshot.js';
import { type Check, fault, judge, ok, type Problem, skipped, warning } from '../finding.js';
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
    const [elsewhere, gone] = partition(lost, (account) => aheadOf(account, world) !== undefined);
    for (const account of elsewhere) {
      problems.push(brokenProblem(`${account.email ?? account.id}: the record has no login any more`, account, world));
    }
    if (gone.length > 0) {
      problems.push(fault(`${nameSome(gone)}: the login has ended, and has no refresh token`, 'codex-auth login'));
    }
    if (accessOnly.length > 0) {
      const message = `${nameSome(accessOnly)}: no refresh token, so it cannot be renewed here and ends with its access token`;
      problems.push(warning(message, 'codex-auth login'));
    }
    for (const account of waiting) {
      const message = `${describeAccount(account)}: its access token has ended, and ${keepers.get(account.id)} keeps it`;
      problems.push(warning(message, 'codex-auth sync  (on that machine first, if it was not on since)'));
    }
    if (partial.length > 0) {
      problems.push(warning(`${nameSome(partial)}: no id token, which a switch needs`, 'codex-auth fix'));
    }
    if (expired.length > 0) {
      problems.push(warning(`${nameSome(expired)}: access token expired`, 'codex-auth check'));
    }
    return judge(problems, accounts.length === 0 ? 'none to look at' : 'valid');
  },
};

function partition<T>(all: readonly T[], isFirst: (each: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((each) => !isFirst(each))];
}

/** Whether the access token has ended. Until then even a login that cannot be renewed works. */
function hasEnded({ accessToken, expiresAt }: Account['tokens'], now: number): boolean {
  return accessToken === undefined || (expiresAt !== undefined && expiresAt <= now);
}

/** An old copy of the pool came back, with a spent refresh token. Sending that ends the login for good. */
function spentProblem(account: Account, world: World): Problem {
  const message = `${account.email ?? account.id}: its refresh token was exchanged already, so an older copy of the pool has come back`;
  return brokenProblem(message, account, world);
}

function brokenProblem(message: string, account: Account, world: World): Problem {
  const ahead = aheadOf(account, world);
  if (ahead === undefined) return fault(message, 'codex-auth login, to sign in to it again');
  const [name, from] = [account.email ?? account.id, placeName(ahead)];
  return fault(message, { kind: 'adopt-newest', accountId: account.id, name, from });
}

function aheadOf(account: Account, { copies, lineage }: World): LoginCopy | undefined {
  const here = copies.filter(({ place }) => place !== 'other-root');
  return copyAhead(account, here, historyOf(lineage));
}

/** Accounts that were signed in somewhere else than where requests go now; nothing is sent for them (P20). */
export const issuerCheck: Check = {
  id: 'issuer',
  title: 'Issuer',
  inspect(world) {
    const { provider } = world;
    const accounts = recordsOf(world.scopes);
    const issuers = new Set(accounts.flatMap((account) => foreignIssuer(account, provider) ?? []));
    const problems = [...issuers].map((issuer): Problem => {
      const theirs = accounts.filter((account) => foreignIssuer(account, provider) === issuer);
      const message = `${nameSome(theirs)}: signed in at ${issuer}, and their tokens are sent to nobody else, not to ${provider.issuer}`;
      return warning(
        message,
        `codex-auth login, to sign in at ${provider.issuer}, or set CODEX_AUTH_ISSUER to the other one`,
      );
    });
    return judge(problems, provider.issuer);
  },
};

export const healthCheck: Check = {
  id: 'health',
  title: 'Health',
  inspect(world) {
    const { state, now, root, stateProblem } = world;
    const problems: Problem[] = [];
    if (stateProblem !== undefined) {
      const { message, isClosed, isNewer } = stateProblem;
      const path = root.paths.accountState;
      const moveAway = `move ${path} away: it is knowledge only`;
      problems.push(
        isClosed
          ? warning(message, isNewer ? `update codex-auth, or ${moveAway}` : moveAway)
          : warning(message, { kind: 'set-aside', path }),
      );
    }
    const accounts = pooledAccounts(world).filter(({ enabled }) => enabled);
    const sick = accounts.filter(({ id }) => readHealth(state.accounts[id]?.health, now).state === 'unhealthy');
    if (sick.length > 0) {
      const all = sick.length === accounts.length;
      problems.push({
        severity: all ? 'error' : 'warn',
        message: `${all ? 'every account is' : `${nameSome(sick)}:`} unhealthy after recent failures`,
        command: 'codex-auth check',
      });
    }
    return judge(problems, accounts.length === 0 ? 'none to look at' : 'good');
  },
};

/** Old numbers are normal, and shown with their age; this check only counts them. */
export const quotaCheck: Check = {
  id: 'quota',
  title: 'Quota',
  inspect(world) {
    const accounts = pooledAccounts(world).filter(({ enabled }) => enabled);
    const known = accounts.filter(({ id }) => world.state.accounts[id]?.quota !== undefined);
    const stale = known.filter(({ id }) =>
      isStale(world.state.accounts[id]?.quota, world.now, world.settings.quotaTtlMs),
    );
    if (known.length === 0) return ok('nothing read yet: codex-auth usage');
    return ok(stale.length === 0 ? 'fresh' : `${stale.length} of ${accounts.length} old: codex-auth usage`);
  },
};
