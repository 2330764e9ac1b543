import { isAccessOnly, type TokenSet } from '../../accounts/account.js';
import { findSame } from '../../accounts/identity.js';
import { compareLineage } from '../../accounts/lineage.js';
import { unadoptableReasons } from '../../codex/auth-file.js';
import type { CodexHome } from '../../codex/home.js';
import { loginName, loginPlace } from '../../codex/official-login.js';
import { recordsOf } from '../../pools/scope-records.js';
import { type Check, judge, ok, type Problem, skipped } from '../finding.js';
import type { World } from '../world/world.js';

/**
 * official-client.md#changed-meanwhile, official-client.md#last-refresh, official-client.md#locks: what makes the
 * official client misbehave with a login.
 */
export const authFileCheck: Check = {
  id: 'auth-file',
  title: 'auth.json',
  inspect(world) {
    const { authFile, home } = world;
    if ('unreadable' in authFile) {
      if (home.otherStore !== undefined) return skipped('the login is elsewhere, and cannot be read there');
      return judge(
        [
          {
            severity: 'error',
            message: authFile.unreadable,
            command: authFile.wayOut ?? `check the owner and the mode of ${home.authFile}`,
          },
        ],
        '',
      );
    }
    const { content } = authFile;
    if (content === undefined) return ok('nobody is signed in');
    const problems = linkProblems(world);
    if (content.kind === 'unadoptable') return judge([...problems, unadoptable(content.reason, home)], '');
    if (content.login.tokens.lastRefresh === undefined) {
      problems.push({
        severity: 'error',
        message: `${loginName(home)} has no last_refresh, so the official client sends no Authorization header`,
        repair: { kind: 'settle-auth-file' },
      });
    }
    return judge([...problems, ...lineageProblems(world)], 'complete, and the newest tokens we know');
  },
};

function linkProblems({ authFileFacts, home }: World): Problem[] {
  if (authFileFacts === undefined || authFileFacts.links < 2) return [];
  return [
    {
      severity: 'error',
      message: `${home.authFile} is hard-linked: the official client spends its refresh token and cannot save the new one; what has the other name must not be used as a login once this is mended`,
      repair: { kind: 'settle-auth-file' },
    },
  ];
}

function unadoptable(reason: keyof typeof unadoptableReasons, home: CodexHome): Problem {
  const isBroken = reason === 'damaged' || reason === 'account-mismatch';
  return {
    severity: isBroken ? 'error' : 'warn',
    message: `${loginName(home)} holds ${unadoptableReasons[reason]}; it is never taken into an account`,
    command: `codex-auth switch <account> --replace  (keeps a copy of what is in ${loginPlace(home)})`,
  };
}

function lineageProblems(world: World): Problem[] {
  const content = 'content' in world.authFile ? world.authFile.content : undefined;
  if (content?.kind !== 'login') return [];
  const holder = findSame(recordsOf(world.scopes), content.login.identity);
  if (holder === undefined) return [];
  const ours = { source: 'pool', tokens: holder.tokens } as const;
  const theirs = { source: 'auth-file', tokens: content.login.tokens } as const;
  if (isSameCopy(holder.tokens, content.login.tokens)) return [];
  const isAhead = compareLineage(theirs, ours) > 0;
  const place = loginName(world.home);
  return [
    {
      severity: isAhead ? 'warn' : 'error',
      message: isAhead
        ? `${place} has newer tokens than the stored account, which the next command takes over`
        : `${place} has older tokens than the stored account; the official client would spend a token that is gone`,
      repair: { kind: 'settle-auth-file' },
    },
  ];
}

function isSameCopy(ours: TokenSet, theirs: TokenSet): boolean {
  if (isAccessOnly(ours) && isAccessOnly(theirs)) return ours.accessToken?.equals(theirs.accessToken) === true;
  return ours.refreshToken?.equals(theirs.refreshToken) === true;
}
