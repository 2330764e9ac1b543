import { dirname } from 'node:path';
import { isAccessOnly, type TokenSet } from '../../accounts/account.js';
import { findSame } from '../../accounts/identity.js';
import { compareLineage } from '../../accounts/lineage.js';
import { unadoptableReasons } from '../../codex/auth-file.js';
import type { ConfigProblem } from '../../codex/config.js';
import type { CodexHome } from '../../codex/home.js';
import { loginName, loginPlace } from '../../codex/official-login.js';
import { restrictionOn } from '../../codex/restrictions.js';
import { holdsForeignTokens } from '../../lineage/foreign-tokens.js';
import { recordsOf } from '../../pools/scope-records.js';
import { type Check, fault, found, judge, ok, type Problem, skipped, warning } from '../finding.js';
import type { LoginPlace, World } from '../world/world.js';
import { nameSome, pooledAccounts } from './records.js';

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
      return found(fault(authFile.unreadable, authFile.wayOut ?? `check the owner and the mode of ${home.authFile}`));
    }
    const { content } = authFile;
    if (content === undefined) return ok('nobody is signed in');
    const problems = linkProblems(world);
    if (content.kind === 'unadoptable') return judge([...problems, unadoptable(content.reason, home)], '');
    if (content.login.tokens.lastRefresh === undefined) {
      const message = `${loginName(home)} has no last_refresh, so the official client sends no Authorization header`;
      problems.push(
        fault(message, {
          kind: 'settle-auth-file',
        }),
      );
    }
    return judge([...problems, ...lineageProblems(world)], 'complete, and the newest tokens we know');
  },
};

function linkProblems({ authFileFacts, home }: World): Problem[] {
  if (authFileFacts === undefined || authFileFacts.links < 2) return [];
  const message = `${home.authFile} is hard-linked: the official client spends its refresh token and cannot save the new one; what has the other name must not be used as a login once this is mended`;
  return [fault(message, { kind: 'settle-auth-file' })];
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
  // The record holds the tokens of another account. The check of the records reports that; they are not comparable.
  if (holder === undefined || holdsForeignTokens(holder)) return [];
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

/**
 * official-client.md#credential-store: in any mode but `file`, auth.json is not, or not only, where the official client
 * looks.
 */
export const credentialStoreCheck: Check = {
  id: 'credential-store',
  title: 'Credential store of the client',
  inspect(world) {
    const { credentialStore, problem } = world.codexConfig;
    const problems: Problem[] = [];
    if (problem !== undefined) {
      const message = `${problem.path} ${problem.message}, so that the official client does not start${hidden(problem)}`;
      problems.push(warning(message, 'correct it, or move it away'));
    }
    const obstacle = problem?.hidesStore === true ? undefined : whyNothingCanBeSwitched(world);
    if (obstacle !== undefined) {
      const message = `${credentialStore.path} says "${credentialStore.value}": ${obstacle}`;
      problems.push(fault(message, 'set cli_auth_credentials_store = "file" there'));
    }
    const unused = world.home.otherStore?.obstacle?.();
    if (unused !== undefined) {
      const message = `${unused.message}; where the client can use it, it may find another login there than in auth.json`;
      problems.push(warning(message, `set cli_auth_credentials_store = "file" in ${credentialStore.path}`));
    }
    return judge(problems, credentialStore.value);
  },
};

function hidden({ hidesRestrictions, hidesStore }: ConfigProblem): string {
  if (hidesStore) return ', and nothing is switched: it may say where the login is, and nobody can tell';
  return hidesRestrictions ? ', and nothing is switched: it restricts logins, and nobody can tell which' : '';
}

function whyNothingCanBeSwitched({ home, authFile }: World): string | undefined {
  const { otherStore } = home;
  if (otherStore === undefined) return undefined;
  if (otherStore.mode === 'ephemeral')
    return 'the official client keeps its login in memory, where nothing can switch it';
  return 'unreadable' in authFile ? authFile.unreadable : undefined;
}

/** official-client.md#restrictions: with a login outside the list, `codex exec` deletes auth.json. */
export const restrictionsCheck: Check = {
  id: 'restrictions',
  title: 'Restrictions of the client',
  inspect(world) {
    const { codexConfig } = world;
    const problems: Problem[] = [];
    const { value: method, path } = codexConfig.forcedLoginMethod;
    if (method === 'api') {
      const message = `${path} forces API keys: the official client deletes a ChatGPT login when it runs`;
      problems.push(fault(message, 'remove forced_login_method there before switching'));
    }
    const restricted = pooledAccounts(world).flatMap((account) => {
      const restriction = restrictionOn(codexConfig, account);
      return restriction?.setting === 'forced_chatgpt_workspace_id' ? [{ account, rule: restriction.rule }] : [];
    });
    const [first] = restricted;
    if (first !== undefined) {
      const outside = nameSome(restricted.map(({ account }) => account));
      const message = `${first.rule}: switched to ${outside}, the official client deletes the login`;
      problems.push(warning(message, 'change forced_chatgpt_workspace_id there before switching to them'));
    }
    return judge(problems, 'none');
  },
};

/** Whether each login file can get new content: where new tokens do not reach it, the official client is signed out. */
export const loginPlaceCheck: Check = {
  id: 'login-place',
  title: 'Place of the login',
  inspect(world) {
    return judge([...tornProblems(world), ...placesOf(world).flatMap(problemsOf)], 'it can be replaced');
  },
};

function tornProblems({ tornLogin }: World): Problem[] {
  if (tornLogin === undefined) return [];
  const message = `a crash has left ${tornLogin} half-written between two logins; the next command that writes finishes it`;
  return [
    fault(message, {
      kind: 'finish-journal',
    }),
  ];
}

/** The login files to look at, without an unreadable `auth.json`, which {@link authFileCheck} reports. */
function placesOf({ loginPlaces, authFile, home }: World): LoginPlace[] {
  return loginPlaces.filter((each) => !('unreadable' in authFile) || each.authFile !== home.authFile);
}

function problemsOf({ authFile, place }: LoginPlace): Problem[] {
  if (place.kind === 'replaceable') return [];
  if (place.kind === 'closed') {
    const message = `${place.problem.message}; so its login is not refreshed here, and ${burns}`;
    return [fault(message, place.problem.hint ?? 'check the owner and the mode of that file and of its directory')];
  }
  switch (place.obstacle) {
    // `authFileCheck` reports it, and has a repair.
    case 'hard-link':
      return [];
    case 'mount-point':
      return [inPlace(`${authFile} is mounted as a single file`, 'mount its whole directory instead')];
    case 'closed-directory':
      return [inPlace(`nothing new can be made beside ${authFile}`, `make ${dirname(authFile)} writable for you`)];
  }
}

const burns = 'the official client would spend its refresh token and could not save the next one';

function inPlace(fact: string, wayOut: string): Problem {
  const message = `${fact}, so it is written in place; ${burns}`;
  return warning(message, `${wayOut}, or keep codex-auth guard running, so that the client never has to refresh`);
}
