import { definedOnly } from '../../defined-only.js';
import { fingerprint, type JournalEntry } from '../../logins/journal.js';
import { isAwaitedByFile } from '../../logins/token-file-entries.js';
import { recordsOf } from '../../pools/scope-records.js';
import { type Check, judge, type Problem } from '../finding.js';
import type { World } from '../world/world.js';

export const journalCheck: Check = {
  id: 'journal',
  title: 'Interrupted refreshes',
  inspect(world) {
    if (world.journalProblem !== undefined) {
      const command = `check the owner and the mode of ${world.root.paths.journal}`;
      return judge([{ severity: 'error', message: world.journalProblem, command }], '');
    }
    const settled = world.journal.filter((entry) => !isUnderWay(entry, world));
    return judge(
      settled.flatMap((entry) => problemOf(entry, world)),
      world.journal.length === settled.length ? 'none' : 'a refresh is under way',
    );
  },
};

function isUnderWay({ header, isLeft }: JournalEntry, { root }: World): boolean {
  return !isLeft && root.processes.stateOf(definedOnly(header.owner)) === 'alive';
}

function problemOf(entry: JournalEntry, world: World): Problem[] {
  const { header, answer } = entry;
  const [tokenFile] = header.tokenFiles ?? [];
  if (tokenFile !== undefined && isAwaitedByFile(entry)) {
    const what =
      answer === undefined ? 'nobody knows whether it was renewed' : 'its new tokens are in the journal only';
    return [{ severity: 'error', message: `${tokenFile}: ${what}`, command: `codex-auth renew '${tokenFile}'` }];
  }
  const repair = { kind: 'finish-journal' } as const;
  if (answer !== undefined) {
    return [{ severity: 'error', message: 'tokens received by a run that ended early are not stored yet', repair }];
  }
  const holder = recordsOf(world.scopes).find(
    ({ tokens }) => tokens.refreshToken !== undefined && fingerprint(tokens.refreshToken.reveal()) === header.spent,
  );
  if (holder === undefined) {
    return [{ severity: 'warn', message: 'a refresh without an answer is settled, its record is left over', repair }];
  }
  return [
    {
      severity: 'warn',
      message: `nobody knows whether a refresh of ${holder.email ?? holder.id} happened; asking again once settles it`,
      command: `codex-auth check ${holder.id}`,
    },
  ];
}
