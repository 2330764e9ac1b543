import type { FlaggedAccount, IndexedAccount, ShownAccount, TokenFacts } from '../accounts/account.js';
import type { Identity } from '../accounts/identity.js';
import type { Pool } from '../accounts/pool.js';
import type { LocatedAccount } from '../accounts/selector.js';
import type { Unadoptable } from '../codex/auth-file.js';
import type { Scope } from '../project/scope.js';
import type { Roster } from './roster.js';

export interface IndexedFlaggedAccount extends IndexedAccount, Pick<FlaggedAccount, 'flag'> {}

/** What one scope holds, as it is shown. */
export interface ShownScope {
  readonly key?: string;
  readonly pool: Pick<Pool, 'activeId' | 'previousId' | 'projectRoot'> & { readonly accounts: readonly ShownAccount[] };
  readonly flagged: { readonly accounts: readonly (FlaggedAccount | IndexedFlaggedAccount)[] };
}

/** What the official client has, as it is shown. */
export type ShownLogin =
  | { readonly kind: 'login'; readonly login: { readonly identity: Identity; readonly tokens: TokenFacts } }
  | { readonly kind: 'unadoptable'; readonly reason: Unadoptable };

/**
 * The roster for code that only shows it or decides about it: nothing in it need be a token. A {@link Roster} is one;
 * the other kind comes from the index.
 */
export interface ShownRoster
  extends Pick<Roster, 'path' | 'readFrom' | 'state' | 'shutOut' | 'sharesHome' | 'warnings'> {
  readonly scope: Scope;
  readonly records: ShownScope;
  readonly others: readonly ShownScope[];
  readonly accounts: readonly ShownAccount[];
  readonly authFile: { readonly problem?: string; readonly content?: ShownLogin };
  readonly active?: LocatedAccount<ShownAccount>;
}
