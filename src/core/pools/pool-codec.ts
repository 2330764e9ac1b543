import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Account } from '../accounts/account.js';
import type { FlaggedPool, Pool, Tombstone } from '../accounts/pool.js';
import { tellApart } from '../accounts/twins.js';
import { definedOnly } from '../defined-only.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { readNumber, readText } from '../storage/tolerant.js';
import { decodeAccount, decodeFlaggedAccount, encodeAccount, encodeFlaggedAccount, overlay } from './account-codec.js';

/** The members of a pool file that no other tool knows. */
function ownFields(raw: JsonObject) {
  return {
    activeId: readText(raw['activeId']),
    previousId: readText(raw['previousId']),
    projectRoot: readText(raw['projectRoot']),
  };
}

export type Decoded<T> = { readonly kind: 'ok'; readonly value: T; readonly migratedFrom?: number } | FormatProblem;

/** A pool file's JSON as a pool. A version this program does not know is refused, never guessed at (P11). */
export function decodePool(json: unknown): Decoded<Pool> {
  const migrated = migratePool(json);
  if (migrated.kind !== 'ok') return migrated;
  const { value: raw } = migrated;
  const { accounts: stored, activeIndexByFamily, removed } = raw;
  if (!Array.isArray(stored)) return { kind: 'malformed', reason: 'it has no list of accounts' };
  const { accounts, unrecognised, byPosition } = decodeEntries(stored, decodeAccount);
  const { previousId, projectRoot } = ownFields(raw);
  const pool: Pool = definedOnly({
    accounts,
    activeIdByFamily: idsByFamily(isJsonObject(activeIndexByFamily) ? activeIndexByFamily : {}, byPosition),
    generation: readNumber(raw['generation']) ?? 0,
    removed: Array.isArray(removed) ? removed.flatMap(decodeTombstone) : [],
    unrecognised,
    raw,
    activeId: activeIdOf(raw, accounts, byPosition),
    previousId,
    projectRoot,
  });
  return definedOnly({ kind: 'ok' as const, value: pool, migratedFrom: migrated.from });
}

export function encodePool(pool: Pool): Record<string, unknown> {
  const { raw, activeId, previousId, projectRoot } = pool;
  const indexOf = (id: string | undefined) => pool.accounts.findIndex((account) => account.id === id);
  const known = (id: string | undefined) => (indexOf(id) < 0 ? undefined : id);
  const activeIndex = Math.max(indexOf(activeId), 0);
  const families = Object.entries(pool.activeIdByFamily).map(([family, id]) => [family, Math.max(indexOf(id), 0)]);
  const { activeIndexByFamily } = raw;
  const own = { activeId: known(activeId), previousId: known(previousId), projectRoot };
  return {
    ...overlay(raw, ownFields(raw), own),
    version: 3,
    accounts: [...pool.accounts.map(encodeAccount), ...pool.unrecognised],
    activeIndex,
    activeIndexByFamily: {
      ...(isJsonObject(activeIndexByFamily) ? activeIndexByFamily : {}),
      ...Object.fromEntries(families),
    },
    generation: pool.generation,
    activeIndexWritten: activeIndex,
    orderHash: orderHash(pool.accounts),
    removed: encodeTombstones(pool.removed, raw['removed']),
  };
}

export function decodeFlagged(json: unknown): Decoded<FlaggedPool> {
  if (!isJsonObject(json) || !Array.isArray(json['accounts'])) {
    return { kind: 'malformed', reason: 'it has no list of accounts' };
  }
  const version = readNumber(json['version']) ?? 1;
  if (version > 1) return { kind: 'newer-version', version };
  const { byPosition: _, ...decoded } = decodeEntries(json['accounts'], decodeFlaggedAccount);
  return { kind: 'ok', value: { ...decoded, raw: json } };
}

export function encodeFlagged(flagged: FlaggedPool): Record<string, unknown> {
  const accounts = [...flagged.accounts.map(encodeFlaggedAccount), ...flagged.unrecognised];
  return { ...flagged.raw, version: 1, accounts };
}

interface DecodedEntries<A> {
  readonly accounts: readonly A[];
  readonly unrecognised: unknown[];
  /** The accounts at their positions in the file, to which the index of another tool refers. */
  readonly byPosition: (A | undefined)[];
}

function decodeEntries<A extends Account>(
  entries: readonly unknown[],
  decode: (entry: unknown) => A | undefined,
): DecodedEntries<A> {
  const ids = new Set<string>();
  const byPosition = entries.map((entry) => {
    const account = decode(entry);
    if (account === undefined) return undefined;
    const id = unusedId(account.id, ids);
    ids.add(id);
    return id === account.id ? account : { ...account, id };
  });
  return {
    accounts: tellApart(byPosition.filter((account) => account !== undefined)),
    unrecognised: entries.filter((_, position) => byPosition[position] === undefined),
    byPosition,
  };
}

