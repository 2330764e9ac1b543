import { join } from 'node:path';
import type { Account } from '../accounts/account.js';
import { isSameAccount } from '../accounts/identity.js';
import { compareLineage } from '../accounts/lineage.js';
import { emptyFlaggedPool, emptyPool, type FlaggedPool, type Pool, wasRemoved } from '../accounts/pool.js';
import type { CodexHome } from '../codex/home.js';
import { AppError } from '../errors.js';
import { copiesInRoot, copyOf, type LoginCopy, recordCopies } from '../lineage/copies.js';
import { readLineage } from '../lineage/lineage-log.js';
import { copiesOf, freshestTokens, historyOf } from '../lineage/newest.js';
import { copiesToRecover, type FileCopy, flaggedCopies, poolCopies } from '../pools/file-copies.js';
import { encodeFlagged, encodePool } from '../pools/pool-codec.js';
import { readableScopes, readPool, salvageFrom, verdictOn } from '../pools/stored-files.js';
import { listDirectory, readVersion } from '../storage/atomic-file.js';
import { replaceBackedUp } from '../storage/backups.js';
import type { LockHandle } from '../storage/file-lock.js';
import { keepAside, removedAccountStem } from '../storage/kept.js';
import type { Root } from '../storage/root.js';
import type { Repair } from './repair.js';

type Recovery = Extract<Repair, { kind: 'recover-file' }>;

/**
 * Brings back a damaged or missing file from what is whole in it and from its good copies. Every account takes the
 * newest tokens that any readable copy has for it, so that no copy revives a token that has been spent since (P11).
 * Accounts that the person removed, or that have moved to another file, stay away. Returns where the damaged file is.
 */
export function recoverFile(root: Root, home: CodexHome, lock: LockHandle, recovery: Recovery): string | undefined {
  const { path, part } = recovery;
  const damaged = readVersion(path);
  // Another process may have repaired it, and written to it since, while we waited for the lock.
  const isLost = damaged.kind === 'absent' || verdictOn(path, part).kind === 'damaged';
  if (!isLost) return undefined;
  const content = part === 'pool' ? recoveredPool(root, home, path) : recoveredFlagged(root, home, path);
  const keptFile = damaged.kind === 'absent' ? undefined : keepAside(root, 'damaged', damaged.bytes);
  const guard = () => lock.assertHeld();
  replaceBackedUp({ path, content: `${JSON.stringify(content, null, 2)}\n`, guard }, root.processes);
  return keptFile;
}

function recoveredPool(root: Root, home: CodexHome, path: string): Record<string, unknown> {
  const salvaged = salvageFrom(path, 'pool') as Pool;
  const copies = poolCopies(path);
  const states = copiesToRecover(copies).map(({ content }) => content);
  const base = baseOf(states, salvaged, emptyPool, path);
  const logins = loginsIn([{ path, content: salvaged }, ...copies]);
  const accounts = recoverAccounts(root, home, [salvaged, ...states], base.accounts, logins);
  const removed = [...base.removed, ...salvaged.removed.filter((each) => !wasRemoved(base, each))];
  // Readers compare generations: no reader has seen one this high.
  return encodePool({ ...base, accounts, removed, generation: base.generation + 2 });
}

function recoveredFlagged(root: Root, home: CodexHome, path: string): Record<string, unknown> {
  const salvaged = salvageFrom(path, 'flagged') as FlaggedPool;
  const copies = flaggedCopies(path);
  const states = copiesToRecover(copies).map(({ content }) => content);
  const base = baseOf(states, salvaged, emptyFlaggedPool, path);
  const logins = loginsIn([{ path, content: salvaged }, ...copies]);
  const withoutTombstones = (pool: FlaggedPool) => ({ accounts: pool.accounts, removed: [] });
  const generations = [salvaged, ...states].map(withoutTombstones);
  return encodeFlagged({ ...base, accounts: recoverAccounts(root, home, generations, base.accounts, logins) });
}

/**
 * What the file holds besides its accounts: that of the newest copy, else nothing. Throws without copies and accounts.
 */
function baseOf<P extends Pool | FlaggedPool>(copies: readonly P[], salvaged: P, empty: P, path: string): P {
  const [newest] = copies;
  if (newest !== undefined) return newest;
  if (salvaged.accounts.length > 0) return empty;
  throw new AppError('storage-corrupt', `there is no good copy of ${path}, and no whole account in it`);
}

/** The logins of all copies, also of those that bring no account back: one may have the newest tokens. */
function loginsIn(copies: readonly Pick<FileCopy, 'path' | 'content'>[]): LoginCopy[] {
  return copies.flatMap(({ path, content }) => content.accounts.map((each) => copyOf('backup', path, each)));
}

/** One state of the file: its salvaged content, or a copy. */
type Generation<A> = { readonly accounts: readonly A[] } & Pick<Pool, 'removed'>;

/** The accounts of every state of the file, newest state first, each as it was last; returned in the given `order`. */
function recoverAccounts<A extends Account>(
  root: Root,
  home: CodexHome,
  generations: readonly Generation<A>[],
  order: readonly Account[],
  logins: readonly LoginCopy[],
): A[] {
  const elsewhere = readableScopes(root.paths);
  const removals = [...elsewhere.map(({ pool }) => pool), ...removedRecords(root)];
  const recovered: A[] = [];
  for (const generation of generations) {
    for (const account of generation.accounts) {
      const isGone = recovered.some((each) => isSameAccount(each, account)) || wasTakenOut(account, removals);
      if (!isGone && !livesElsewhere(account, recordCopies(elsewhere))) recovered.push(account);
    }
    // The tombstones of this state are newer than all older states, which bring those accounts back no more.
    removals.push({ ...emptyPool, removed: generation.removed });
  }
  const copies = [...logins, ...copiesInRoot(root, home)];
  const history = historyOf(readLineage(root));
  const position = ({ id }: Account) => order.findIndex((each) => each.id === id) + 1 || order.length + 1;
  return withDistinctIds(recovered)
    .sort((a, b) => position(a) - position(b))
    .map((account) => ({ ...account, tokens: freshestTokens(account, copies, history) }));
}

/** A pool with its tombstones, or the id of a record that `remove` kept, which no new sign-in gets again. */
type Removal = Pool | { readonly removedId: string };

function removedRecords({ paths }: Root): Removal[] {
  return listDirectory(paths.kept)
    .filter((name) => name.startsWith(`${removedAccountStem}-`))
    .flatMap((name) => readPool(join(paths.kept, name))?.accounts ?? [])
    .map(({ id }) => ({ removedId: id }));
}

function wasTakenOut(account: Account, removals: readonly Removal[]): boolean {
  return removals.some((removal) =>
    'removedId' in removal ? removal.removedId === account.id : wasRemoved(removal, account),
  );
}

/** Whether another file has the account with tokens as new: it has moved. One that is older there is merged later. */
function livesElsewhere(account: Account, copies: readonly LoginCopy[]): boolean {
  const ours = { source: 'pool', tokens: account.tokens } as const;
  return copiesOf(account, copies).some(({ tokens }) => compareLineage({ source: 'pool', tokens }, ours) >= 0);
}

function withDistinctIds<A extends Account>(accounts: readonly A[]): A[] {
  const taken = new Set<string>();
  return accounts.map((account) => {
    let id = account.id;
    for (let copy = 2; taken.has(id); copy += 1) id = `${account.id}-${copy}`;
    taken.add(id);
    return id === account.id ? account : { ...account, id };
  });
}
