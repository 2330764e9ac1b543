import type { Account, FlaggedAccount } from '../../accounts/account.js';
import type { World } from '../world/world.js';

export function pooledAccounts({ scopes }: Pick<World, 'scopes'>): Account[] {
  return scopes.flatMap(({ pool }) => pool.accounts);
}

export function flaggedAccounts({ scopes }: Pick<World, 'scopes'>): FlaggedAccount[] {
  return scopes.flatMap(({ flagged }) => flagged.accounts);
}

/** Whether accounts may be in a file that cannot be read, which another check reports. */
export function hasClosedFile({ files }: Pick<World, 'files'>): boolean {
  return files.some(({ verdict }) => verdict.kind !== 'ok' && verdict.kind !== 'absent');
}

/** `me@example.com, you@example.com and 3 more` */
export function nameSome(accounts: readonly Account[]): string {
  const names = accounts.slice(0, 3).map(({ label, email, id }) => label ?? email ?? id);
  const more = accounts.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
