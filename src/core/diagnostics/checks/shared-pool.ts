import type { AppError } from '../../errors.js';
import { databaseAddress } from '../../sharing/address.js';
import type { ShareInspection } from '../../sharing/inspect.js';
import { olderServer } from '../../sharing/share-problem.js';
import { type Check, judge, ok, type Problem, skipped } from '../finding.js';

/** Whether the database of the shared pool answers, by which way, and whether it is the one that was joined. */
export const sharedPoolCheck: Check = {
  id: 'shared-pool',
  title: 'Shared pool',
  inspect({ share }) {
    if (share.kind === 'none') return ok('this machine is in none');
    if (share.kind === 'unreadable') return judge([problemOf(share.problem)], '');
    const { inspection, state, keyProblem } = share;
    if (inspection === undefined) return skipped('--offline');
    const { shown } = databaseAddress(state.url);
    // The row of the key says that.
    const isOfKey = keyProblem !== undefined || inspection.keyMatches === false;
    const problems = inspection.problem === undefined || isOfKey ? [] : [problemOf(inspection.problem)];
    if (inspection.mayWrite === false) problems.push(readOnly);
    if (state.toldOlder !== undefined) problems.push(isOlder);
    return judge(problems, summary(shown, inspection));
  },
};

function problemOf({ message, hint }: AppError): Problem {
  return { severity: 'error', message, command: hint ?? 'codex-auth share status --live' };
}

const readOnly: Problem = {
  severity: 'error',
  message:
    'the role of the shared pool may only read it, so that what is renewed here does not reach the other machines',
  command: 'give it the rights at the end of docs/shared-pool.sql',
};

const isOlder: Problem = { severity: 'warn', message: olderServer.message, command: olderServer.hint };

function summary(shown: string, { transport, version, schema }: ShareInspection): string {
  const way = transport === 'tls' ? 'with verified TLS' : 'on this machine';
  return `${shown} answers ${way}, PostgreSQL ${version}, schema ${schema}`;
}
