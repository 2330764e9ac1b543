import { findSame } from '../../accounts/identity.js';
import { loginName } from '../../codex/official-login.js';
import { toIso } from '../../instant.js';
import { homeLogin } from '../../lineage/beside-records.js';
import { placeName } from '../../lineage/copies.js';
import { isUnderWay, type JournalEntry } from '../../lineage/journal.js';
import { isDeadToken } from '../../logins/flagging.js';
import { recordsOf } from '../../pools/scope-records.js';
import { unstoredAccount } from '../../roster/unstored-login.js';
import { planAccountRepairs } from '../account-repairs/plan.js';
import { type AccountRepair, describeAccountRepair } from '../account-repairs/repair.js';
import { type Check, judge, type Problem, skipped, warning } from '../finding.js';
import { explainLoss } from '../forensics.js';
import type { World } from '../world/world.js';
import { flaggedAccounts, hasClosedFile, pooledAccounts } from './records.js';

/** The repairs of `fix` that need no network and change nothing a person decided. */
export const recordRepairKinds: readonly AccountRepair['kind'][] = [
  'finish-move',
  'give-back-tokens',
  'merge-duplicates',
  'correct-account-id',
  'fill-in',
];

export const accountsCheck: Check = {
  id: 'accounts',
  title: 'Account records',
  inspect(world) {
    const repairs = planAccountRepairs(repairWorldOf(world)).filter(({ kind }) => recordRepairKinds.includes(kind));
    const count = recordsOf(world.scopes).length;
    if (count === 0 && hasClosedFile(world)) return skipped('needs the account files');
    return judge(
      repairs.map((repair) => problemOf(repair, world)),
      count === 0 ? 'none yet' : `${count}, each with an identity of its own`,
    );
  },
};

function problemOf(repair: AccountRepair, world: World): Problem {
  const account = 'accountId' in repair ? recordsOf(world.scopes).find(({ id }) => id === repair.accountId) : undefined;
  const isGrave = ['merge-duplicates', 'finish-move', 'give-back-tokens'].includes(repair.kind);
  return {
    severity: isGrave ? 'error' : 'warn',
    message: `${account?.email ?? account?.id ?? 'accounts'}: ${problems[repair.kind] ?? describeAccountRepair(repair)}`,
    repair: { kind: 'repair-accounts' },
  };
}

const problems: Partial<Record<AccountRepair['kind'], string>> = {
  'give-back-tokens': 'it holds the tokens of another account, so it is not used',
  'finish-move': 'it is in two places at once, because a move was cut short',
  'merge-duplicates': 'it has several records, which would spend its refresh token twice',
  'correct-account-id': 'an organization id stands where its account id should be, so the backend would refuse it',
  'fill-in': 'its record does not say all that its tokens tell',
};

function repairWorldOf({ scopes, journal, root, authFile, state, now, settings }: World) {
  const content = 'content' in authFile ? authFile.content : undefined;
  return {
    scopes,
    beside: {
      logins: content?.kind === 'login' ? [homeLogin(content.login, recordsOf(scopes))] : [],
      journal: journal.entries,
    },
    isAbandoned: (entry: JournalEntry) => !isUnderWay(root, entry),
    state,
    now,
    settings,
  };
}

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
    // Its account may be in a file that cannot be read, which another check reports.
    const isKnown = world.files.every(({ verdict }) => verdict.kind === 'ok' || verdict.kind === 'absent');
    if (!isKnown) return problems.length > 0 ? judge(problems, '') : skipped('needs the account files');
    const unstored = unstoredAccount(world.scopes, content);
    if (unstored === undefined) return judge([...problems, removedEarlier(name)], '');
    return judge(problems, `${name}, not stored yet: codex-auth switch ${unstored.id} keeps it`);
  },
};

function removedEarlier(name: string): Problem {
  const message = `the official client is signed in as ${name}, which was removed here`;
  return warning(message, 'codex-auth switch <account>, or bring it back: codex-auth login');
}

function danglingChoice(scopeKey: string | undefined): Problem {
  return warning('the chosen account is not in its pool any more', { kind: 'drop-choice', scopeKey });
}

export const flaggedCheck: Check = {
  id: 'flagged',
  title: 'Accounts set aside',
  inspect(world) {
    return judge(
      flaggedAccounts(world).map((account) => flagProblem(account, world)),
      'none',
    );
  },
};

function flagProblem(account: ReturnType<typeof flaggedAccounts>[number], world: World): Problem {
  const { email, id, flag, tokens } = account;
  const isUsable = tokens.expiresAt !== undefined && tokens.expiresAt > world.now;
  const until = isUsable ? `, usable until ${toIso(tokens.expiresAt ?? 0)}` : '';
  const { story, alive } = explainLoss(account, world);
  const name = email ?? id;
  const since = `${flag.reason}, set aside ${new Date(flag.at).toISOString()}`;
  const message = `${name}: ${since}${until}${story === '' ? '' : `; ${story}`}`;
  if (alive !== undefined) {
    const from = placeName(alive);
    return warning(message, { kind: 'adopt-newest', accountId: id, name, from });
  }
  const command = isDeadToken(account)
    ? 'codex-auth login, to sign in to it again; codex-auth verify-flagged tries what is stored once more'
    : 'codex-auth verify-flagged';
  return warning(message, command);
}
