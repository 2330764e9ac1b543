import { rmSync } from 'node:fs';
import { type Account, newAccountId, type TokenSet } from '../accounts/account.js';
import { findSame } from '../accounts/identity.js';
import { isNewer } from '../accounts/lineage.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { areOfAnotherPerson } from '../lineage/foreign-tokens.js';
import {
  fingerprint,
  isNamedAfter,
  isUnderWay,
  type JournalAnswer,
  type JournalEntry,
  type JournalHeader,
  readEntries,
  type UnreadableEntry,
} from '../lineage/journal.js';
import { type AnsweredEntry, isAnswered, tokensOfAnswer } from '../lineage/journal-overlay.js';
import { isKnownSpent, logLineage } from '../lineage/lineage-log.js';
import { areTokensOf, nextTokens, spread } from '../lineage/rotation.js';
import { changeRecords } from '../pools/change-records.js';
import { keepRecord } from '../pools/kept-record.js';
import { recordsOf } from '../pools/scope-records.js';
import { inOneWrite, type RecordStore, type Store } from '../pools/store.js';
import type { Provider } from '../provider/provider.js';
import type { Secret } from '../secret.js';
import { readVersion } from '../storage/atomic-file.js';
import { moveAside } from '../storage/kept.js';
import { parseFlatTokenFile } from '../token-files/flat-token-file.js';
import { enrolSignedIn } from './enrol-signed-in.js';

/**
 * Finishes what killed processes received but could not store any more (P3). Entries of living processes are theirs to
 * finish. A refresh without an answer stays for as long as a record holds its token, because it says that the token may
 * have been spent; a sign-in without an answer spent nothing. An answer that a token file waits for stays for `renew`,
 * an entry that cannot be read for `doctor`, and of an answer that is torn the whole file is kept.
 */
export function recoverJournal(store: Store): void {
  for (const entry of readEntries(store.root.paths.journal)) {
    if (isUnderWay(store.root, entry)) continue;
    const isSignIn = entry.header.kind === 'sign-in';
    const isAwaited = isAwaitedByFile(entry);
    if (isAnswered(entry)) {
      if (isSignIn) finishSignIn(store, entry);
      else if (holdersOf(store, entry).length > 0 || !(isAwaited || isOver(store, entry)))
        finishRefreshes(store, [entry]);
    } else if (!isSignIn && !isObsolete(store, entry)) continue;
    if (isAwaited) continue;
    if (entry.isSalvaged) moveAside(store.root, 'torn-answer', entry.path);
    else rmSync(entry.path, { force: true });
  }
}

/** Whether no record has the token any more that the entry keeps from being sent again too soon. */
function isObsolete(store: Store, { header }: JournalEntry): boolean {
  return !recordsOf(store.scopes()).some(({ tokens }) => isSpent(tokens.refreshToken, header.spent));
}

/** Whether nothing is left to do: the answer has reached its token file, or its refresh token has been exchanged. */
function isOver({ root }: Store, entry: AnsweredEntry): boolean {
  const { refreshToken } = tokensOfAnswer(entry.answer);
  if (entry.header.tokenFiles === undefined) return false;
  return hasReachedFile(entry) || (refreshToken !== undefined && isKnownSpent(root, refreshToken));
}

/** An answer to a refresh, and what decides where it goes. */
export interface RefreshAnswer {
  readonly header: Pick<JournalHeader, 'spent' | 'accountIds' | 'issuer' | 'clientId'>;
  readonly answer: JournalAnswer;
}

/** Stores what refreshes brought, in one write, and remembers which tokens they have used up. */
export function finishRefreshes(store: Store, entries: readonly RefreshAnswer[]): void {
  inOneWrite(store, (draft) => {
    for (const entry of entries) placeAnswer(draft, entry);
  });
  logSpending(store, entries);
}

type StrayAnswer = Pick<UnreadableEntry, 'path' | 'spent'> & { readonly answer: JournalAnswer };

/**
 * Stores the whole answer of an entry that does not say any more whose it is: the tokens do, and its name what they
 * replace.
 */
export function storeStray(store: Store, entry: StrayAnswer, { issuer, clientId }: Provider): void {
  const { path, answer } = entry;
  const held = recordsOf(store.scopes()).flatMap(({ tokens }) => tokens.refreshToken ?? []);
  const spent =
    entry.spent ?? held.map((token) => fingerprint(token.reveal())).find((print) => isNamedAfter(path, print));
  finishRefreshes(store, [{ header: { ...definedOnly({ spent }), accountIds: [], issuer, clientId }, answer }]);
}

/** The same where token files get the answer: a record needs it only if the login was imported during the request. */
export function finishFileRefresh(store: Store, entry: RefreshAnswer): void {
  if (holdersOf(store, entry).length > 0) placeAnswer(store, entry);
  logSpending(store, [entry]);
}

function logSpending({ root }: Store, entries: readonly RefreshAnswer[]): void {
  const facts = entries.map(({ header, answer }) => ({
    event: 'refreshed' as const,
    accountId: header.accountIds[0] ?? noAccount,
    before: header.spent,
    after: answer.refreshToken && fingerprint(answer.refreshToken),
  }));
  logLineage(root, ...facts);
}

/**
 * The answer goes to the account that asked, unless that has newer tokens by now; every other record that still holds
 * the spent token gets the newest refresh token of the login. What no record can take is kept aside.
 */
