import type { Account } from '../accounts/account.js';
import type { LoginRow } from './rows.js';
import type { ShareRow } from './share-file.js';

/** What is to be done about one login, given what the database says, what is known here, and the record. */
export type RowStep =
  | 'nothing'
  /** The database has got an older state back: what is known here is written over it. */
  | 'reassert'
  /** The database has got an older state back, and another machine knows the newest: the row is ignored. */
  | 'ignore-older'
  /** This machine keeps it, and has newer tokens than the database. */
  | 'push'
  /** This machine keeps it, and another machine has written the row since, or this one has and got no answer. */
  | 'offered'
  /** Another machine would like to be the keeper. */
  | 'release'
  | 'finish-release'
  /** This machine takes over the refresh token, and keeps the login from now on. */
  | 'become-keeper'
  /** A newer access token, or a login that is new here. */
  | 'receive'
  /** Another machine has become the keeper, by force or because it had a newer login. */
  | 'superseded'
  /** There is a refresh token here of a login that another machine keeps, as after a sign-in. */
  | 'stray'
  /** The person removed it on another machine. */
  | 'drop-removed'
  | 'forget-withdrawn'
  /** The person removed it here. */
  | 'tombstone';

export interface RowView {
  readonly me: string;
  readonly row: LoginRow;
  readonly known: ShareRow | undefined;
  readonly account: Account | undefined;
  readonly wasRemovedHere: boolean;
  /** Made from the record as {@link ShareRow.print} is. */
  readonly print: string | undefined;
}

/** Steps that need the lock of the person, because a refresh token leaves this machine or is judged. */
export const custodySteps: readonly RowStep[] = ['release', 'finish-release', 'superseded', 'stray'];

/** Pure. */
export function stepFor(view: RowView): RowStep {
  const { me, row, known, account, wasRemovedHere, print } = view;
  const hasToken = account?.tokens.refreshToken !== undefined;
  if (known !== undefined && isOlder(row, known)) {
    // For a row that is no longer shared, that alone is the newest state.
    const isOver = known.state !== 'live';
    const knowsNewest = isOver || (known.role === 'keeper' && hasToken) || known.given !== undefined;
    return knowsNewest ? 'reassert' : 'ignore-older';
  }
  if (row.state !== 'live') {
    if (known?.state !== 'live') return 'nothing';
    return row.state === 'removed' ? 'drop-removed' : 'forget-withdrawn';
  }
  if (known?.state === 'live' && wasRemovedHere) return 'tombstone';
  if (known?.role === 'releasing' && row.keeper === me) return 'finish-release';
  if (row.keeper === me) {
    if (!hasToken || isGivenBack(row, known)) return 'become-keeper';
    if (known !== undefined && row.generation > known.generation) return 'offered';
    if (row.wanted_by !== null && row.wanted_by !== me) return 'release';
    return known?.print === print ? 'nothing' : 'push';
  }
  if (hasToken) return known === undefined || known.role === 'copy' ? 'stray' : 'superseded';
  return 'receive';
}

/** The rows of a database that was restored from a backup go back; those of one that goes on never do. */
export function isOlder(
  row: Pick<LoginRow, 'fence' | 'generation'>,
  known: Pick<ShareRow, 'fence' | 'generation'>,
): boolean {
  return row.fence < known.fence || (row.fence === known.fence && row.generation < known.generation);
}

/** This machine had given the login away, and gets it back. A refresh token that it has meanwhile is not the pool's. */
function isGivenBack(row: LoginRow, known: ShareRow | undefined): boolean {
  return known !== undefined && known.role !== 'keeper' && row.fence > known.fence;
}
