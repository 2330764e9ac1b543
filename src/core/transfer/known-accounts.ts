import { type Account, isAccessOnly } from '../accounts/account.js';
import { IdentityIndex } from '../accounts/account-groups.js';
import { contradicts, type Identity } from '../accounts/identity.js';
import { definedOnly } from '../defined-only.js';
import type { RecordStore } from '../pools/store.js';
import type { DraftPlace, DraftStore } from './draft-store.js';

/** An account of the root, wherever it lives. */
export interface KnownAccount extends DraftPlace {
  readonly account: Account;
}

/** An account by the identity that it had when it was added. Tokens may change later, and are read from the draft. */
type Entry = Identity & DraftPlace;

/** The accounts of a draft, found without looking through all of them for each of thousands of logins. */
export class KnownAccounts {
  private readonly index = new IdentityIndex<Entry>();
  private readonly byToken = new Map<string, Set<DraftPlace>>();
  private readonly ids = new Set<string>();

  constructor(private readonly draft: DraftStore) {
    const scopes = draft.scopes();
    // Usable accounts come first: they are found before those that are set aside.
    for (const { key, pool } of scopes) for (const each of pool.accounts) this.add(each, key, false);
    for (const { key, flagged } of scopes) for (const each of flagged.accounts) this.add(each, key, true);
  }

  add(account: Account, scopeKey: string | undefined, isSetAside: boolean): void {
    const { id, userId, accountId, email } = account;
    const entry = { id, scopeKey, isSetAside, ...definedOnly({ userId, accountId, email }) };
    this.ids.add(id);
    this.index.add(entry);
    this.note(entry, account);
  }

  hasId(id: string): boolean {
    return this.ids.has(id);
  }

  /** Finds an account by its identity; by its token where the identity matches none, or several. */
  find(identity: Identity, account: Account): KnownAccount | undefined {
    const named = this.index.find(identity);
    if (named !== undefined) return this.current(named);
    return this.holdersOf(account)
      .map((place) => this.current(place))
      .find((known) => isSameToken(known.account, account) && !contradicts(known.account, account));
  }

  /** The account as it stands now. */
  current({ id, scopeKey, isSetAside }: DraftPlace): KnownAccount {
    const place = { id, scopeKey, isSetAside };
    const account = this.draft.find(place);
    if (account === undefined) throw new Error('an account left the draft of an import');
    return { ...place, account };
  }

  /** Changes the account, in a store that holds only this one and others with its token: no other can be affected. */
  change<T>(known: KnownAccount, change: (store: RecordStore) => T): T {
    const { id, scopeKey, isSetAside } = known;
    const others = this.holdersOf(known.account).filter((each) => each.id !== id || each.scopeKey !== scopeKey);
    const places = [{ id, scopeKey, isSetAside }, ...others];
    const result = change(this.draft.only(places));
    for (const place of places) this.note(place, this.current(place).account);
    return result;
  }

  private note(place: DraftPlace, account: Account): void {
    const token = tokenOf(account)?.reveal();
    if (token !== undefined) this.byToken.set(token, (this.byToken.get(token) ?? new Set()).add(place));
  }

  private holdersOf(account: Account): DraftPlace[] {
    return [...(this.byToken.get(tokenOf(account)?.reveal() ?? '') ?? [])];
  }
}

function tokenOf({ tokens }: Account) {
  return isAccessOnly(tokens) ? tokens.accessToken : tokens.refreshToken;
}

/** Whether two records hold the same login, as far as their tokens say. */
export function isSameToken(ours: Account, theirs: Account): boolean {
  if (isAccessOnly(ours.tokens) !== isAccessOnly(theirs.tokens)) return false;
  return tokenOf(ours)?.equals(tokenOf(theirs)) === true;
}
