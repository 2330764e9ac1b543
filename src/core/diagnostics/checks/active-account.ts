import { findSame } from '../../accounts/identity.js';
import { loginName } from '../../codex/official-login.js';
import { unstoredAccount } from '../../logins/unstored-login.js';
import { recordsOf } from '../../pools/scope-records.js';
import { type Check, judge, type Problem, skipped } from '../finding.js';
import { pooledAccounts } from './records.js';

export const activeAccountCheck: Check = {
  id: 'active-account',
  title: 'Active account',
  inspect(world) {
    const problems: Problem[] = [];
    for (const { key, pool } of world.scopes) {
      const chosen = pool.raw['activeId'];
      const isGone = typeof chosen === 'string' && !pool.accounts.some(({ id }) => id === chosen);
      if (isGone) problems.push(danglingChoice(key));
    }
    const content = 'content' in world.authFile ? world.authFile.content : undefined;
    const login = content?.kind === 'login' ? content.login : undefined;
    if (login === undefined) {
      return judge(problems, pooledAccounts(world).length === 0 ? 'none yet' : 'none: codex-auth switch chooses one');
    }
    const holder = findSame(recordsOf(world.scopes), login.identity);
    const name = login.identity.email ?? 'an account without an email';
    if (holder !== undefined) return judge(problems, `${name}, in ${loginName(world.home)}`);
    // Its account may be in a file that cannot be read, which is a finding of its own.
    const isKnown = world.files.every(({ verdict }) => verdict.kind === 'ok' || verdict.kind === 'absent');
    if (!isKnown) return problems.length > 0 ? judge(problems, '') : skipped('needs the account files');
    const unstored = unstoredAccount(world.scopes, content);
    if (unstored === undefined) return judge([...problems, removedEarlier(name)], '');
    return judge(problems, `${name}, not stored yet: codex-auth switch ${unstored.id} keeps it`);
  },
};

function removedEarlier(name: string): Problem {
  return {
    severity: 'warn',
    message: `the official client is signed in as ${name}, which was removed here`,
    command: 'codex-auth switch <account>, or bring it back: codex-auth login',
  };
}

function danglingChoice(scopeKey: string | undefined): Problem {
  return {
    severity: 'warn',
    message: 'the chosen account is not in its pool any more',
    repair: { kind: 'drop-choice', scopeKey },
  };
}
