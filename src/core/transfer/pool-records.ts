import { isJsonObject, type JsonObject } from '../json-object.js';
import { holdsForeignTokens } from '../lineage/foreign-tokens.js';
import { decodeAccount, decodeFlaggedAccount, withoutFlag } from '../pools/account-codec.js';
import { migratePool } from '../pools/pool-codec.js';
import { readNumber, readText } from '../storage/tolerant.js';
import type { FoundLogin, ParsedLogin } from './login-file.js';
import { withStatedNames } from './read-stated-login.js';
import { membersOf } from './stated-members.js';
import { outermost } from './surroundings.js';

/** Members that only pools of this family have. */
const ofPools = ['activeIndex', 'activeIndexByFamily'];
const ofRecords = [
  'recordId',
  'accountIdSource',
  'accountLabel',
  'addedAt',
  'lastUsed',
  'rateLimitResetTimes',
  'flaggedAt',
  'flaggedReason',
];

/**
 * The records of a pool of this family: usable ones, of any version that we migrate, or ones that are set aside, as
 * each record says. Undefined for anything else.
 */
export function poolLogins(container: JsonObject): readonly ParsedLogin[] | undefined {
  const { accounts } = container;
  if (!Array.isArray(accounts) || !isPool(container, accounts)) return undefined;
  const migrated = migratePool(container);
  if (migrated.kind === 'newer-version') return [{ kind: 'refused', reason: 'newer-version' }];
  const records = migrated.kind === 'ok' ? migrated.value['accounts'] : undefined;
  if (!Array.isArray(records)) return undefined;
  return records.map((record, index) => withNames(fromRecord(record), record, isActive(container, record, index)));
}

function isPool(container: JsonObject, accounts: readonly unknown[]): boolean {
  const isOurs = ofPools.some((key) => key in container) || 'version' in container;
  return accounts.some(isRecord) || (isOurs && accounts.some(hasTokens));
}

/** A single record of such a pool, outside of one. */
export function poolRecordLogin(object: JsonObject): ParsedLogin | undefined {
  return isRecord(object) ? fromRecord(object) : undefined;
}

function isRecord(entry: unknown): boolean {
  return isJsonObject(entry) && hasTokens(entry) && ofRecords.some((key) => key in entry);
}

function hasTokens(entry: unknown): boolean {
  return isJsonObject(entry) && ('refreshToken' in entry || 'accessToken' in entry);
}

/** Whether the record is chosen. Where this program wrote the pool, the id tells: the index is 0 without a choice. */
function isActive(container: JsonObject, record: unknown, index: number): boolean {
  if (!('activeIndexWritten' in container)) return readNumber(container['activeIndex']) === index;
  const id = isJsonObject(record) ? readText(record['recordId']) : undefined;
  return id !== undefined && id === container['activeId'];
}

/** Adds label, order and the like from members that tools outside of this family write into a record. */
function withNames(login: ParsedLogin, record: unknown, isActive: boolean): ParsedLogin {
  if (login.kind !== 'login' || !isJsonObject(record)) return login;
  const named = withStatedNames(login, membersOf(record), outermost);
  return isActive ? { ...named, isActive } : named;
}

function fromRecord(entry: unknown): ParsedLogin {
  const login = isSetAside(entry) ? fromFlagged(entry) : fromUsable(entry);
  if (login === undefined) return { kind: 'refused', reason: 'no-record' };
  const { account } = login;
  const { refreshToken, accessToken } = account.tokens;
  if (refreshToken === undefined && accessToken === undefined) return { kind: 'refused', reason: 'no-tokens', account };
  if (holdsForeignTokens(account)) return { kind: 'refused', reason: 'account-mismatch', account };
  return login;
}

function isSetAside(entry: unknown): boolean {
  return isJsonObject(entry) && ('flaggedAt' in entry || 'flaggedReason' in entry);
}

function fromUsable(entry: unknown): FoundLogin | undefined {
  const account = decodeAccount(entry);
  return account && { kind: 'login', account };
}

function fromFlagged(entry: unknown): FoundLogin | undefined {
  const flagged = decodeFlaggedAccount(entry);
  return flagged && { kind: 'login', account: withoutFlag(flagged), flag: flagged.flag };
}
