import { describeAccount } from '../../accounts/account.js';
import type { ShareRow } from '../../sharing/share-file.js';
import { type Check, judge, ok, type Problem } from '../finding.js';
import type { ShareFacts } from '../world/share-facts.js';
import type { World } from '../world/world.js';
import { roughly } from './clock.js';
import { pooledAccounts } from './records.js';

/** About half as long as an access token of the provider lives: after this the copies come to their end one by one. */
const longUnseenMs = 5 * 86_400_000;

/** Which machine keeps which login, and whether it is still there to do so. */
export const keepersCheck: Check = {
  id: 'keepers',
  title: 'Keepers',
  inspect(world) {
    const { share } = world;
    if (share.kind !== 'joined') return ok('not needed');
    const rows = share.state.rows.filter(({ state }) => state === 'live');
    const copies = rows.filter(({ role }) => role === 'copy');
    const problems = copies.flatMap((row) => problemOf(row, share, world));
    return judge(problems, rows.length === 0 ? 'no login is shared' : summary(rows, share));
  },
};

type Joined = Extract<ShareFacts, { readonly kind: 'joined' }>;

function problemOf({ keeper, accountId }: ShareRow, share: Joined, world: World): Problem[] {
  const account = pooledAccounts(world).find(({ id }) => id === accountId);
  if (account === undefined) return [];
  const name = describeAccount(account);
  const take = `codex-auth share take ${account.id}`;
  if (keeper === null) {
    return [{ severity: 'warn', message: `nobody keeps ${name}, so that nobody renews it`, command: take }];
  }
  const machine = machineOf(keeper, share);
  const unseenMs = machine === undefined ? 0 : nowOfServer(share, world) - machine.seenAt;
  if (machine !== undefined && unseenMs < longUnseenMs) return [];
  const seen = machine === undefined ? 'is not in the pool any more' : `has not been seen for ${roughly(unseenMs)}`;
  return [
    {
      severity: 'warn',
      message: `${name} is kept by ${machine?.name ?? 'a machine'}, which ${seen}`,
      command: `${take} --force  (if that machine is gone; else run codex-auth sync there)`,
    },
  ];
}

function machineOf(id: string, { inspection, state }: Joined): { name: string; seenAt: number } | undefined {
  return inspection?.machines.find((machine) => machine.id === id) ?? state.machines[id];
}

/** The machines are seen by the clock of the database. */
function nowOfServer({ inspection, state }: Joined, { now }: World): number {
  return now - (inspection?.clockAheadMs ?? state.clockAheadMs ?? 0);
}

function summary(rows: readonly ShareRow[], share: Joined): string {
  const counts = new Map<string, number>();
  for (const { role, keeper } of rows) {
    const name = role === 'copy' && keeper !== null ? (machineOf(keeper, share)?.name ?? keeper) : 'this machine';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${name} keeps ${count}`).join(', ');
}
