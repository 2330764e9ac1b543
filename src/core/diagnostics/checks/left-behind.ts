import { type Account, describeAccount } from '../../accounts/account.js';
import { fingerprint, isUnderWay, type JournalEntry, type UnreadableEntry } from '../../lineage/journal.js';
import { clockTime } from '../../logins/describe-outcome.js';
import { isAwaitedByFile } from '../../logins/journal-recovery.js';
import { recordsOf } from '../../pools/scope-records.js';
import { retryTime } from '../../spending/unanswered.js';
import { heldByUnknown } from '../../storage/lock-wait.js';
import { type Check, fault, found, judge, type Problem, warning } from '../finding.js';
import type { LockFacts } from '../world/storage-facts.js';
import type { World } from '../world/world.js';

export const journalCheck: Check = {
  id: 'journal',
  title: 'Interrupted refreshes',
  inspect(world) {
    if (world.journalProblem !== undefined) {
      const command = `check the owner and the mode of ${world.root.paths.journal}`;
      return found(fault(world.journalProblem, command));
    }
    const settled = world.journal.entries.filter((entry) => !isUnderWay(world.root, entry));
    const closed = world.journal.unreadable.filter((entry) => !isUnderWay(world.root, entry));
    const problems = [
      ...settled.flatMap((entry) => problemOf(entry, world)),
      ...closed.map((entry) => unreadableProblem(entry, world)),
    ];
    return judge(problems, world.journal.entries.length === settled.length ? 'none' : 'a refresh is under way');
  },
};

function problemOf(entry: JournalEntry, world: World): Problem[] {
  const { header, answer } = entry;
  const [tokenFile] = header.tokenFiles ?? [];
  if (tokenFile !== undefined && isAwaitedByFile(entry)) {
    const what =
      answer === undefined ? 'nobody knows whether it was renewed' : 'its new tokens are in the journal only';
    return [fault(`${tokenFile}: ${what}`, `codex-auth renew '${tokenFile}'`)];
  }
  const repair = { kind: 'finish-journal' } as const;
  if (answer !== undefined) {
    const what = entry.isSalvaged
      ? 'the refresh token of a torn answer, and nothing else of it, is'
      : 'tokens received by a run that ended early are';
    return [fault(`${what} not stored yet`, repair)];
  }
  const holder = holderOf(header.spent, world);
  if (holder === undefined) {
    return [warning('a refresh without an answer is settled, its record is left over', repair)];
  }
  const message = `nobody knows whether a refresh of ${holder.email ?? holder.id} happened; asking again${whenAgain(entry, world)} settles it`;
  return [warning(message, `codex-auth check ${holder.id}`)];
}

/** The time from which on `check` asks again, in words; before that time `check` names it too. */
function whenAgain(entry: JournalEntry, { now, settings }: World): string {
  const retryAt = retryTime(entry, settings.unansweredRetryMs, now);
  return retryAt > now ? ` after ${clockTime(retryAt)}` : ' once';
}

function holderOf(spent: string | undefined, { scopes }: World): Account | undefined {
  return recordsOf(scopes).find(
    ({ tokens }) => tokens.refreshToken !== undefined && fingerprint(tokens.refreshToken.reveal()) === spent,
  );
}

/**
 * An entry that cannot be read is moved away, after an answer that is whole was stored, unless it may be the only place
 * with the successor of a token that a record holds: without the entry the old token would be sent, which ends the login
 * for good.
 */
function unreadableProblem({ path, problem, spent, mayHoldTokens, answer }: UnreadableEntry, world: World): Problem {
  const holder = mayHoldTokens && answer === undefined ? holderOf(spent, world) : undefined;
  if (holder === undefined) {
    return fault(`${path} ${problem}`, { kind: 'keep-entry', path });
  }
  const message = `${path} ${problem}, and may hold the new tokens of ${describeAccount(holder)}`;
  return fault(message, 'update codex-auth, which may be able to read it; else codex-auth login');
}

export const leftoversCheck: Check = {
  id: 'leftovers',
  title: 'Temporary files',
  inspect({ temporaries }) {
    return judge(
      temporaries.map((path) =>
        fault(`${path} was left by a killed process and may hold tokens`, { kind: 'sweep-leftovers' }),
      ),
      'none',
    );
  },
};

export const locksCheck: Check = {
  id: 'locks',
  title: 'Locks',
  inspect({ locks }) {
    const live = locks.filter(({ state }) => state === 'alive');
    const held = live.map(({ name, owner }) => `${name} held by pid ${owner?.pid}`).join(', ');
    return judge(locks.flatMap(lockProblem), held === '' ? 'free' : held);
  },
};

const untilSilent = 'wait 15 seconds: without a sign of life it is taken over';

function lockProblem(lock: LockFacts): Problem[] {
  const { name, owner } = lock;
  switch (lock.state) {
    case 'alive':
      return [];
    case 'dead':
      return [
        warning(`the lock "${name}" belongs to pid ${owner?.pid}, which has ended; the next command takes it over`, {
          kind: 'release-lock',
          name,
          nonce: lock.nonce,
        }),
      ];
    case 'unreadable': {
      const { message, hint = 'check its owner and its mode' } = lock.problem;
      return [fault(message, hint)];
    }
    case 'unknown':
      return [warning(heldByUnknown(name), untilSilent)];
    case 'foreign':
      return [
        warning(
          `the lock "${name}" belongs to a process of another machine or container, which cannot be judged from here`,
          untilSilent,
        ),
      ];
  }
}
