import { definedOnly } from '../../defined-only.js';
import { homeLogin } from '../../logins/beside-records.js';
import { isUnderWay, type JournalEntry } from '../../logins/journal.js';
import { recordsOf } from '../../pools/scope-records.js';
import { planAccountRepairs } from '../account-repairs/plan.js';
import { type AccountRepair, describeAccountRepair } from '../account-repairs/repair.js';
import { type Check, judge, type Problem, skipped } from '../finding.js';
import type { World } from '../world/world.js';
import { hasClosedFile } from './records.js';

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
  return definedOnly({
    scopes,
    beside: {
      logins: content?.kind === 'login' ? [homeLogin(content.login, recordsOf(scopes))] : [],
      journal: journal.entries,
    },
    isAbandoned: (entry: JournalEntry) => !isUnderWay(root, entry),
    state,
    now,
    settings,
  });
}
