import { createHash } from 'node:crypto';
import { isJsonObject } from '../json-object.js';
import { isNumber, isText } from '../json-values.js';

interface Conversation {
  readonly accountId: string;
  /** When it was last seen, milliseconds since the epoch. */
  readonly at: number;
}

/** Which account a conversation runs on. Session ids are stored as hashes: they are the person's, not ours to keep. */
export type AffinityTable = Readonly<Record<string, Conversation>>;

/** An empty table where the value is no table, or where any of its entries cannot be read. */
export function readAffinity(table: unknown): AffinityTable {
  if (!isJsonObject(table)) return {};
  const entries = Object.entries(table).flatMap(([key, entry]) => {
    if (!isJsonObject(entry)) return [];
    const { accountId, at } = entry;
    return isText(accountId) && isNumber(at) ? [[key, { accountId, at }] as const] : [];
  });
  return entries.length === Object.keys(table).length ? Object.fromEntries(entries) : {};
}

export interface AffinityLimits {
  readonly ttlMs: number;
  readonly maxEntries: number;
}

/** Remembers the account of a conversation and renews its time. Expired entries go, then the oldest beyond the limit. */
export function touch(
  table: AffinityTable,
  sessionId: string,
  accountId: string,
  now: number,
  limits: AffinityLimits,
): AffinityTable {
  const key = sessionKey(sessionId);
  const others = Object.entries(table)
    .filter(([each, entry]) => each !== key && isAlive(entry.at, now, limits.ttlMs))
    .sort(([, a], [, b]) => b.at - a.at)
    .slice(0, Math.max(0, limits.maxEntries - 1));
  return Object.fromEntries([[key, { accountId, at: now }], ...others]);
}

/** The account of a conversation, unless it rested longer than the TTL. Whether it is still healthy is decided later. */
export function lookup(
  table: AffinityTable,
  sessionId: string,
  now: number,
  limits: Pick<AffinityLimits, 'ttlMs'>,
): string | undefined {
  const entry = table[sessionKey(sessionId)];
  return entry !== undefined && isAlive(entry.at, now, limits.ttlMs) ? entry.accountId : undefined;
}

/** The table without the conversations that rested longer than the TTL. */
export function dropExpired(table: AffinityTable, now: number, limits: Pick<AffinityLimits, 'ttlMs'>): AffinityTable {
  return Object.fromEntries(Object.entries(table).filter(([, { at }]) => isAlive(at, now, limits.ttlMs)));
}

/** A time in the future beyond the TTL comes from a clock that was wrong, and must not keep an entry for ever. */
function isAlive(at: number, now: number, ttlMs: number): boolean {
  return Math.abs(now - at) < ttlMs;
}

function sessionKey(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex').slice(0, 32);
}
