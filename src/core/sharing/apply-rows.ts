import { type Account, newAccountId, type TokenSet } from '../accounts/account.js';
import { IdentityIndex } from '../accounts/account-groups.js';
import { isNewer } from '../accounts/lineage.js';
import { withAccount, withoutAccount, withoutChoice, withTombstone } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import { withKnowledge } from '../health/account-state.js';
import { isKnownSpent, logLineage } from '../lineage/lineage-log.js';
import { nextTokens } from '../lineage/rotation.js';
import { flagAccount } from '../logins/flagging.js';
import { restoreAccount } from '../logins/restoring.js';
import { keepRecord } from '../pools/kept-record.js';
import { recordsOf } from '../pools/scope-records.js';
import { inOneWrite, type RecordStore, type Store } from '../pools/store.js';
import type { Secret } from '../secret.js';
import { removedAccountStem } from '../storage/kept.js';
import type { NotesMerge } from './notes.js';
import type { SharedLogin } from './sealed-login.js';

/** A login that has come from the pool. */
export interface Arrival {
  readonly rowId: string;
  readonly login: SharedLogin;
  /** Only where this machine becomes its keeper. */
  readonly refreshToken: Secret | undefined;
  /** The record that the login is for; a new one is made where there is none. */
  readonly account: Account | undefined;
}

export interface Changes {
  readonly arrivals: readonly Arrival[];
  /** Ids of records whose login was removed on another machine. */
  readonly removals: readonly string[];
  readonly notes: readonly NotesOfRow[];
}

interface NotesOfRow {
  readonly rowId: string;
  /** Absent for a login that is new here. */
  readonly accountId: string | undefined;
  readonly merge: NotesMerge;
}

interface NotesOfAccount {
  readonly accountId: string;
  readonly merge: NotesMerge;
}

export interface Applied {
  /** The record of each row that has arrived. */
  readonly accountIds: ReadonlyMap<string, string>;
  /** Ids of the records whose access token has changed. */
  readonly renewed: ReadonlySet<string>;
}

/** Brings the records of this root up to what the pool says; one write for all of them. */
export function applyRows(store: Store, { arrivals, removals, notes: ofRows }: Changes): Applied {
  const accountIds = new Map<string, string>();
  const renewed = new Set<string>();
  keepRemoved(store, removals);
  inOneWrite(store, (draft) => {
    changeRecords(draft, arrivalsById(store, arrivals, accountIds, renewed));
    for (const arrival of arrivals) if (!accountIds.has(arrival.rowId)) addRecord(draft, arrival, accountIds);
    changeRecords(draft, choicesById(ofAccounts(ofRows, accountIds)));
    for (const id of removals) removeRecord(draft, id);
  });
  logLineage(store.root, ...arrivals.flatMap((each) => arrivalFacts(each, accountIds.get(each.rowId))));
  const notes = ofAccounts(ofRows, accountIds);
  applyFlags(store, notes);
  applyQuota(store, notes);
  return { accountIds, renewed };
}

function ofAccounts(notes: Changes['notes'], accountIds: ReadonlyMap<string, string>): NotesOfAccount[] {
  return notes.flatMap(({ rowId, accountId: known, merge }) => {
    const accountId = accountIds.get(rowId) ?? known;
    return accountId === undefined ? [] : [{ accountId, merge }];
  });
}

type ChangeRecord = <A extends Account>(account: A) => A;

function changeRecords(draft: RecordStore, changes: ReadonlyMap<string, ChangeRecord>): void {
  if (changes.size === 0) return;
  const changed = <A extends Account>(account: A): A => changes.get(account.id)?.(account) ?? account;
  const isOther = (after: readonly Account[], before: readonly Account[]) =>
    after.some((account, index) => account !== before[index]);
  for (const { key, pool, flagged } of draft.scopes()) {
    const accounts = pool.accounts.map(changed);
    if (isOther(accounts, pool.accounts)) draft.savePool(key, { ...pool, accounts });
    const setAside = flagged.accounts.map(changed);
    if (isOther(setAside, flagged.accounts)) draft.saveFlagged(key, { ...flagged, accounts: setAside });
  }
}

function arrivalsById(
  store: Store,
  arrivals: readonly Arrival[],
  accountIds: Map<string, string>,
  renewed: Set<string>,
): Map<string, ChangeRecord> {
  const records = recordsOf(store.scopes());
  const present = new Map(records.map((account) => [account.id, account]));
  const byIdentity = new IdentityIndex<Account>();
  for (const account of records) byIdentity.add(account);
  const changes = new Map<string, ChangeRecord>();
  for (const { rowId, login, refreshToken, account: planned } of arrivals) {
    // The plan was made without the lock. Its record may be gone, or a record may have come, by a sign-in for instance.
    const account = present.get(planned?.id ?? '') ?? byIdentity.find(login);
    if (account === undefined) continue;
    accountIds.set(rowId, account.id);
    changes.set(account.id, (record) => {
      keepReplaced(store, record, refreshToken);
      const after = withArrival(record, login, refreshToken);
      if (after.tokens.accessToken?.equals(record.tokens.accessToken) === false) renewed.add(account.id);
      return after;
    });
  }
  return changes;
}

