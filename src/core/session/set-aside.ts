import { selectAccount } from '../accounts/selector.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { Roster } from '../logins/roster.js';
import { type Located, locateAccount } from './selection.js';
import type { Session } from './session.js';

/** The account that is meant, or the one that has been set aside where no usable one is. */
export function locateAnywhere(session: Session, roster: Roster, selector: string): Located {
  try {
    return locateAccount(session, roster, selector);
  } catch (error) {
    const isMissing = error instanceof AppError && (error.code === 'no-such-account' || error.code === 'empty-pool');
    const setAside = isMissing ? findSetAside(roster, selector) : undefined;
    if (setAside === undefined) throw error;
    return setAside;
  }
}

/** By name only: an index counts the accounts of the list. */
function findSetAside({ records, others }: Roster, selector: string): Located | undefined {
  const places = [records, ...others].flatMap(({ key: scopeKey, flagged }) =>
    flagged.accounts.map((account, position) => ({ account, scopeKey, index: position + 1 })),
  );
  const candidates = places.map(({ account, scopeKey }) => definedOnly({ account, scopeKey }));
  try {
    const { account } = selectAccount(selector, { accounts: [] }, candidates);
    return places.find((place) => place.account === account);
  } catch (error) {
    if (error instanceof AppError && error.code === 'no-such-account') return undefined;
    throw error;
  }
}