/** Other tools can leave one identity, hence one derived id, in two records. */
function unusedId(id: string, taken: ReadonlySet<string>): string {
  let candidate = id;
  for (let copy = 2; taken.has(candidate); copy += 1) candidate = `${id}-${copy}`;
  return candidate;
}

/**
 * Our own choice, unless another tool has moved `activeIndex` since. That index counts while the accounts stand in the
 * order that we wrote, or when the account of our choice has been removed.
 */
function activeIdOf(
  raw: JsonObject,
  accounts: readonly Account[],
  byPosition: readonly (Account | undefined)[],
): string | undefined {
  const { activeId } = ownFields(raw);
  const [activeIndex, activeIndexWritten] = [readNumber(raw['activeIndex']), readNumber(raw['activeIndexWritten'])];
  const byIndex = activeIndex === undefined ? undefined : byPosition[activeIndex]?.id;
  if (activeIndexWritten === undefined) return accounts.some(({ id }) => id === activeId) ? activeId : byIndex;
  const isGone = activeId !== undefined && !accounts.some(({ id }) => id === activeId);
  const wasMoved = activeIndex !== activeIndexWritten && readText(raw['orderHash']) === orderHash(accounts);
  return isGone || wasMoved ? (byIndex ?? (isGone ? undefined : activeId)) : activeId;
}

function orderHash(accounts: readonly Account[]): string {
  return createHash('sha256')
    .update(accounts.map((account) => account.id).join('\n'))
    .digest('hex')
    .slice(0, 16);
}

function idsByFamily(indexes: JsonObject, byPosition: readonly (Account | undefined)[]): Record<string, string> {
  const entries = Object.entries(indexes).flatMap(([family, stored]) => {
    const index = readNumber(stored);
    const account = index === undefined ? undefined : byPosition[index];
    return account === undefined ? [] : [[family, account.id] as const];
  });
  return Object.fromEntries(entries);
}

function decodeTombstone(entry: unknown): Tombstone[] {
  if (!isJsonObject(entry)) return [];
  const [userId, accountId, email] = [
    readText(entry['userId']),
    readText(entry['accountId']),
    readText(entry['email']),
  ];
  return [definedOnly({ userId, accountId, email, removedAt: readNumber(entry['removedAt']) ?? 0 })];
}

/** The entries of the file that still hold, unchanged, then the new ones. An entry that we cannot read still holds. */
function encodeTombstones(removed: readonly Tombstone[], stored: unknown): unknown {
  const before = Array.isArray(stored) ? stored : [];
  const decoded = before.map((entry) => decodeTombstone(entry)[0]);
  const isStill = (tombstone: Tombstone | undefined) =>
    tombstone === undefined || removed.some((each) => isDeepStrictEqual(each, tombstone));
  const added = removed.filter((each) => !decoded.some((tombstone) => isDeepStrictEqual(each, tombstone)));
  return [...before.filter((_, position) => isStill(decoded[position])), ...added];
}

type FormatProblem =
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'newer-version'; readonly version: number };

type Migrated = { readonly kind: 'ok'; readonly value: JsonObject; readonly from?: number } | FormatProblem;

const currentVersion = 3;

/** Brings the JSON of a pool file to version 3 in memory; the first write makes it permanent. */
export function migratePool(json: unknown): Migrated {
  if (!isJsonObject(json)) return { kind: 'malformed', reason: 'it is not a JSON object' };
  const stated = json['version'];
  const version = stated === undefined ? 1 : readNumber(stated);
  if (version === undefined) return { kind: 'malformed', reason: 'its version is not a number' };
  if (version > currentVersion) return { kind: 'newer-version', version };
  if (version === currentVersion) return { kind: 'ok', value: json };
  if (version === 1) return { kind: 'ok', value: fromVersion1(json), from: 1 };
  return { kind: 'malformed', reason: `no tool of this family wrote version ${version}` };
}

/** Version 1 knew one reset time for every model; version 3 keeps one per model family. */
function fromVersion1(container: JsonObject): Record<string, unknown> {
  const accounts = Array.isArray(container['accounts']) ? container['accounts'].map(accountFromVersion1) : undefined;
  return { ...container, version: currentVersion, ...(accounts === undefined ? {} : { accounts }) };
}

function accountFromVersion1(entry: unknown): unknown {
  if (!isJsonObject(entry)) return entry;
  const { rateLimitResetTime, ...rest } = entry;
  if (rateLimitResetTime === undefined) return rest;
  const known = rest['rateLimitResetTimes'] ?? {};
  // The member of version 3 is there and is no table, so that nothing can be added to it: the old member stays.
  if (!isJsonObject(known)) return entry;
  return { ...rest, rateLimitResetTimes: { codex: rateLimitResetTime, ...known } };
}
