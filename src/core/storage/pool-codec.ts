import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Account } from '../accounts/account.js';
import type { FlaggedPool, Pool, Tombstone } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import { decodeAccount, decodeFlaggedAccount, encodeAccount, encodeFlaggedAccount } from './account-codec.js';
import { type FormatProblem, migratePool } from './migrate.js';
import { number, record, text } from './tolerant.js';

const TombstoneFields = z.object({ userId: text, accountId: text, email: text, removedAt: z.number() });

const PoolFields = z.object({
  accounts: z.array(z.unknown()),
  activeIndex: number,
  activeIndexByFamily: z.catch(z.optional(z.record(z.string(), z.number())), undefined),
  activeId: text,
  previousId: text,
  generation: number,
  activeIndexWritten: number,
  orderHash: text,
  removed: z.catch(z.optional(z.array(z.unknown())), undefined),
});

const FlaggedFields = z.object({ version: number, accounts: z.array(z.unknown()) });

export type Decoded<T> = { readonly kind: 'ok'; readonly value: T; readonly migratedFrom?: number } | FormatProblem;

/** A pool file's JSON as a pool. A version this program does not know is refused, never guessed at (P11). */
export function decodePool(json: unknown): Decoded<Pool> {
  const migrated = migratePool(json);
  if (migrated.kind !== 'ok') return migrated;
  const fields = PoolFields.safeParse(migrated.value);
  if (!fields.success) return { kind: 'malformed', reason: 'it has no list of accounts' };
  const { accounts, unrecognised } = decodeEntries(fields.data.accounts, decodeAccount);
  const { generation, previousId, activeIndexByFamily } = fields.data;
  const activeId = activeIdOf(fields.data, accounts);
  const pool: Pool = definedOnly({
    accounts,
    activeIdByFamily: idsByFamily(activeIndexByFamily ?? {}, accounts),
    generation: generation ?? 0,
    removed: (fields.data.removed ?? []).flatMap(decodeTombstone),
    unrecognised,
    raw: migrated.value,
    activeId,
    previousId,
  });
  return definedOnly({ kind: 'ok' as const, value: pool, migratedFrom: migrated.from });
}

export function encodePool(pool: Pool): Record<string, unknown> {
  const indexOf = (id: string | undefined) => pool.accounts.findIndex((account) => account.id === id);
  const activeIndex = Math.max(indexOf(pool.activeId), 0);
  const families = Object.entries(pool.activeIdByFamily).map(([family, id]) => [family, Math.max(indexOf(id), 0)]);
  const { activeId: _, previousId: __, ...raw } = pool.raw;
  return {
    ...raw,
    version: 3,
    accounts: [...pool.accounts.map(encodeAccount), ...pool.unrecognised],
    activeIndex,
    activeIndexByFamily: Object.fromEntries(families),
    ...(indexOf(pool.activeId) < 0 ? {} : { activeId: pool.activeId }),
    ...(indexOf(pool.previousId) < 0 ? {} : { previousId: pool.previousId }),
    generation: pool.generation,
    activeIndexWritten: activeIndex,
    orderHash: orderHash(pool.accounts),
    removed: pool.removed,
  };
}

export function decodeFlagged(json: unknown): Decoded<FlaggedPool> {
  const fields = FlaggedFields.safeParse(json);
  if (!fields.success) return { kind: 'malformed', reason: 'it has no list of accounts' };
  const { version = 1, accounts } = fields.data;
  if (version > 1) return { kind: 'newer-version', version };
  const decoded = decodeEntries(accounts, decodeFlaggedAccount);
  return { kind: 'ok', value: { ...decoded, raw: record.parse(json) } };
}

export function encodeFlagged(flagged: FlaggedPool): Record<string, unknown> {
  const accounts = [...flagged.accounts.map(encodeFlaggedAccount), ...flagged.unrecognised];
  return { ...flagged.raw, version: 1, accounts };
}

function decodeEntries<A extends Account>(
  entries: readonly unknown[],
  decode: (entry: unknown) => A | undefined,
): { accounts: A[]; unrecognised: unknown[] } {
  const accounts: A[] = [];
  const unrecognised: unknown[] = [];
  const ids = new Set<string>();
  for (const entry of entries) {
    const account = decode(entry);
    if (account === undefined) {
      unrecognised.push(entry);
      continue;
    }
    const id = unusedId(account.id, ids);
    ids.add(id);
    accounts.push(id === account.id ? account : { ...account, id });
  }
  return { accounts, unrecognised };
}

/** Other tools can leave one identity, hence one derived id, in two records. */
function unusedId(id: string, taken: ReadonlySet<string>): string {
  let candidate = id;
  for (let copy = 2; taken.has(candidate); copy += 1) candidate = `${id}-${copy}`;
  return candidate;
}

/**
 * Ours, unless another tool has moved `activeIndex` since. Its index means something only while the order of the
 * accounts is still the one we wrote.
 */
function activeIdOf(fields: z.infer<typeof PoolFields>, accounts: readonly Account[]): string | undefined {
  const { activeId, activeIndex, activeIndexWritten } = fields;
  const byIndex = activeIndex === undefined ? undefined : accounts[activeIndex]?.id;
  if (activeIndexWritten === undefined) return activeId ?? byIndex;
  const wasMoved = activeIndex !== activeIndexWritten && fields.orderHash === orderHash(accounts);
  return wasMoved ? byIndex : activeId;
}

function orderHash(accounts: readonly Account[]): string {
  return createHash('sha256')
    .update(accounts.map((account) => account.id).join('\n'))
    .digest('hex')
    .slice(0, 16);
}

function idsByFamily(indexes: Readonly<Record<string, number>>, accounts: readonly Account[]): Record<string, string> {
  const entries = Object.entries(indexes).flatMap(([family, index]) => {
    const account = accounts[index];
    return account === undefined ? [] : [[family, account.id] as const];
  });
  return Object.fromEntries(entries);
}

function decodeTombstone(entry: unknown): Tombstone[] {
  const fields = TombstoneFields.safeParse(entry);
  return fields.success ? [definedOnly(fields.data)] : [];
}