function placeAnswer(store: RecordStore, { header, answer }: RefreshAnswer): void {
  const received = tokensOfAnswer(answer);
  const records = recordsOf(store.scopes());
  const holders = holdersOf(store, { header });
  const spent = holders[0]?.tokens.refreshToken;
  const mixedUp = holders.find((each) => each.id === header.accountIds[0] && areOfAnotherPerson(each, received));
  if (mixedUp !== undefined) noteWhose(store, mixedUp, received);
  const owner = ownerOf(records, holders, header.accountIds[0], received);
  if (owner !== undefined && (holders.includes(owner) || isAhead(received, owner))) {
    spread(store, owner.id, received, spent);
    return;
  }
  const refreshToken = owner?.tokens.refreshToken ?? received.refreshToken;
  if (holders.length > 0) spread(store, noAccount, definedOnly({ refreshToken }), spent);
  else if (!isStored(records, owner, received)) keepLogin(store, header, received);
}

/** Puts the received tokens into the record: unlike its refresh token, they name the account to be given back to. */
function noteWhose(store: RecordStore, { id }: Account, received: Partial<TokenSet>): void {
  changeRecords(store, (each) => (each.id === id ? { ...each, tokens: nextTokens(each.tokens, received) } : each));
}

/** No record has this id, so that only the refresh token is passed on. */
const noAccount = '';

function holdersOf(store: RecordStore, { header }: Pick<RefreshAnswer, 'header'>): Account[] {
  return recordsOf(store.scopes()).filter(({ tokens }) => isSpent(tokens.refreshToken, header.spent));
}

function isSpent(token: Secret | undefined, spent: string | undefined): boolean {
  return token !== undefined && fingerprint(token.reveal()) === spent;
}

/**
 * The account that asked, or the other workspace of its login that the answer turned out to be for. A workspace with a
 * login of its own is not the owner, because that login would be lost.
 */
function ownerOf(
  records: readonly Account[],
  holders: readonly Account[],
  asked: string | undefined,
  received: Partial<TokenSet>,
): Account | undefined {
  const account = records.find(({ id }) => id === asked);
  if (account !== undefined && areTokensOf(account, received)) return account;
  const other = findSame(records, identityOfTokens({ generation: 0, ...received }));
  return other === undefined || holders.length === 0 || holders.includes(other) ? other : undefined;
}

function isAhead(received: Partial<TokenSet>, account: Account): boolean {
  const copy = { ...received, generation: account.tokens.generation };
  return isNewer({ source: 'journal', tokens: copy }, { source: 'pool', tokens: account.tokens });
}

/** Whether the answer reached its record before the crash, or the record has moved on since. */
function isStored(records: readonly Account[], owner: Account | undefined, received: Partial<TokenSet>): boolean {
  const { refreshToken } = received;
  return owner !== undefined || records.some(({ tokens }) => refreshToken?.equals(tokens.refreshToken) === true);
}

/** Keeps a login in the format of `remove`, so that `import` can bring it back. */
function keepLogin(store: RecordStore, header: RefreshAnswer['header'], received: Partial<TokenSet>): void {
  const tokens = { generation: 1, ...received };
  const account: Account = {
    id: header.accountIds[0] ?? newAccountId(),
    enabled: true,
    raw: {},
    ...identityOfTokens(tokens),
    tokens,
    provenance: { issuer: header.issuer, clientId: header.clientId },
  };
  keepRecord(store.root, 'unclaimed-login', account);
}

/** A sign-in that was overtaken by a newer one, or that does not say whose it is, is kept aside. */
function finishSignIn(store: Store, { header, answer }: AnsweredEntry): void {
  const received = tokensOfAnswer(answer);
  const tokens = { generation: 1, ...received };
  const identity = identityOfTokens(tokens);
  const known = findSame(recordsOf(store.scopes()), identity);
  const isWhole = identity.userId !== undefined || identity.email !== undefined;
  if (!isWhole || (known !== undefined && !isAhead(received, known))) {
    if (!isStored(recordsOf(store.scopes()), undefined, received)) keepLogin(store, header, received);
    return;
  }
  const { issuer, clientId, label } = header;
  const extras = { top: { OPENAI_API_KEY: null }, tokens: { oauth_provenance: { issuer, client_id: clientId } } };
  const login = { identity, tokens, provenance: { issuer, clientId }, extras };
  enrolSignedIn(store, label === undefined ? login : { ...login, label }, header.scopeKey);
}

// Token files are not ours to write unless the person names them. So an answer that did not reach its file waits in the
// journal for the next `renew` of that file, and only for as long as the file still holds the token that was spent.

/** Whether a token file still holds the token that this entry is about. What cannot be read may well hold it. */
export function isAwaitedByFile({ header: { tokenFiles = [], spent } }: JournalEntry): boolean {
  return tokenFiles.some((path) => {
    const held = refreshTokenIn(path);
    return held === 'unreadable' || (held !== undefined && fingerprint(held.reveal()) === spent);
  });
}

/** Whether the answer is where it was meant to go. */
function hasReachedFile({ header: { tokenFiles = [] }, answer }: JournalEntry): boolean {
  return tokenFiles.some((path) => {
    const held = refreshTokenIn(path);
    return held !== undefined && held !== 'unreadable' && held.reveal() === answer?.refreshToken;
  });
}

function refreshTokenIn(path: string): Secret | 'unreadable' | undefined {
  try {
    const version = readVersion(path);
    const file = version.kind === 'present' ? parseFlatTokenFile(version.content) : undefined;
    return file?.kind === 'flat' ? file.login.tokens.refreshToken : undefined;
  } catch (error) {
    if (error instanceof AppError) return 'unreadable';
    throw error;
  }
}
