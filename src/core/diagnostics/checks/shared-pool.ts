import { describeAccount } from '../../accounts/account.js';
import type { AppError } from '../../errors.js';
import { databaseAddress } from '../../sharing/address.js';
import type { ShareInspection } from '../../sharing/inspect.js';
import type { ShareRow } from '../../sharing/share-file.js';
import { olderServer } from '../../sharing/share-problem.js';
import { type Check, fault, found, judge, ok, type Problem, skipped, warning } from '../finding.js';
import type { ShareFacts } from '../world/share-facts.js';
import type { World } from '../world/world.js';
import { clockToleranceMs, roughly } from './network.js';
import { pooledAccounts } from './records.js';

/** Whether the database of the shared pool answers, how it is reached, and whether it is the one that was joined. */
export const sharedPoolCheck: Check = {
  id: 'shared-pool',
  title: 'Shared pool',
  inspect({ share }) {
    if (share.kind === 'none') return ok('this machine is in none');
    if (share.kind === 'unreadable') return found(problemOf(share.problem));
    const { inspection, state, keyProblem } = share;
    if (inspection === undefined) return skipped('--offline');
    const { shown } = databaseAddress(state.url);
    // `poolKeyCheck` reports problems of the key.
    const isOfKey = keyProblem !== undefined || inspection.keyMatches === false;
    const problems = inspection.problem === undefined || isOfKey ? [] : [problemOf(inspection.problem)];
    if (inspection.mayWrite === false) problems.push(readOnly);
    if (state.toldOlder !== undefined) problems.push(isOlder);
    return judge(problems, summary(shown, inspection));
  },
};

function problemOf({ message, hint }: AppError): Problem {
  return fault(message, hint ?? 'codex-auth share status --live');
}

const readOnly: Problem = fault(
  'the role of the shared pool may only read it, so that what is renewed here does not reach the other machines',
  'give it the rights at the end of docs/shared-pool.sql',
);

const isOlder: Problem = warning(olderServer.message, olderServer.hint);

function summary(shown: string, { transport, version, schema }: ShareInspection): string {
  const way = transport === 'tls' ? 'with verified TLS' : 'on this machine';
  return `${shown} answers ${way}, PostgreSQL ${version}, schema ${schema}`;
}

/** Whether this machine has the key of its shared pool, and whether that is the one the pool is sealed with. */
export const poolKeyCheck: Check = {
  id: 'pool-key',
  title: 'Pool key',
  inspect({ share }) {
    if (share.kind !== 'joined') return ok('not needed');
    const { keyProblem, inspection, state } = share;
    if (keyProblem !== undefined) {
      const { message, hint = 'codex-auth share join' } = keyProblem;
      return found(fault(message, hint));
    }
    const problems = inspection?.keyMatches === false ? [otherKey] : [];
    return judge(problems, `${state.keyId} is here${inspection?.keyMatches === true ? ' and fits' : ''}`);
  },
};

const otherKey: Problem = fault(
  'the shared pool is sealed with another key than this machine has, so that nothing in it can be read here',
  'codex-auth share leave --forget, then share join with the phrase of that pool',
);

/** Whether the clock of this machine agrees with that of the database, which counts for all machines of the pool. */
export const poolClockCheck: Check = {
  id: 'pool-clock',
  title: 'Pool clock',
  inspect({ share }) {
    if (share.kind !== 'joined') return ok('not needed');
    if (share.inspection === undefined) return skipped('--offline');
    const { clockAheadMs } = share.inspection;
    if (clockAheadMs === undefined) return skipped('the database did not tell its time');
    if (Math.abs(clockAheadMs) <= clockToleranceMs) return ok('agrees with the database');
    const difference = `${roughly(Math.abs(clockAheadMs))} ${clockAheadMs > 0 ? 'ahead of' : 'behind'}`;
    const message = `this machine's clock is ${difference} the database's: nothing is lost by it, but times of other machines read wrong here`;
    return found(warning(message, 'switch on network time'));
  },
};

/** About half as long as an access token of the provider lives. From then on copies of the logins may end. */
const longUnseenMs = 5 * 86_400_000;

/** Which machine keeps which login, and whether that machine has been seen lately. */
export const keepersCheck: Check = {
  id: 'keepers',
  title: 'Keepers',
  inspect(world) {
    const { share } = world;
    if (share.kind !== 'joined') return ok('not needed');
    const rows = share.state.rows.filter(({ state }) => state === 'live');
    const copies = rows.filter(({ role }) => role === 'copy');
    const problems = copies.flatMap((row) => keeperProblem(row, share, world));
    return judge(problems, rows.length === 0 ? 'no login is shared' : keeperSummary(rows, share));
  },
};

type Joined = Extract<ShareFacts, { readonly kind: 'joined' }>;

function keeperProblem({ keeper, accountId }: ShareRow, share: Joined, world: World): Problem[] {
  const account = pooledAccounts(world).find(({ id }) => id === accountId);
  if (account === undefined) return [];
  const name = describeAccount(account);
  const take = `codex-auth share take ${account.id}`;
  if (keeper === null) {
    return [warning(`nobody keeps ${name}, so that nobody renews it`, take)];
  }
  const machine = machineOf(keeper, share);
  const unseenMs = machine === undefined ? 0 : nowOfServer(share, world) - machine.seenAt;
  if (machine !== undefined && unseenMs < longUnseenMs) return [];
  const seen = machine === undefined ? 'is not in the pool any more' : `has not been seen for ${roughly(unseenMs)}`;
  const message = `${name} is kept by ${machine?.name ?? 'a machine'}, which ${seen}`;
  return [warning(message, `${take} --force  (if that machine is gone; else run codex-auth sync there)`)];
}

function machineOf(id: string, { inspection, state }: Joined): { name: string; seenAt: number } | undefined {
  return inspection?.machines.find((machine) => machine.id === id) ?? state.machines[id];
}

/** The time by the clock of the database, by which the machines are seen. */
function nowOfServer({ inspection, state }: Joined, { now }: World): number {
  return now - (inspection?.clockAheadMs ?? state.clockAheadMs ?? 0);
}

function keeperSummary(rows: readonly ShareRow[], share: Joined): string {
  const counts = new Map<string, number>();
  for (const { role, keeper } of rows) {
    const name = role === 'copy' && keeper !== null ? (machineOf(keeper, share)?.name ?? keeper) : 'this machine';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${name} keeps ${count}`).join(', ');
}
