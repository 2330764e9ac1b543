import type { Account } from '../accounts/account.js';
import { withAccount } from '../accounts/pool.js';
import type { Step } from '../changes/change.js';
import { recordChange } from '../changes/change-log.js';
import { AppError, orInstead } from '../errors.js';
import { withStore } from '../logins/with-store.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { type Located, locateAccount, openRoster } from './selection.js';
import type { Session } from './session.js';
import { takeInFirst } from './take-in.js';

export interface ChangedAccount extends Located {
  readonly changed: boolean;
  /** Whether the official client has this login now. */
  readonly isInUse: boolean;
}

/** Changes one field of one account under the lock, on the record as it is then, and writes only a real change. */
export async function changeAccount(
  session: Session,
  command: string,
  selector: string,
  /** May throw, and then nothing is changed. */
  change: (account: Account) => Account,
): Promise<ChangedAccount> {
  const roster = openRoster(session, session.writingScope());
  const located = locateAccount(session, roster, selector);
  const { account, scopeKey } = located;
  const isInUse = roster.active?.account.id === account.id;
  await takeInFirst(session, account, scopeKey);
  return withStore(session.root, { signal: session.signal }, (store) => {
    const before = store.scopes();
    const { pool } = store.scope(scopeKey);
    const current = pool.accounts.find((each) => each.id === account.id);
    if (current === undefined) throw removedMeanwhile();
    const after = change(current);
    const changed = after !== current;
    if (changed) store.savePool(scopeKey, withAccount(pool, after));
    noteChange(session, store, command, before);
    return { ...located, account: after, changed, isInUse };
  });
}

export function removedMeanwhile(): AppError {
  return new AppError('no-such-account', 'another process has just removed this account', { hint: 'codex-auth list' });
}

/** Notes for `undo` what a command has changed. Where that fails the change stays, with a warning. */
export function noteChange(
  { warn }: Session,
  store: Store,
  command: string,
  before: readonly ScopeRecords[],
  amend?: (steps: readonly Step[]) => readonly Step[],
): void {
  orInstead(
    () => recordChange(store, command, before, amend),
    ({ message }) => warn(`this change cannot be taken back: ${message}`),
  );
}
