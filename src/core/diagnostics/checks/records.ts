import type { Account, FlaggedAccount } from '../../accounts/account.js';
import type { World } from '../world/world.js';

/** Every record of the root, in a pool or set aside. */
export function recordsOf({ scopes }: Pick<World, 'scopes'>): Account[] {
  return scopes.flatMap(({ pool, flagged }) => [...pool.accounts, ...flagged.accounts]);
}

export function pooledAccounts({ scopes }: Pick<World, 'scopes'>): Account[] {
  return scopes.flatMap(({ pool }) => pool.accounts);
}

export function flaggedAccounts({ scopes }: Pick<World, 'scopes'>): FlaggedAccount[] {
  return scopes.flatMap(({ flagged }) => flagged.accounts);
}

/** `me@example.com, you@example.com and 3 more` */
export function nameSome(accounts: readonly Account[]): string {
  const names = accounts.slice(0, 3).map(({ label, email, id }) => label ?? email ?? id);
  const more = accounts.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