/** Keeps a copy of a record whose refresh token, of another sign-in and unspent, makes way for the one of the pool. */
function keepReplaced({ root }: Store, record: Account, refreshToken: Secret | undefined): void {
  const own = record.tokens.refreshToken;
  if (own === undefined || refreshToken === undefined || own.equals(refreshToken) || isKnownSpent(root, own)) return;
  keepRecord(root, 'replaced-login', record);
}

/** The record with the tokens of the login, where they are newer, and with what the login says of its owner. */
function withArrival<A extends Account>(record: A, login: SharedLogin, refreshToken: Secret | undefined): A {
  const { tokens, ...rest } = login;
  const { generation: _, ...received } = tokens;
  const isLater = isNewer({ source: 'import', tokens }, { source: 'import', tokens: record.tokens });
  const news: Partial<TokenSet> = { ...(isLater ? received : {}), ...definedOnly({ refreshToken }) };
  if (Object.keys(news).length === 0) return record;
  return { ...record, ...definedOnly(rest), tokens: nextTokens(record.tokens, news) };
}

/** Adds the record to the global pool, which every directory sees. */
function addRecord(draft: RecordStore, arrival: Arrival, accountIds: Map<string, string>): void {
  const { login, refreshToken, rowId } = arrival;
  const { tokens, ...rest } = login;
  const account: Account = {
    ...definedOnly(rest),
    id: newAccountId(),
    enabled: true,
    addedAt: draft.root.clock.now(),
    tokens: { ...tokens, generation: 1, ...definedOnly({ refreshToken }) },
    raw: {},
  };
  accountIds.set(rowId, account.id);
  draft.savePool(undefined, withAccount(draft.scope(undefined).pool, account));
}

function choicesById(notes: readonly NotesOfAccount[]): Map<string, ChangeRecord> {
  const withChoices = notes.filter(({ merge: { here } }) => Object.keys(here).some((name) => name !== 'flag'));
  return new Map(
    withChoices.map(({ accountId, merge: { here } }) => {
      const { flag: _, ...values } = here;
      const change: ChangeRecord = (account) => {
        const chosen = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
        const cleared = Object.keys(values).filter((name) => !(name in chosen));
        const kept = Object.fromEntries(Object.entries(account).filter(([name]) => !cleared.includes(name)));
        return { ...kept, ...chosen } as typeof account;
      };
      return [accountId, change];
    }),
  );
}

function applyFlags(store: Store, notes: readonly NotesOfAccount[]): void {
  for (const { accountId, merge } of notes) {
    const { flag } = merge.here;
    if (flag === undefined) continue;
    if (flag === null) restoreAccount(store, accountId);
    else flagAccount(store, accountId, { reason: flag.reason, ...definedOnly({ lastError: flag.lastError }) });
  }
}

function applyQuota(store: Store, notes: readonly NotesOfAccount[]): void {
  const later = notes.filter(({ merge }) => merge.quota !== undefined);
  if (later.length === 0) return;
  store.changeState((state) =>
    later.reduce((all, { accountId, merge }) => {
      const known = all.accounts[accountId] ?? {};
      const isLater = (known.quota?.observedAt ?? 0) < (merge.quota?.observedAt ?? 0);
      return isLater ? withKnowledge(all, accountId, { ...known, quota: merge.quota }) : all;
    }, state),
  );
}

/** Keeps a whole copy of each record that is to be removed, as `remove` does. */
function keepRemoved(store: Store, ids: readonly string[]): void {
  const removed = recordsOf(store.scopes()).filter(({ id }) => ids.includes(id));
  for (const account of removed) keepRecord(store.root, removedAccountStem, account);
}

function removeRecord(draft: RecordStore, id: string): void {
  const now = draft.root.clock.now();
  for (const { key, pool, flagged } of draft.scopes()) {
    const account = [...pool.accounts, ...flagged.accounts].find((each) => each.id === id);
    if (account === undefined) continue;
    draft.savePool(key, withTombstone(withoutChoice(withoutAccount(pool, id), id), account, now));
    if (flagged.accounts.some((each) => each.id === id)) draft.saveFlagged(key, withoutAccount(flagged, id));
  }
}

function arrivalFacts({ refreshToken }: Arrival, accountId: string | undefined) {
  if (refreshToken === undefined || accountId === undefined) return [];
  return [{ event: 'received' as const, accountId, after: refreshToken, detail: 'shared pool' }];
}
